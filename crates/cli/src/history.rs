//! `vm-autoscale history`: changes, what was asked for against what came of it.

use std::fmt::Write as _;

use serde_json::json;
use vm_autoscale_proxmox::ClusterName;
use vm_autoscale_scheduler::past::{Past, PastEvent, PastOrder, PastVm};
use vm_autoscale_scheduler::{Source, wall};

use crate::args::{Args, Format, HistoryArgs};
use crate::explain::shown;
use crate::past::asked_or_read;
use crate::plain::one_line;
use crate::wrap::wrapped;
use crate::{Error, json, say, terminal_width};

/// More than these are read where only those that failed are wanted: they are among the others.
const READ: usize = 20_000;

/// A change with whose it was.
struct Line<'p> {
    cluster: &'p ClusterName,
    vm: &'p PastVm,
    event: &'p PastEvent,
}

/// The exit code.
pub(crate) fn history(args: &Args, wanted: &HistoryArgs) -> Result<u8, Error> {
    let now = wall();
    let order = PastOrder {
        vms: wanted.vms.clone(),
        cluster: wanted.cluster.clone(),
        since: now.saturating_sub(wanted.since),
        until: now.saturating_add(1),
        points: 0,
        events: true,
        decisions: false,
        limit: if wanted.failed { READ } else { wanted.limit },
    };
    let (mut past, source) = asked_or_read(args, &wanted.daemon, &order)?;
    harmless(&mut past);
    let lines = newest_last(&past, wanted);
    match args.output_format {
        Format::Json => json(&json!({
            "source": source,
            "since": past.since,
            "truncated": past.truncated,
            "changes": lines.iter().map(Line::json).collect::<Vec<_>>(),
        }))?,
        Format::Text => say(&text(&past, &lines, (source, wanted.failed)))?,
    }
    Ok(0)
}

/// Those that are wanted.
fn newest_last<'p>(past: &'p Past, wanted: &HistoryArgs) -> Vec<Line<'p>> {
    let of_cluster = past.clusters.iter().flat_map(|cluster| {
        cluster.vms.iter().flat_map(|vm| {
            let line = |event| Line { cluster: &cluster.name, vm, event };
            vm.events.iter().map(line)
        })
    });
    let mut lines: Vec<Line<'p>> =
        of_cluster.filter(|line| !wanted.failed || !line.event.verified).collect();
    // The number rises with each; clocks are set.
    lines.sort_by_key(|line| line.event.number);
    lines.split_off(lines.len().saturating_sub(wanted.limit))
}

fn text(past: &Past, lines: &[Line<'_>], (source, failed): (Source, bool)) -> String {
    let mut text = String::new();
    if source == Source::Journal {
        text.push_str("The daemon does not answer: this is what its journal has.\n");
    }
    let several = past.clusters.len() > 1;
    let of = |line: &Line<'_>| line.head(several);
    let wide = lines.iter().map(|line| of(line).chars().count()).max().unwrap_or_default();
    for line in lines {
        let head = format!("{:<wide$}  ", of(line));
        text.push_str(&wrapped(&head, line.words(), terminal_width()));
    }
    let verified = lines.iter().filter(|line| line.event.verified).count();
    let what = if failed { "failed changes" } else { "changes" };
    // Writing to a String cannot fail.
    let _ = write!(text, "{} {what} since {}", lines.len(), shown(past.since));
    if !failed {
        let _ = write!(text, ": {verified} verified, {} not", lines.len() - verified);
    }
    text.push_str(if past.truncated { "; there were more\n" } else { "\n" });
    text
}

impl Line<'_> {
    /// When, of which VM, what was asked for, what came of it and after how long.
    fn head(&self, several: bool) -> String {
        let PastEvent { at, step, kind, took_s, .. } = self.event;
        let cluster = if several { format!("{}/", self.cluster) } else { String::new() };
        let took = took_s.map_or_else(String::new, |took| format!(" {took} s"));
        let (vm, step) = (format!("{cluster}{}", self.vm.vmid), step.to_string());
        format!("{}  {vm:>5}  {step:<18}  {kind}{took}", shown(*at))
    }

    fn json(&self) -> serde_json::Value {
        let mut told = json!(self.event);
        if let Some(fields) = told.as_object_mut() {
            fields.insert("cluster".to_owned(), json!(self.cluster));
            fields.insert("vmid".to_owned(), json!(self.vm.vmid));
            fields.insert("name".to_owned(), json!(self.vm.name));
        }
        told
    }

    /// Why it was asked for; of one that did not come about, what came of it first.
    fn words(&self) -> &str {
        if self.event.verified { &self.event.reason } else { &self.event.text }
    }
}

/// What nodes and guests wrote is told in one line each.
pub(crate) fn harmless(past: &mut Past) {
    for vm in past.clusters.iter_mut().flat_map(|cluster| &mut cluster.vms) {
        vm.name.iter_mut().for_each(one_line);
        for event in &mut vm.events {
            one_line(&mut event.text);
            one_line(&mut event.reason);
        }
        vm.decisions.iter_mut().for_each(|decision| one_line(&mut decision.text));
    }
}
