//! What stands above the VMs: what is not well, how many there are, the nodes.

use std::fmt::Write as _;
use vm_autoscale_scheduler::{ClusterStatus, NodeStatus};

use super::model::{Face, Model};
use super::order::is_blocked;
use crate::pause::span;

/// How a line is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Plain,
    Bad,
    Warn,
}

/// So many of what is not well are told; the others are counted.
const ILLS: usize = 3;

/// In the order of what matters most: the screen may have room for the first of them only.
pub(crate) fn lines(model: &Model, now: u64) -> Vec<(String, Tone)> {
    let mut lines = Vec::new();
    if let Some((since, why)) = &model.lost {
        let [gone, old] = [*since, model.seen_at].map(|at| span(now.saturating_sub(at)));
        let said = format!("NOT WELL: no daemon answers for {gone}, this is {old} old: {why}");
        lines.push((said, Tone::Bad));
    }
    if model.held {
        let old = span(now.saturating_sub(model.seen_at));
        lines.push((format!("HELD: this is {old} old; Space lets it go on"), Tone::Warn));
    }
    lines.push((counts(model), Tone::Plain));
    let told = if model.face == Face::Paper { usize::MAX } else { ILLS };
    let ills = model.ills.iter().take(told);
    lines.extend(ills.map(|ill| (format!("NOT WELL: {ill}"), Tone::Bad)));
    let more = model.ills.len().saturating_sub(told);
    if more > 0 {
        lines.push((format!("NOT WELL: {more} more, see vm-autoscale status"), Tone::Bad));
    }
    lines.extend(model.report.clusters.iter().map(nodes));
    for cluster in &model.report.clusters {
        let why = cluster.paused.iter();
        let told = |why| format!("cluster {} is paused by its file: {why}", cluster.name);
        lines.extend(why.map(|why| (told(why), Tone::Warn)));
    }
    lines
}

fn counts(model: &Model) -> String {
    let vms = || model.report.clusters.iter().flat_map(|cluster| &cluster.vms);
    let mut text = format!("{} VMs", vms().count());
    if !model.filter.is_empty() {
        let _ = write!(text, ", {} with `{}`", model.found, model.filter);
    }
    let blocked = vms().filter(|vm| is_blocked(vm)).count();
    let pauses = model.report.pauses.len();
    let failed = model.report.counts.failed;
    for (count, what) in [(blocked, "blocked"), (pauses, "pauses hold")] {
        if count > 0 {
            let _ = write!(text, ", {count} {what}");
        }
    }
    let _ = write!(text, "; changes: {} verified, {failed} failed", model.report.counts.verified);
    let way = if model.reversed { ", reversed" } else { "" };
    text + &format!("; by {}{way}", model.sort.told())
}

fn nodes(cluster: &ClusterStatus) -> (String, Tone) {
    let all: Vec<String> = cluster.nodes.iter().map(node).collect();
    let bad = cluster.nodes.iter().any(|node| !node.online || !node.fresh);
    let tone = if bad { Tone::Warn } else { Tone::Plain };
    (format!("{}  {}", cluster.name, all.join("  ")), tone)
}

fn node(node: &NodeStatus) -> String {
    let percent = |figure: Option<f64>| figure.map_or("?".to_owned(), |f| format!("{f:.0}%"));
    let state = match (node.online, node.fresh) {
        (false, _) => " OFFLINE",
        (true, false) => " STALE",
        (true, true) => "",
    };
    format!("{}{state} cpu {} mem {}", node.name, percent(node.cpu), percent(node.memory))
}
