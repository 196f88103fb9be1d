//! The invariants, for one change.

use super::allowed::{Bounds, By};
use super::books::{OfVm, Read};
use super::change::{Change, What, amount, resource};
use super::{Checker, Intended};

mod bounds;
mod crowd;
mod holds;
mod needs;
mod rest;
use bounds::beyond;
use crowd::{crowded, too_often};
use holds::{forbidden, unmeasured};
use needs::needed;
use rest::too_soon;

/// A digest or a look is older than that: the change is not to be made.
const FRESH: f64 = 30.0;
/// Two clocks that tick alike, read one after the other.
pub(super) const SAME: f64 = 0.05;

/// A key that is set.
struct Case<'a> {
    change: &'a Change<'a>,
    vm: &'a OfVm,
    /// By which config.
    basis: Option<&'a Read>,
    key: &'static str,
    /// What it was by that, and what it is to be; in the key's unit.
    from: Option<u32>,
    to: u32,
    by: By,
}

impl Case<'_> {
    fn amount(&self) -> u32 {
        amount(self.key, self.to)
    }

    fn shrinks(&self) -> bool {
        self.from.is_some_and(|from| self.amount() < from)
    }

    fn resource(&self) -> &'static str {
        resource(self.key)
    }

    fn is_cpu(&self) -> bool {
        self.resource() == "CPU"
    }

    /// Cores or MiB that there are to be.
    fn size(&self) -> f64 {
        let amount = f64::from(self.amount());
        if self.key == "cpulimit" { amount / 100.0 } else { amount }
    }
}

type Found = Vec<(&'static str, String)>;

/// Everything that is wrong with it.
pub(super) fn judge(checker: &mut Checker, change: &Change<'_>) {
    let (by, unintended) = match checker.books.intents.as_mut().map(|all| intent(all, change)) {
        Some(Ok(by)) => (by, None),
        Some(Err(why)) => (By::Itself, Some(why)),
        None => (By::Itself, None),
    };
    let mut found = Found::new();
    let mut add = |invariant, why: Option<String>| found.extend(why.map(|why| (invariant, why)));
    let unknown = OfVm::default();
    let vm = checker.books.vms.get(&change.vmid).unwrap_or(&unknown);
    let basis = vm.shown(&change.digest, change.entry.start);
    add("I2", crowded(checker, change));
    add("I3", stale(checker, change, vm, basis));
    add("I5", unread(vm, change));
    add("I5", unintended);
    match change.what {
        What::Set(key, to) => {
            add("I2", too_often(checker, change));
            add("I4", forbidden(checker, change, basis));
            // An order goes by no figures.
            add("I7", unmeasured(checker, change).filter(|_| by != By::Order));
            let from = basis.and_then(|read| read.conf.size(key));
            found.extend(by_bounds(checker, &Case { change, vm, basis, key, from, to, by }));
        }
        What::Revert(keys) => add("I6", foreign(checker, change, basis, keys)),
    }
    for (invariant, why) in found {
        checker.add(invariant, format!("VM {}: {why}", change.vmid), Some(change.entry));
    }
}

/// What is wrong by what holds for the VM, and by what held until a moment ago.
fn by_bounds(checker: &Checker, case: &Case<'_>) -> Found {
    let all = checker.bounds(case.change.vmid, case.change.entry.start);
    let judged = all.into_iter().map(|bounds| under(checker, case, bounds));
    let none = || vec![("I1", "it is not one that may be changed".to_owned())];
    judged.min_by_key(Vec::len).unwrap_or_else(none)
}

fn under(checker: &Checker, case: &Case<'_>, bounds: &Bounds) -> Found {
    let much = beyond(checker, case, bounds).or_else(|| needed(checker, case, bounds));
    let soon = too_soon(checker, case, bounds);
    let both = [("I1", much), ("I8", soon)].into_iter();
    both.filter_map(|(invariant, why)| Some((invariant, why?))).collect()
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

/// Each by an intent of its own; who wanted it. A revert needs none.
fn intent(all: &mut Vec<Intended>, change: &Change<'_>) -> Result<By, String> {
    let What::Set(key, to) = change.what else { return Ok(By::Itself) };
    // The last one: what was intended before it was never sent, or an earlier line's.
    let found = all.iter().rposition(|intended| {
        let same = (intended.vmid, intended.key, intended.to) == (change.vmid, key, to);
        same && intended.at <= change.entry.start + SAME
    });
    let found = found.ok_or("no intent of it was durable")?;
    Ok(all.remove(found).by)
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
