use proptest::prelude::*;
use vm_autoscale_protocol::Request;

use super::*;
use crate::Changes;

const SECOND: Duration = Duration::from_secs(1);

fn rates(per_vm: u32, per_node: u32, total: u32) -> Rates {
    let [per_vm, per_node, total] =
        [per_vm, per_node, total].map(|limit| NonZeroU32::new(limit).unwrap());
    Rates { per_vm, per_node, total }
}

fn fresh(rates: Rates) -> Limiters {
    Limiters::after(rates, Duration::ZERO, std::iter::empty())
}

fn take(limiters: &Limiters, now: Duration, node: &str, vmid: u32, revert: bool) -> &'static str {
    let (cluster, node) = ("home".try_into().unwrap(), node.try_into().unwrap());
    let taken = limiters.take(now, (&cluster, &node, vmid.try_into().unwrap()), revert);
    taken.map_or_else(|why| why.key(), |()| "yes")
}

#[test]
fn each_bucket_empties_and_fills() {
    let limiters = fresh(rates(2, 3, 4));
    let now = 1000 * SECOND;
    let ask = |node, vmid| take(&limiters, now, node, vmid, false);
    assert_eq!([ask("pve1", 101), ask("pve1", 101), ask("pve1", 101)], ["yes", "yes", "per_vm"]);
    assert_eq!([ask("pve1", 102), ask("pve1", 103)], ["yes", "per_node"]);
    assert_eq!([ask("pve2", 104), ask("pve2", 105)], ["yes", "total"]);
    assert_eq!(take(&limiters, now, "pve1", 101, true), "yes", "changes hold up no revert");
    assert_eq!(take(&limiters, now + 29 * SECOND, "pve1", 101, false), "per_vm");
    assert_eq!(take(&limiters, now + 60 * SECOND, "pve1", 101, false), "yes");
}

#[test]
fn what_is_not_known_is_used_up() {
    let limiters = Limiters::closed(rates(2, 3, 4), 1000 * SECOND);
    assert_eq!(take(&limiters, 1059 * SECOND, "pve1", 101, true), "");
    assert_eq!(take(&limiters, 1060 * SECOND, "pve1", 101, false), "yes");
}

fn change(node: &str, vmid: u32) -> Request {
    let digest = "0".repeat(40);
    serde_json::from_value(serde_json::json!({"name": "SetVcpus", "parameters": {
        "target": {"cluster": "home", "node": node, "vmid": vmid, "digest": digest},
        "vcpus": 2,
    }}))
    .unwrap()
}

proptest! {
    /// A process that starts anew at any time lets through nothing that the one before would not
    /// have; and after two quiet minutes it lets through all the same.
    #[test]
    fn a_restart_gives_nothing(
        asks in prop::collection::vec((0u64..20_000, 1u32..3, 101u32..104), 1..200),
        restarts in prop::collection::vec(any::<bool>(), 200),
        limits in (1u32..4, 1u32..6, 1u32..8),
    ) {
        let rates = rates(limits.0, limits.1, limits.2);
        let steady = fresh(rates);
        let mut restarted = fresh(rates);
        let mut changes = Changes::default();
        let mut now = 500 * SECOND;
        for ((pause, node, vmid), restart) in asks.into_iter().zip(restarts) {
            now += Duration::from_millis(pause);
            if restart {
                restarted = Limiters::after(rates, now, changes.sent(now));
            }
            let node = format!("pve{node}");
            if take(&restarted, now, &node, vmid, false) == "yes" {
                prop_assert_eq!(take(&steady, now, &node, vmid, false), "yes");
                changes = changes.with(now, &change(&node, vmid)).unwrap();
            }
        }
        let later = now + Sent::COUNTS;
        let restarted = Limiters::after(rates, later, changes.sent(later));
        for _ in 0..limits.0.min(limits.1).min(limits.2) {
            prop_assert_eq!(take(&restarted, later, "pve1", 101, false), "yes");
        }
    }
}
