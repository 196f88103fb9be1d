//! The invariants, for one change.

use super::Checker;
use super::books::{Done, OfVm, Read};
use super::change::{Change, What};

mod bounds;
mod crowd;
mod holds;
use bounds::{beyond, size};
use crowd::{crowded, too_often};
use holds::{forbidden, unmeasured};

/// A digest or a look is older than that: the change is not to be made.
const FRESH: f64 = 30.0;
/// Two clocks that tick alike, read one after the other.
const SAME: f64 = 0.05;

/// Everything that is wrong with it.
pub(super) fn judge(checker: &mut Checker, change: &Change<'_>) {
    let mut found: Vec<(&'static str, String)> = Vec::new();
    let mut add = |invariant, why: Option<String>| found.extend(why.map(|why| (invariant, why)));
    let unknown = OfVm::default();
    let vm = checker.books.vms.get(&change.vmid).unwrap_or(&unknown);
    let basis = vm.shown(&change.digest, change.entry.start);
    add("I2", crowded(checker, change));
    add("I3", stale(checker, change, vm, basis));
    add("I5", unread(vm, change));
    match change.what {
        What::Set(key, to) => {
            let from = basis.and_then(|read| size(read, key));
            add("I1", beyond(checker, change, basis, (key, from, to)));
            add("I2", too_often(checker, change));
            add("I4", forbidden(checker, change, basis));
            add("I7", unmeasured(checker, change));
            add("I8", too_soon(checker, change, vm, key));
        }
        What::Other => add("I1", Some("nothing of this kind is allowed".to_owned())),
        What::Revert(keys) => add("I6", foreign(checker, change, basis, keys)),
    }
    let unintended = checker.books.intents.as_mut().and_then(|all| unintended(all, change));
    found.extend(unintended.map(|why| ("I5", why)));
    for (invariant, why) in found {
        checker.add(invariant, format!("VM {}: {why}", change.vmid), Some(change.entry));
    }
}

/// By a config that was read, and that nothing newer was known of.
fn stale(
    checker: &Checker,
    change: &Change<'_>,
    vm: &OfVm,
    basis: Option<&Read>,
) -> Option<String> {
    let (start, late) = (change.entry.start, checker.allowed.late);
    let Some(read) = basis else {
        return Some(format!("no reading had shown the config {}", change.digest));
    };
    let since = start - FRESH - late;
    if read.end < since && !checker.world.looked(since, start) {
        return Some("nothing was read of it for half a minute".to_owned());
    }
    let newer = vm.reads.iter().filter(|other| other.start > read.end);
    let newer = newer.filter(|other| other.end <= start - late && other.digest != read.digest);
    let revealed = newer.count() > 0;
    revealed.then(|| "a newer config had been read by then".to_owned())
}

/// What qm left is looked at before anything else is asked for.
fn unread(vm: &OfVm, change: &Change<'_>) -> Option<String> {
    let last = vm.last().filter(|last| last.end <= change.entry.start)?;
    let read = |read: &&Read| read.start >= last.end && read.end <= change.entry.start;
    let between = vm.reads.iter().filter(read).count();
    let twice = if last.what == change.what { "the same again" } else { "the next" };
    (between == 0).then(|| format!("{twice} without a reading of what the last one left"))
}

/// Each by an intent of its own.
fn unintended(all: &mut Vec<super::Intended>, change: &Change<'_>) -> Option<String> {
    let What::Set(key, to) = change.what else { return None };
    let found = all.iter().position(|intended| {
        let same = (intended.vmid, intended.key, intended.to) == (change.vmid, key, to);
        same && intended.at <= change.entry.start + SAME
    });
    match found {
        Some(place) => {
            all.remove(place);
            None
        }
        None => Some("no intent of it was durable".to_owned()),
    }
}

/// Cooldowns hold over restarts, too. What failed to take something holds back no growth.
fn too_soon(checker: &Checker, change: &Change<'_>, vm: &OfVm, key: &str) -> Option<String> {
    let same = |done: &&Done| matches!(done.what, What::Set(other, _) if other == key);
    let mut before = vm.done.iter().rev().filter(same);
    let in_vain = |done: &Done| match (&done.what, &change.what) {
        (What::Set(_, less), What::Set(_, more)) => done.failed && less < more,
        _ => false,
    };
    let last = before.find(|done| done.did_something && !in_vain(done))?;
    let rest = change.entry.start - last.end;
    let renewed = checker.world.since(change.vmid) >= last.end;
    (rest < checker.allowed.cooldown - SAME && !renewed)
        .then(|| format!("{rest:.2} s after the last change of its {key}"))
}

/// Only what we asked for, while exactly that waits.
fn foreign(
    checker: &Checker,
    change: &Change<'_>,
    basis: Option<&Read>,
    keys: &str,
) -> Option<String> {
    let pending = &basis?.conf.pending;
    let ours = |key: &str| {
        pending.get(key).is_some_and(|value| checker.books.asked(change.vmid, key, value))
    };
    (!keys.split(',').any(ours)).then(|| "it reverts what we did not ask for".to_owned())
}
