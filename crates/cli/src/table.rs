//! The VMs as a table.

use std::fmt::Write as _;

use vm_autoscale_scheduler::{ClusterStatus, NodeStatus, Source, StatusReport, wall};

use crate::pause::span;

mod cells;
mod closing;
mod columns;

pub(crate) use cells::{gib, state};

/// All clusters' VMs, a line each, at most `width` columns wide.
#[must_use]
pub fn table(report: &StatusReport, width: usize) -> String {
    table_at(report, width, wall())
}

fn table_at(report: &StatusReport, width: usize, now: u64) -> String {
    let now = (report.source == Source::Daemon).then_some(now);
    let mut text = String::new();
    for cluster in &report.clusters {
        let nodes: Vec<String> = cluster
            .nodes
            .iter()
            .map(|node| {
                let percent = |figure: Option<f64>| {
                    figure.map_or_else(|| "?".to_owned(), |f| format!("{f:.0} %"))
                };
                if !node.online {
                    return format!("{}: OFFLINE", node.name);
                }
                let stale = if node.fresh { "" } else { ", stale" };
                format!(
                    "{}: CPU {}, memory {}{stale}",
                    node.name,
                    percent(node.cpu),
                    percent(node.memory)
                )
            })
            .collect();
        push(&mut text, &format!("cluster {}  {}", cluster.name, nodes.join("  ")), width);
        if let Some(problem) = &cluster.problem {
            push(&mut text, &format!("  {problem}"), width);
        }
        let is_stale = |node: &&NodeStatus| node.online && !node.fresh;
        let stale: Vec<_> =
            cluster.nodes.iter().filter(is_stale).map(|n| n.name.as_str()).collect();
        if cluster.problem.is_none() && !stale.is_empty() {
            let nodes = stale.join(", ");
            let line = format!("  no new figures, does pvestatd run there? {nodes}");
            push(&mut text, &line, width);
        }
        if let Some(why) = &cluster.paused {
            push(&mut text, &format!("  paused by /etc/pve/vm-autoscale.pause: {why}"), width);
        }
        rows(&mut text, cluster, width, now);
        if cluster.undecided > 0 {
            let what = "not known whether they are selected: the pools could not be read";
            push(&mut text, &format!("  {} VMs: {what}", cluster.undecided), width);
        }
        if cluster.unread > 0 {
            let what = "lines of /etc/pve/.rrd that cannot be read, so that theirs has no figures";
            push(&mut text, &format!("  {what}: {}", cluster.unread), width);
        }
    }
    for note in report.notes.iter().chain(&report.past()) {
        push(&mut text, &format!("note: {note}"), width);
    }
    text
}

/// So many of the last changes are shown.
const LAST: usize = 8;

/// What became of the last changes, newest last, a line each and none cut: its end says what to
/// do. `now` in seconds since 1970.
#[must_use]
pub(crate) fn last_changes(report: &StatusReport, now: u64) -> String {
    let mut text = String::new();
    let skipped = report.recent.len().saturating_sub(LAST);
    for event in report.recent.iter().skip(skipped) {
        let ago = now.saturating_sub(event.at);
        let ago = span(ago);
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{ago:>8} ago  {event}");
    }
    text
}

fn rows(text: &mut String, cluster: &ClusterStatus, width: usize, now: Option<u64>) {
    if cluster.vms.is_empty() {
        push(text, "  no VM is looked after: see `select` and `virtual_machines`", width);
        return;
    }
    for line in columns::lines(cluster, width, now) {
        push(text, &line, width);
    }
    push(text, &closing::line(cluster, width), width);
}

/// A line, cut where there is no room for it.
pub(crate) fn push(text: &mut String, line: &str, width: usize) {
    if line.chars().count() <= width {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{line}");
        return;
    }
    let cut: String = line.chars().take(width.saturating_sub(1)).collect();
    let _ = writeln!(text, "{cut}…");
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use vm_autoscale_scheduler::Event;

    use super::*;

    #[test]
    fn the_last_changes_are_told_newest_last() {
        let event = |number: u64, text: &str| -> Event {
            let step = json!({"resource": "cpu", "from": 2, "to": 3});
            let event = json!({
                "number": number, "at": 1000 * number, "cluster": "home", "vmid": 101,
                "step": step, "verified": false, "text": text,
            });
            serde_json::from_value(event).unwrap()
        };
        let mut report = StatusReport::default();
        assert_eq!(last_changes(&report, 0), "");
        report.recent = (1..=20).map(|number| event(number, "no effect: x")).collect();
        let text = last_changes(&report, 20_007);
        assert_eq!(text.lines().count(), LAST);
        assert_eq!(text.lines().next(), Some(" 116 min ago  VM 101: vcpus 2 -> 3 no effect: x"));
        assert_eq!(text.lines().last(), Some("     7 s ago  VM 101: vcpus 2 -> 3 no effect: x"));
        // A clock that went back.
        report.recent.truncate(1);
        assert_eq!(last_changes(&report, 0), "     0 s ago  VM 101: vcpus 2 -> 3 no effect: x\n");
    }

    /// What a node had before it went is not told as if it had it still.
    #[test]
    fn a_node_that_is_offline_and_one_without_figures_are_named() {
        let node = |name: &str, online: bool, fresh: bool| json!({"name": name, "cpu": 10.0, "memory": 20.0, "online": online, "fresh": fresh});
        let nodes = [node("a", true, true), node("b", false, false), node("c", true, false)];
        let cluster = json!({
            "name": "home", "answered_by": "a", "problem": null, "looks": 1, "look_ms": 1,
            "nodes": nodes, "vms": [],
        });
        let clusters = vec![serde_json::from_value(cluster).unwrap()];
        let text = table(&StatusReport { clusters, ..StatusReport::default() }, 100);
        let head = "cluster home  a: CPU 10 %, memory 20 %  b: OFFLINE  c: CPU 10 %, memory 20 %, stale\n\
                    \x20 no new figures, does pvestatd run there? c\n";
        assert!(text.starts_with(head), "{text}");
    }

    #[test]
    fn lines_fit_and_say_what_is_wrong() {
        let cluster = ClusterStatus {
            name: "home".try_into().unwrap(),
            answered_by: None,
            problem: Some("p".repeat(300)),
            problem_for: Some(7),
            paused: Some("moving racks".to_owned()),
            looks: 1,
            look_ms: 1,
            nodes: vec![],
            vms: vec![cells::tests::vm(&"x".repeat(80), "y")],
            pools_known: false,
            undecided: 3,
            unread: 2,
        };
        let report = StatusReport { clusters: vec![cluster], ..StatusReport::default() };
        for width in [40, 80, 100, 200] {
            let text = table(&report, width);
            assert!(text.lines().all(|line| line.chars().count() <= width), "{text}");
        }
        let text = table(&report, 100);
        assert!(
            text.contains("\n  paused by /etc/pve/vm-autoscale.pause: moving racks\n"),
            "{text}"
        );
        assert!(text.contains("so that theirs has no figures: 2\n"), "{text}");
        assert!(text.contains("\n1 managed, 0 blocked\n"), "{text}");
    }
}
