//! Who comes when, and who has to rest.

use super::*;

/// Six VMs want to shrink and a busy one to grow, all at once and again and again: the busy one
/// comes first, and each of the others has its turn.
#[test]
fn nobody_waits_for_ever() {
    let node = NodeName::try_from("pve1").unwrap();
    let nodes = BTreeMap::from([(node.clone(), World::new().node)]);
    let config = VmConfig::parse(CONF).unwrap();
    let policy = VmPolicy { check_interval: Duration::from_secs(300), ..POLICY };
    let mut planner = Planner::new(CONFIG);
    let mut served = BTreeMap::<u32, u32>::new();
    let mut out = Vec::new();
    for cycle in 0..400_u64 {
        let now = Moment(Duration::from_secs(cycle * 10));
        let vm = |id: u32| VmInput {
            vmid: id.try_into().unwrap(),
            node: &node,
            running: Some(true),
            config: Some(&config),
            sample: Some(sample(cycle + 1, if id == 107 { 95.0 } else { 5.0 }, 50.0)),
            policy: &policy,
            in_flight: false,
            node_online: true,
            ha_move: None,
            doubt: None,
            pause: None,
            quarantine: [None, None],
        };
        let vms: Vec<VmInput<'_>> = (101..=107).map(vm).collect();
        planner.plan(now, &vms, &nodes, &mut out);
        for decision in out.iter().filter(|decision| decision.act().is_some()) {
            *served.entry(decision.vmid.get()).or_default() += 1;
            // Every change fails: the guests keep their vCPUs.
            planner.changed(decision.vmid, ours(Resource::Cpu), false, now);
        }
        let first = out.iter().position(|decision| decision.act().is_some());
        assert!(cycle > 0 || first == Some(6), "the busy one was not first");
    }
    assert_eq!(served.len(), 7, "{served:?}");
}

#[test]
fn what_keeps_failing_rests_longer_each_time() {
    let mut world = World::new();
    let vmid: VmId = 101u32.try_into().unwrap();
    let rest = |world: &mut World| {
        world.planner.changed(vmid, ours(Resource::Cpu), false, world.now);
        let begun = world.now;
        while world.see(Some(sample(world.now.0.as_secs(), 95.0, 50.0))).act().is_none() {}
        world.now.since(begun).as_secs()
    };
    let rests = [rest(&mut world), rest(&mut world), rest(&mut world)];
    assert_eq!(rests, [60, 120, 240]);
    world.planner.changed(vmid, ours(Resource::Cpu), true, world.now);
    world.see(Some(sample(world.now.0.as_secs() + 10, 50.0, 50.0)));
    assert_eq!(rest(&mut world), 60, "a success forgets the failures");
}

/// Neither the row of low samples, nor the cooldown, nor the failures are the new VM's.
#[test]
fn a_vm_that_was_forgotten_is_newly_met() {
    let vmid: VmId = 101u32.try_into().unwrap();
    let mut world = World::new();
    for _ in 0..4 {
        world.planner.changed(vmid, ours(Resource::Cpu), false, world.now);
    }
    assert_eq!(world.see(Some(sample(10, 50.0, 50.0))).cpu.reason, Reason::FirstAfterChange);
    assert!(matches!(world.see(Some(sample(20, 95.0, 50.0))).cpu.reason, Reason::Cooldown(_)));
    world.planner.forget(vmid);
    // It was perhaps started a moment ago: its first sample is not judged.
    assert_eq!(world.see(Some(sample(30, 95.0, 50.0))).cpu.reason, Reason::FirstAfterChange);
    assert!(world.see(Some(sample(40, 95.0, 50.0))).act().is_some());
    world.planner.changed(vmid, ours(Resource::Cpu), false, world.now);
    let begun = world.now;
    while world.see(Some(sample(world.now.0.as_secs(), 95.0, 50.0))).act().is_none() {}
    assert_eq!(world.now.since(begun).as_secs(), 60, "the old one's failures make it rest longer");

    let mut world = World::new();
    world.idle(10, 1);
    world.planner.forget(vmid);
    assert_eq!(world.idle(20, 1).cpu.reason, Reason::FirstAfterChange);
    let one_low = Reason::LowNotLong(crate::reason::Percent(5.0), 1, 2);
    assert_eq!(world.idle(30, 1).cpu.reason, one_low);
}

#[test]
fn a_vm_that_comes_back_has_not_forgotten_its_cooldown() {
    let mut world = World::new();
    world.see(Some(sample(10, 95.0, 50.0)));
    world.planner.changed(101u32.try_into().unwrap(), ours(Resource::Cpu), true, world.now);
    let mut out = Vec::new();
    for _ in 0..2 {
        world.now = world.now.after(Duration::from_secs(10));
        world.planner.plan(world.now, &[], &BTreeMap::new(), &mut out);
    }
    for ctime in [40, 50, 60] {
        assert_eq!(world.see(Some(sample(ctime, 95.0, 50.0))).act(), None, "at {ctime}");
    }
}

#[test]
fn a_sample_after_a_gap_says_nothing() {
    let mut world = World::new();
    world.policy.low_checks = 1;
    world.see(Some(sample(10, 50.0, 50.0)));
    world.now = world.now.after(Duration::from_secs(400));
    assert_eq!(world.see(Some(sample(20, 5.0, 50.0))).cpu.reason, Reason::FirstAfterChange);
}

#[test]
fn memory_granted_a_moment_ago_still_counts_also_after_a_restart() {
    for restarts in [false, true] {
        let mut world = World::new();
        let vmid = 101u32.try_into().unwrap();
        world.node.memory_used = Some(58_400.0);
        // 90 % of 65,536 are 58,982: there is room for one DIMM.
        assert!(world.see(Some(sample(10, 50.0, 95.0))).act().is_some());
        let (from, to) = (4096.try_into().unwrap(), 4608.try_into().unwrap());
        world.planner.changed(vmid, Move::Memory { from, to }, true, world.now);
        world.conf = CONF.replace("4096", "4608");
        let larger = |ctime| {
            let (memory, memory_used) = (Some(4608.0), Some(4400.0));
            Some(Sample { memory_used, memory, ..sample(ctime, 50.0, 50.0) })
        };
        if restarts {
            let kept = world.planner.keep(vmid).unwrap();
            world.planner = Planner::new(CONFIG);
            world.planner.again(vmid, &kept, world.now, true);
        }
        world.now = world.now.after(Duration::from_secs(60));
        world.see(larger(20));
        let decision = world.see(larger(30));
        assert!(matches!(decision.memory.reason, Reason::NodeFull(..)), "{:?}", decision.memory);
    }
}

/// What a change of ours wrote is read when that has ended, and what was forgotten with the next
/// look: only then something keeps the VM from being looked after.
#[test]
fn a_config_that_is_read_anew_is_no_obstacle_yet() {
    for (in_flight, kinds) in
        [(false, ["config-due", "config-unknown"]), (true, ["in-flight", "in-flight"])]
    {
        let mut world = World::new();
        world.see(Some(sample(2000, 50.0, 50.0)));
        for kind in kinds {
            world.now = world.now.after(Duration::from_secs(10));
            let reason = world.hand(|planner, now, vm| {
                let (mut out, vm) = (Vec::new(), VmInput { config: None, in_flight, ..vm });
                planner.plan(now, &[vm], &BTreeMap::new(), &mut out);
                out.remove(0).cpu.reason
            });
            let blocks = kind == "config-unknown";
            assert_eq!(
                (reason.kind(), reason.is_block(), reason.is_passing()),
                (kind, blocks, !blocks)
            );
        }
    }
}
