//! I4 and I7: whether at all.

use super::super::Checker;
use super::super::books::Read;
use super::super::change::Change;
use super::super::world::Hold;
use super::FRESH;

/// Not while the VM, its node or the cluster is to be left alone.
pub(super) fn forbidden(
    checker: &Checker,
    change: &Change<'_>,
    basis: Option<&Read>,
) -> Option<String> {
    if let Some(why) = basis.and_then(|read| read.conf.forbids()) {
        return Some(format!("by its own config {why}"));
    }
    let at = change.entry.start;
    if let Some(stop) = checker.rests.stopped(change.vmid, at) {
        return Some(format!("paused by an order since {:.1} s", stop.from));
    }
    let held = checker.world.all(change.vmid, change.entry.node.as_ref(), at);
    let mut known = held.into_iter().filter(|(hold, since)| {
        // Only pvestatd tells that a VM stopped.
        let told = if *hold == Hold::Stopped { 2.0 * checker.allowed.round } else { 0.0 };
        *hold != Hold::Unmeasured && checker.world.was_seen(since + told, at, checker.allowed.late)
    });
    known.next().map(|(hold, since)| format!("{hold:?} since {since:.1} s"))
}

/// Figures that do not advance are none.
pub(super) fn unmeasured(checker: &Checker, change: &Change<'_>) -> Option<String> {
    let Checker { allowed, world, .. } = checker;
    let at = change.entry.start;
    let held = world.all(change.vmid, change.entry.node.as_ref(), at);
    let mut old = held.into_iter().filter(|(hold, since)| {
        let stale = since + FRESH + 2.0 * allowed.round;
        *hold == Hold::Unmeasured && world.was_seen(stale, at, allowed.late)
    });
    old.next().map(|(_, since)| format!("not measured since {since:.1} s"))
}
