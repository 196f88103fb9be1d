//! How often guests are asked.

use super::*;

/// So many VMs on so many nodes, each with that use by Proxmox's figure and that answer: the
/// questions of each hour, and the most in one cycle on one node.
fn questions(
    (vms, nodes): (u32, u32),
    hours: u64,
    used: f64,
    answer: GuestSays,
) -> (Vec<usize>, usize) {
    let name = |index: u32| NodeName::try_from(format!("pve{}", index % nodes).as_str()).unwrap();
    let names: Vec<NodeName> = (0..vms).map(name).collect();
    let config = VmConfig::parse(CONF).unwrap();
    // What is needed less is not taken.
    let policy = VmPolicy { memory_shrink: false, ..world().policy };
    let inputs = (0..nodes).map(|index| (name(index), World::new().node)).collect();
    let mut planner = Planner::new(CONFIG);
    let (mut by_hour, mut most, mut out) = (Vec::new(), 0, Vec::new());
    for second in (10..=hours * 3600).step_by(10) {
        let vm = |(index, node)| VmInput {
            vmid: VmId::try_from(101 + index).unwrap(),
            node,
            running: Some(true),
            config: Some(&config),
            sample: Some(Sample { memory_used: Some(used), ..sample(second, 5.0, 0.0) }),
            policy: &policy,
            in_flight: false,
            node_online: true,
            ha_move: None,
            doubt: None,
            pause: None,
            quarantine: [None, None],
        };
        let vms: Vec<_> = (0u32..).zip(&names).map(vm).collect();
        let now = Moment(Duration::from_secs(second));
        planner.plan(now, &vms, &inputs, &mut out);
        assert!(out.iter().all(|decision| decision.act().is_none()));
        let asked = planner.questions().to_vec();
        for node in 0..nodes {
            let here = asked.iter().filter(|vmid| (vmid.get() - 101) % nodes == node);
            most = most.max(here.count());
        }
        for vmid in &asked {
            planner.told(*vmid, now, GuestAnswer::Says(answer));
        }
        if second % 3600 == 10 {
            by_hour.push(0);
        }
        *by_hour.last_mut().unwrap() += asked.len();
    }
    (by_hour, most)
}

/// A VM whose page cache fills its memory looks hot in every cycle.
#[test]
fn a_fleet_full_of_page_cache_is_asked_seldom() {
    let (by_hour, most) = questions((200, 8), 3, 4000.0, says(4096, 2900, 50));
    // After 1, 2, 4, 8 and then 15 minutes each; from the second hour on four times an hour. 1,000
    // VMs are 4,000 questions an hour.
    assert_eq!((by_hour, most), (vec![1400, 800, 800], 2));
}

/// One command a cluster a cycle while nothing changes.
#[test]
fn a_fleet_that_is_not_hot_is_never_asked() {
    assert_eq!(questions((200, 8), 1, 3000.0, says(4096, 2900, 50)), (vec![0], 0));
}
