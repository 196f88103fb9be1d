//! One picture, for paper and for programs.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Span;
use serde::Serialize;
use vm_autoscale_proxmox::ClusterName;
use vm_autoscale_scheduler::{ClusterStatus, Counts, PauseStatus, Source, VmStatus};

use super::draw::{Look, draw};
use super::head;
use super::model::Model;
use super::order::pressure;
use super::trail::Trail;

/// As high as all that is to be in it.
pub(super) fn sized(mut model: Model, width: u16) -> Model {
    let lines = head::lines(&model, model.seen_at).len() + 1 + model.places.len();
    model.size = (width, u16::try_from(lines).unwrap_or(u16::MAX));
    model
}

/// Without colours; `now` in seconds since 1970.
pub(super) fn text(model: &Model, now: u64) -> String {
    let (width, height) = model.size;
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    draw(model, Look { now, colours: false }, &mut buffer);
    let more = match model.found.saturating_sub(model.places.len()) {
        0 => String::new(),
        more => format!("and {more} more: see --rows and --filter\n"),
    };
    lines(&buffer) + &more
}

/// The cells as lines, without what is empty at their ends.
pub(super) fn lines(buffer: &Buffer) -> String {
    let width = usize::from(buffer.area.width).max(1);
    let mut text = String::new();
    for row in buffer.content.chunks(width) {
        let (mut line, mut covered) = (String::new(), 0);
        for cell in row {
            // A wide character covers the cell behind it.
            if covered == 0 {
                line.push_str(cell.symbol());
                covered = Span::raw(cell.symbol()).width();
            }
            covered = covered.saturating_sub(1);
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// The same for programs.
#[derive(Debug, Serialize)]
pub(super) struct Picture<'a> {
    version: &'a str,
    source: Source,
    noted_at: Option<u64>,
    /// When it was asked for, in seconds since 1970.
    at: u64,
    ills: &'a [String],
    pauses: &'a [PauseStatus],
    counts: Counts,
    /// Without their VMs.
    clusters: Vec<ClusterStatus>,
    vms: Vec<Told<'a>>,
}

/// One VM.
#[derive(Debug, Serialize)]
struct Told<'a> {
    cluster: &'a ClusterName,
    /// Percent of its vCPUs or of its memory, whichever is more.
    pressure: Option<f64>,
    #[serde(flatten)]
    vm: &'a VmStatus,
    /// Nothing where nothing of it is known.
    day: Option<&'a Trail>,
}

pub(super) fn told(model: &Model) -> Picture<'_> {
    let report = &model.report;
    let vms = model.places.iter().filter_map(|place| {
        let (cluster, vm) = place.of(report)?;
        let day = model.trails.get(&(cluster.name.clone(), vm.vmid)).map(|(_, trail)| trail);
        Some(Told { cluster: &cluster.name, pressure: pressure(vm), vm, day })
    });
    Picture {
        version: &report.version,
        source: report.source,
        noted_at: report.noted_at,
        at: model.seen_at,
        ills: &model.ills,
        pauses: &report.pauses,
        counts: report.counts,
        clusters: report.clusters.iter().map(ClusterStatus::without_vms).collect(),
        vms: vms.collect(),
    }
}
