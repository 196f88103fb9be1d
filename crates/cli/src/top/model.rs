//! What `top` shows: a state that events change, without a terminal, a socket or a clock.

use std::collections::BTreeSet;

use ratatui::crossterm::event::KeyEvent;
use vm_autoscale_proxmox::{ClusterName, VmId};
use vm_autoscale_scheduler::{Source, StatusReport};

use super::keys;
use super::order::{Place, Sort};
use super::trail::{Key, Trail, Trails};
use crate::plain::plain;

/// Something happened.
#[derive(Debug)]
pub(crate) enum Event {
    /// A key was pressed.
    Key(KeyEvent),
    /// The window has so many columns and rows.
    Size(u16, u16),
    /// The daemon answered.
    Status(Box<StatusReport>),
    /// It did not, and why.
    Lost(String),
    /// What was asked for of the past; nothing where nobody could say.
    Trails(Vec<(Key, Option<Trail>)>),
    /// It is to end.
    Stop,
}

/// What fills the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Face {
    /// The VMs.
    List,
    /// The VMs, while the filter is written.
    Filter,
    /// One VM.
    Details,
    /// What the keys do.
    Help,
    /// The VMs, on paper: no keys.
    Paper,
}

/// All that is shown, and how.
#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) report: StatusReport,
    pub(crate) ills: Vec<String>,
    /// The VMs that the filter lets through, in order, and how many they are.
    pub(crate) places: Vec<Place>,
    pub(crate) found: usize,
    /// Of when the report is, in seconds since 1970.
    pub(crate) seen_at: u64,
    /// Since when the daemon does not answer, and why.
    pub(crate) lost: Option<(u64, String)>,
    pub(crate) sort: Sort,
    pub(crate) reversed: bool,
    pub(crate) filter: String,
    pub(crate) face: Face,
    /// Nothing new is shown.
    pub(crate) held: bool,
    /// Which of `places` is marked, and which is the first on the screen.
    pub(crate) cursor: usize,
    pub(crate) first: usize,
    /// Whom the cursor follows; nobody at the top, so that it stays there.
    pub(crate) chosen: Option<Key>,
    pub(crate) trails: Trails,
    pub(crate) size: (u16, u16),
    pub(crate) over: bool,
}

impl Model {
    pub(crate) fn new(report: StatusReport, (sort, filter): (Sort, &str), now: u64) -> Self {
        let mut model = Self {
            report: StatusReport::default(),
            ills: Vec::new(),
            places: Vec::new(),
            found: 0,
            seen_at: now,
            lost: None,
            sort,
            reversed: false,
            filter: filter.to_owned(),
            face: Face::List,
            held: false,
            cursor: 0,
            first: 0,
            chosen: None,
            trails: Trails::new(),
            size: (80, 24),
            over: false,
        };
        model.take(report, now);
        model
    }

    /// `now` in seconds since 1970.
    pub(crate) fn update(&mut self, event: Event, now: u64) {
        match event {
            Event::Key(key) => keys::press(self, key),
            Event::Size(columns, rows) => self.size = (columns, rows),
            // What was asked for before it was held.
            Event::Status(_) | Event::Lost(_) if self.held => {}
            Event::Status(report) => self.take(*report, now),
            // It is said already.
            Event::Lost(_) if self.report.source == Source::Journal => {}
            Event::Lost(why) => {
                let since = self.lost.take().map_or(now, |(since, _)| since);
                self.lost = Some((since, why));
            }
            Event::Trails(trails) => {
                for (key, trail) in trails {
                    let known = self.trails.remove(&key).map(|(_, known)| known);
                    self.trails.insert(key, (now, trail.or(known).unwrap_or_default()));
                }
            }
            Event::Stop => self.over = true,
        }
        self.scroll();
    }

    fn take(&mut self, mut report: StatusReport, now: u64) {
        plain(&mut report);
        self.ills = report.ills();
        let noted = report.source == Source::Journal;
        self.lost = noted.then(|| (now, "this is what it noted last".to_owned()));
        self.seen_at = report.noted_at.unwrap_or(now);
        self.report = report;
        self.arrange();
        let known: BTreeSet<(&ClusterName, VmId)> = self
            .report
            .clusters
            .iter()
            .flat_map(|cluster| cluster.vms.iter().map(|vm| (&cluster.name, vm.vmid)))
            .collect();
        self.trails.retain(|(cluster, vmid), _| known.contains(&(cluster, *vmid)));
    }
}
