//! How often guests are asked.

use std::collections::BTreeSet;

use super::*;

/// So many VMs on so many nodes, each with that use by Proxmox's figure and that answer: who is
/// asked, cycle by cycle.
fn questions(
    (vms, nodes): (u32, u32),
    (hours, allow): (u64, Allow),
    used: f64,
    answer: GuestSays,
) -> Vec<Vec<VmId>> {
    let name = |index: u32| NodeName::try_from(format!("pve{}", index % nodes).as_str()).unwrap();
    let names: Vec<NodeName> = (0..vms).map(name).collect();
    let config = VmConfig::parse(CONF).unwrap();
    // What is needed less is not taken.
    let policy = VmPolicy { memory_shrink: false, allow, ..world().policy };
    let inputs = (0..nodes).map(|index| (name(index), World::new().node)).collect();
    let mut planner = Planner::new(CONFIG);
    let (mut cycles, mut out) = (Vec::new(), Vec::new());
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
        for vmid in &asked {
            planner.told(*vmid, now, GuestAnswer::Says(answer));
        }
        cycles.push(asked);
    }
    cycles
}

/// The questions of each hour, and the most in one cycle on one of so many nodes.
fn counted(cycles: &[Vec<VmId>], nodes: u32) -> (Vec<usize>, usize) {
    let on =
        |asked: &[VmId], node| asked.iter().filter(|id| (id.get() - 101) % nodes == node).count();
    let most = cycles.iter().flat_map(|asked| (0..nodes).map(|node| on(asked, node))).max();
    (cycles.chunks(360).map(|hour| hour.iter().map(Vec::len).sum()).collect(), most.unwrap())
}

/// A VM whose page cache fills its memory looks hot in every cycle.
#[test]
fn a_fleet_full_of_page_cache_is_asked_seldom() {
    let full = |allow| counted(&questions((200, 4), (3, allow), 4000.0, says(4096, 2900, 50)), 4);
    // After 1, 2, 4, 8 and then 15 minutes each; from the second hour on four times an hour. 1,000
    // VMs are 4,000 questions an hour.
    assert_eq!(full(Allow::Everything), (vec![1400, 800, 800], 2));
    // Where nothing would be done, the wait is doubled up to an hour.
    assert_eq!(full(Allow::Nothing), (vec![1200, 200, 200], 2));
}

/// One command a cluster a cycle while nothing changes.
#[test]
fn a_fleet_that_is_not_hot_is_never_asked() {
    let hour = (1, Allow::Everything);
    let asked = questions((200, 8), hour, 3000.0, says(4096, 2900, 50));
    assert_eq!(counted(&asked, 8), (vec![0], 0));
}

/// No more are named than are asked: who waits for its turn is not taken for one that does not
/// answer. And nobody is asked twice before everyone was asked once.
#[test]
fn a_fleet_too_large_to_be_asked_at_once_takes_turns() {
    let hour = (1, Allow::Everything);
    let cycles = questions((400, 32), hour, 4000.0, says(4096, 2900, 50));
    assert!(cycles.iter().all(|asked| asked.len() <= QUESTIONS));
    let first: BTreeSet<VmId> = cycles.iter().take(400 / QUESTIONS).flatten().copied().collect();
    assert_eq!(first.len(), 400);
}
