//! Every VM has its own intervals, and new ones hold from the next cycle on.

use vm_autoscale_proxmox::Vcpus;

use super::*;

/// Two VMs with policies of their own, cycle by cycle; how many seconds each waits to act.
fn first_acts(planner: &mut Planner, policies: &[VmPolicy; 2], from: u64) -> [Option<u64>; 2] {
    let node = NodeName::try_from("pve1").unwrap();
    let config = VmConfig::parse(CONF).unwrap();
    let nodes = BTreeMap::from([(node.clone(), World::new().node)]);
    let (mut acts, mut out) = ([None; 2], Vec::new());
    for second in (from..from + 1000).step_by(10) {
        let vm = |(id, policy)| VmInput {
            vmid: VmId::try_from(id).unwrap(),
            node: &node,
            running: Some(true),
            config: Some(&config),
            sample: Some(sample(second, 5.0, 50.0)),
            policy,
            in_flight: false,
            node_online: true,
            ha_move: None,
            doubt: None,
            pause: None,
            quarantine: [None, None],
        };
        let vms: Vec<_> = (101u32..).zip(policies).map(vm).collect();
        planner.plan(Moment(Duration::from_secs(second)), &vms, &nodes, &mut out);
        for (act, decision) in acts.iter_mut().zip(&out) {
            *act = act.or_else(|| decision.act().map(|_| second - from));
        }
    }
    acts
}

fn seconds(cooldown: u64, check_interval: u64, low_checks: u32) -> VmPolicy {
    let [cooldown, check_interval] = [cooldown, check_interval].map(Duration::from_secs);
    VmPolicy { check_interval, cooldown, rest: cooldown, low_checks, ..POLICY }
}

#[test]
fn each_vm_is_held_after_a_start_for_its_own_cooldown() {
    let mut planner = Planner::new(CONFIG);
    planner.started(Moment(Duration::from_secs(1000)));
    let acts = first_acts(&mut planner, &[seconds(60, 10, 1), seconds(300, 10, 1)], 1000);
    assert_eq!(acts, [Some(60), Some(300)]);
}

#[test]
fn each_vm_has_its_own_checks_and_its_own_patience() {
    let mut planner = Planner::new(CONFIG);
    let acts = first_acts(&mut planner, &[seconds(60, 10, 5), seconds(60, 100, 3)], 1000);
    assert_eq!(acts, [Some(40), Some(200)]);
}

#[test]
fn each_vm_rests_for_its_own_cooldown_after_a_change() {
    let mut planner = Planner::new(CONFIG);
    let policies = [seconds(60, 10, 1), seconds(300, 10, 1)];
    first_acts(&mut planner, &policies, 1000);
    for id in [101u32, 102] {
        let now = Moment(Duration::from_secs(2000));
        planner.changed(id.try_into().unwrap(), ours(Resource::Cpu), true, now);
    }
    assert_eq!(first_acts(&mut planner, &policies, 2000), [Some(60), Some(300)]);
}

/// What is kept is when something happened, so that a config that is read anew decides how long
/// it counts, also for rests that have begun.
#[test]
fn new_intervals_hold_for_what_has_begun() {
    for (cooldown, check_interval) in [(20, 10), (600, 10)] {
        let mut world = World::new();
        world.see(Some(sample(10, 50.0, 50.0)));
        let vmid = 101u32.try_into().unwrap();
        world.planner.changed(vmid, ours(Resource::Cpu), true, world.now);
        let begun = world.now;
        world.see(Some(sample(20, 50.0, 50.0)));
        world.policy = seconds(cooldown, check_interval, 1);
        while world.see(Some(sample(world.now.0.as_secs(), 95.0, 50.0))).act().is_none() {}
        assert_eq!(world.now.since(begun).as_secs(), cooldown);
    }
    let mut world = World::new();
    world.policy = seconds(60, 3600, 1);
    world.see(Some(sample(10, 50.0, 50.0)));
    let reason = world.see(Some(sample(20, 95.0, 50.0))).cpu.reason;
    assert!(matches!(reason, Reason::BetweenChecks(_)), "{reason:?}");
    world.policy.check_interval = Duration::from_secs(10);
    assert!(world.see(Some(sample(30, 95.0, 50.0))).act().is_some());
}

#[test]
fn a_vm_out_of_sight_is_remembered_for_its_own_longest_rest_and_no_longer() {
    let mut planner = Planner::new(CONFIG);
    first_acts(&mut planner, &[seconds(10, 10, 1), seconds(60, 10, 1)], 0);
    let mut kept = |second| {
        let now = Moment(Duration::from_secs(second));
        planner.plan(now, &[], &BTreeMap::new(), &mut Vec::new());
        planner.vms.len()
    };
    // The last cycle was at 990 s.
    assert_eq!(
        [990 + 320, 990 + 321, 990 + 32 * 60, 990 + 32 * 60 + 1].map(&mut kept),
        [2, 1, 1, 0]
    );
}

/// A replay knows that a change was over where a sample ended; nobody knows that of a node.
#[test]
fn the_sample_after_a_change_is_believed_where_it_began_with_it() {
    let after = |landed: bool| {
        let mut world = World { policy: seconds(10, 10, 1), ..World::new() };
        let step = world.see(Some(sample(1010, 96.0, 50.0))).cpu.act().unwrap();
        let (vmid, now) = (VmId::try_from(101u32).unwrap(), world.now);
        if landed {
            world.planner.landed(vmid, step, true, now);
        } else {
            world.planner.changed(vmid, step, true, now);
        }
        world.conf = CONF.replace("vcpus: 4", "vcpus: 5");
        let full = Sample { cores_used: Some(4.9), vcpus: Some(5.0), ..sample(1020, 0.0, 50.0) };
        world.see(Some(full)).cpu
    };
    let five = Vcpus::try_from(5).unwrap();
    assert!(matches!(after(true).act(), Some(Move::Cpu { from, .. }) if from == five));
    assert_eq!(after(false), Choice::hold(Reason::FirstAfterChange));
}
