use std::num::NonZeroU32;

use serde_json::json;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn rates(per_vm: u32, per_node: u32, total: u32) -> Rates {
    let [per_vm, per_node, total] =
        [per_vm, per_node, total].map(|limit| NonZeroU32::new(limit).unwrap());
    Rates { per_vm, per_node, total }
}

/// As a change is counted: of one that is refused nothing is kept.
fn take(buckets: &mut Buckets, now: Duration, node: &str, vmid: u32, revert: bool) -> &'static str {
    let target = json!({"cluster": "home", "node": node, "vmid": vmid, "digest": "0".repeat(40)});
    let target: Target = serde_json::from_value(target).unwrap();
    let mut next = buckets.clone();
    match next.take(&rates(2, 3, 4), now, (&target, revert)) {
        // Through what a later process reads.
        Ok(()) => *buckets = serde_json::from_str(&serde_json::to_string(&next).unwrap()).unwrap(),
        Err(why) => return why.key(),
    }
    "yes"
}

#[test]
fn each_bucket_empties_and_fills() {
    let mut buckets = Buckets::default();
    let mut ask = |after: u64, node, vmid, revert| {
        take(&mut buckets, Duration::from_secs(1000 + after), node, vmid, revert)
    };
    let mut first = |node, vmid| ask(0, node, vmid, false);
    let of_vm = [first("pve1", 101), first("pve1", 101), first("pve1", 101)];
    assert_eq!(of_vm, ["yes", "yes", "per_vm"]);
    assert_eq!([first("pve1", 102), first("pve1", 103)], ["yes", "per_node"]);
    assert_eq!([first("pve2", 104), first("pve2", 105)], ["yes", "total"]);
    assert_eq!(ask(0, "pve1", 101, true), "yes", "changes hold up no revert");
    // One in 30 s of a VM, in 20 s on a node, in 15 s in all.
    assert_eq!([ask(14, "pve2", 105, false), ask(15, "pve2", 105, false)], ["total", "yes"]);
    assert_eq!([ask(29, "pve2", 101, false), ask(30, "pve2", 101, false)], ["per_vm", "yes"]);
    assert_eq!(ask(30, "pve2", 101, false), "per_vm");
}

/// Never more than what a bucket holds and what has come in since, whenever that begins.
#[test]
fn a_minute_has_no_more_than_a_full_bucket_and_what_comes_in() {
    let mut buckets = Buckets::default();
    let mut let_through = vec![];
    for second in 0..300 {
        let now = Duration::from_secs(1000 + second);
        while take(&mut buckets, now, "pve1", 101, false) == "yes" {
            let_through.push(second);
        }
    }
    assert_eq!(let_through.len(), 2 + 9, "{let_through:?}");
}

#[test]
fn what_is_not_known_is_used_up() {
    let now = 1000 * SECOND;
    let mut buckets = Buckets::closed(now);
    assert_eq!(take(&mut buckets, 1059 * SECOND, "pve1", 101, true), "");
    assert_eq!(take(&mut buckets, 1060 * SECOND, "pve1", 101, false), "yes");
    assert!(!buckets.is_ahead(1060 * SECOND) && buckets.is_ahead(1029 * SECOND));
    assert!(!Buckets::closed(now).is_ahead(now) && Buckets::closed(now).is_ahead(999 * SECOND));
}

/// However many changes there may be: what is kept is of VMs and nodes.
#[test]
fn what_is_kept_does_not_grow_with_the_rates() {
    let mut buckets = Buckets::default();
    let target = json!({"cluster": "home", "node": "pve1", "vmid": 101, "digest": "0".repeat(40)});
    let target: Target = serde_json::from_value(target).unwrap();
    let many = rates(1_000_000, u32::MAX, 1_000_000);
    for _ in 0..10_000 {
        buckets.take(&many, SECOND, (&target, false)).unwrap();
    }
    assert_eq!(buckets.full.0.borrow().len(), 3);
    buckets.take(&many, 90 * SECOND, (&target, true)).unwrap();
    assert_eq!(buckets.full.0.borrow().len(), 3, "the full ones are not kept");
}
