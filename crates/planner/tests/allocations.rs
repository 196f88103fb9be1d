//! What the planner takes of the allocator does not grow with the VMs.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

#[path = "../benches/plan/fleet.rs"]
mod fleet;

use allocation_counter::measure;
use fleet::Fleet;

/// Allocations of one cycle once all rooms are made, and how many VMs it would change.
fn one_cycle(vms: u32, saturated: usize) -> (u64, usize) {
    let fleet = Fleet::new(vms).unwrap();
    let mut watch = fleet.watch(saturated);
    watch.advance();
    let taken = measure(|| watch.plan());
    let (decided, changes) = watch.decided();
    assert_eq!(decided, usize::try_from(vms).unwrap());
    (taken.count_total, changes)
}

#[test]
fn a_steady_cycle_allocates_nothing_per_vm() {
    let (few, changes) = one_cycle(1000, 0);
    assert_eq!((changes, one_cycle(10_000, 0)), (0, (few, 0)));
    // The sort's own room, whatever its length.
    assert!(few <= 1, "{few} allocations");
}

#[test]
fn a_busy_cycle_allocates_by_nodes_not_by_vms() {
    // Two changes a node are granted, as many as there are channels for.
    let (few, changes) = one_cycle(1000, 50);
    let (many, more_changes) = one_cycle(10_000, 50);
    assert_eq!((changes, more_changes), (64, 64));
    assert_eq!(many, few, "allocations grow with the VMs that wait");
}
