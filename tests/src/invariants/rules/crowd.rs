//! I2: how many.

use super::super::Checker;
use super::super::allowed::Rates;
use super::super::change::{Change, What};

/// One at a time on a VM, so many on a node.
pub(super) fn crowded(checker: &Checker, change: &Change<'_>) -> Option<String> {
    let (start, end) = (change.entry.start, change.entry.end);
    let of_vm = checker.books.done.iter().filter(|done| done.vmid == change.vmid);
    if of_vm.clone().any(|done| done.end > start && done.start < end) {
        return Some("another change of it was under way".to_owned());
    }
    let here = || checker.books.done.iter().filter(|done| done.node == change.entry.node);
    let at = |time: f64| here().filter(|done| done.start <= time && time < done.end).count() + 1;
    let begun = here().map(|done| done.start).filter(|begun| (start..end).contains(begun));
    let most = begun.chain([start]).map(at).max().unwrap_or(1);
    (most > checker.allowed.under_way).then(|| format!("{most} changes at once on its node"))
}

/// More than the helper's buckets give, which are full after a minute of rest.
pub(super) fn too_often(checker: &Checker, change: &Change<'_>) -> Option<String> {
    let Rates { per_vm, per_node, total } = checker.allowed.rates?;
    let (entry, all) = (change.entry, &checker.books.done);
    let sets = || all.iter().filter(|done| !matches!(done.what, What::Revert(_)));
    let exceeds = |what: &str, limit: u32, begun: Vec<f64>| {
        let why = || format!("more than {limit} changes a minute of the {what}");
        is_over(&begun, entry.start, limit).then(why)
    };
    let of_vm = sets().filter(|done| done.vmid == change.vmid).map(|done| done.start);
    let on_node = sets().filter(|done| done.node == entry.node).map(|done| done.start);
    exceeds("VM", per_vm, of_vm.collect())
        .or_else(|| exceeds("node", per_node, on_node.collect()))
        .or_else(|| exceeds("cluster", total, sets().map(|done| done.start).collect()))
}

fn is_over(begun: &[f64], at: f64, limit: u32) -> bool {
    begun.iter().filter(|from| (at - 120.0..=at).contains(*from)).any(|from| {
        let so_far = begun.iter().filter(|time| (*from..=at).contains(*time)).count();
        let count = u32::try_from(so_far + 1).unwrap_or(u32::MAX);
        // One more, since the clocks of helper and node are read one after the other.
        f64::from(count) > f64::from(limit) * (1.0 + (at - from) / 60.0) + 1.0
    })
}
