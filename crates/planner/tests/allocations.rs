//! What the planner takes of the allocator does not grow with the VMs.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

#[path = "../benches/plan/fleet.rs"]
mod fleet;

use allocation_counter::measure;
use fleet::{ADAPTIVE, Fleet, THRESHOLD};
use vm_autoscale_planner::{Needed, Past, PastBlock, PastUse, VmPolicy};

/// In so many cycles each VM's windows are played once.
const MINUTE: u64 = 6;
const RULES: [&VmPolicy; 2] = [&THRESHOLD, &ADAPTIVE];

/// Allocations of a minute of cycles once all rooms are made, and how many VMs the last would
/// change.
fn one_minute(policy: &'static VmPolicy, vms: u32, saturated: usize) -> (u64, usize) {
    let fleet = Fleet::new(vms).unwrap();
    let mut watch = fleet.watch(policy, saturated);
    let mut taken = 0;
    for _ in 0..MINUTE {
        watch.advance();
        taken += measure(|| watch.plan()).count_total;
    }
    let (decided, changes) = watch.decided();
    assert_eq!(decided, usize::try_from(vms).unwrap());
    (taken, changes)
}

#[test]
fn a_steady_cycle_allocates_nothing_per_vm() {
    for policy in RULES {
        let (few, changes) = one_minute(policy, 1000, 0);
        assert_eq!((changes, one_minute(policy, 10_000, 0)), (0, (few, 0)));
        // The sort's own room, whatever its length.
        assert!(few <= MINUTE, "{few} allocations");
    }
}

#[test]
fn a_busy_cycle_allocates_by_nodes_not_by_vms() {
    for policy in RULES {
        // Two changes a node are granted, as many as there are channels for.
        let (few, changes) = one_minute(policy, 1000, 50);
        let (many, more_changes) = one_minute(policy, 10_000, 50);
        assert_eq!((changes, more_changes), (64, 64));
        assert_eq!(many, few, "allocations grow with the VMs that wait");
    }
}

/// Bytes that are held once that many VMs were met, their decisions included.
fn held(vms: u32) -> i64 {
    let fleet = Fleet::new(vms).unwrap();
    let mut watch = fleet.begin(&ADAPTIVE, 0);
    let taken = measure(|| watch.plan());
    let later = measure(|| {
        for _ in 0..MINUTE {
            watch.advance();
            watch.plan();
        }
    });
    taken.bytes_current + later.bytes_current
}

#[test]
fn a_vm_is_known_in_four_kibibytes() {
    let a_vm = (held(10_000) - held(1000)) / 9000;
    // It does remember something.
    assert!((500..=4096).contains(&a_vm), "{a_vm} bytes a VM");
}

/// What thousands of VMs are taught at a start is there beside what they have seen since.
#[test]
fn a_vm_is_taught_in_two_kibibytes_whatever_it_is_taught() {
    let used = |most| Some(PastUse { samples: 30, mean: most / 2.0, most, needed: None });
    let needed = Some(Needed { most: 1.0, jumps: 0.1 });
    let mut past = Past::new(&ADAPTIVE).unwrap();
    let taken = measure(|| {
        for block in 1..8640_u64 {
            let end = (300_000 * block).into();
            let cpu = used(1.0 + f64::from(u32::try_from(block % 7).unwrap()));
            let cpu = cpu.map(|cpu| PastUse { needed, ..cpu });
            past.see(&PastBlock {
                end,
                wall: 300 * block,
                seconds: 300,
                cpu,
                memory: used(2000.0),
            });
        }
    });
    assert_eq!(taken.count_total, 0);
    assert!(size_of::<Past>() <= 2048, "{} bytes", size_of::<Past>());
}
