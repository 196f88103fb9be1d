//! What happened, by the scheduler's count and by the node's own.

use std::fmt::Write as _;

use vm_autoscale_lab::Stats;
use vm_autoscale_scheduler::StatusReport;

/// The text, and whether it is what the demo promises.
pub(super) fn of(status: &StatusReport, stats: &Stats, recorded: bool) -> (String, bool) {
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
        format!("SSH logins: {}", stats.logins),
    ];
    for line in lines {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{line}");
    }
    let promised =
        stats.logins == 1 && stats.refused == 0 && looks > 0 && counts.failed == counts.reverted;
    // A recorded load may leave nothing to do.
    (text, promised && (recorded || (grown > 0 && shrunk > 0)))
}

/// Verified growth and shrinking among the events that are kept.
fn moves(status: &StatusReport) -> (usize, usize) {
    let verified = || status.recent.iter().filter(|event| event.verified);
    let grown = verified().filter(|event| event.step.is_growth()).count();
    (grown, verified().count() - grown)
}
