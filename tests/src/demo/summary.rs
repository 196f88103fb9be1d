//! What happened, by the scheduler's count and by the node's own.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use vm_autoscale_lab::Stats;
use vm_autoscale_scheduler::StatusReport;

use super::notices::Sight;

/// The text, and whether it is what the demo promises: with `seen`, that all of it was.
pub(super) fn of(
    status: &StatusReport,
    stats: &Stats,
    seen: Option<&BTreeSet<Sight>>,
) -> (String, bool) {
    let counts = status.counts;
    let kind = |name: &str| stats.commands.get(name).copied().unwrap_or(0);
    let looks = kind("ReadCluster");
    let others: Vec<String> = stats
        .commands
        .iter()
        .filter(|(name, _)| *name != "ReadCluster")
        .map(|(name, n)| format!("{name} {n}"))
        .collect();
    let (grown, shrunk) = moves(status);
    let under_way = counts.asked - counts.verified - counts.failed;
    let mut text = String::new();
    let lines = [
        format!(
            "changes: {} asked, {} verified, {} failed, {} reverted, {under_way} under way at the end",
            counts.asked, counts.verified, counts.failed, counts.reverted
        ),
        format!("of the last {}: {grown} grew, {shrunk} shrank a VM", status.recent.len()),
        format!(
            "remote commands: {looks} looks of 1 command each; for configs and changes: {}",
            others.join(", ")
        ),
        format!("SSH logins: {}", logins(stats)),
    ];
    for line in lines {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{line}");
    }
    let mut good = stats.refused == 0 && looks > 0;
    if let Some(seen) = seen {
        for (sight, name) in Sight::ALL {
            let met = seen.contains(&sight);
            let _ = writeln!(text, "{:<22}{}", name, if met { "seen" } else { "NOT SEEN" });
            good &= met;
        }
    }
    (text, good)
}

/// One a node, and one more for each time it came back.
fn logins(stats: &Stats) -> String {
    let nodes = stats.logins_by_node.iter().map(|(node, count)| format!("{node} {count}"));
    nodes.collect::<Vec<_>>().join(", ")
}

/// Verified growth and shrinking among the events that are kept.
fn moves(status: &StatusReport) -> (usize, usize) {
    let verified = || status.recent.iter().filter(|event| event.verified);
    let grown = verified().filter(|event| event.step.is_growth()).count();
    (grown, verified().count() - grown)
}
