//! Whose doing another size is.

use super::*;

const UNTIL: Duration = Duration::from_secs(600);

fn cpu(from: u32, to: u32) -> Move {
    Move::Cpu { from: from.try_into().unwrap(), to: to.try_into().unwrap() }
}

fn vmid() -> VmId {
    101.try_into().unwrap()
}

/// What is said when this is seen next.
fn said(world: &mut World, conf: &str) -> Reason {
    world.conf = conf.to_owned();
    world.see(Some(sample(world.now.0.as_secs() + 10, 50.0, 50.0))).cpu.reason
}

fn is_others(reason: &Reason) -> bool {
    matches!(reason, Reason::ChangedByOthers(_))
}

fn met() -> World {
    let mut world = World::new();
    world.see(Some(sample(10, 50.0, 50.0)));
    world
}

#[test]
fn what_we_changed_or_a_part_of_it_is_ours_and_nothing_else_is() {
    for (conf, others) in [
        (CONF.replace("vcpus: 4", "vcpus: 6"), false),
        (CONF.replace("vcpus: 4", "vcpus: 5"), false),
        (CONF.to_owned(), false),
        (CONF.replace("vcpus: 4", "vcpus: 7"), true),
        (CONF.replace("vcpus: 4", "vcpus: 3"), true),
        // Meanwhile, by somebody else.
        (CONF.replace("vcpus: 4", "vcpus: 6").replace("memory: 4096", "memory: 8192"), true),
        (CONF.replace("vcpus: 4", "vcpus: 6").replace("numa", "cpulimit: 2\nnuma"), true),
    ] {
        let mut world = met();
        world.planner.changed(vmid(), cpu(4, 6), true, world.now);
        assert_eq!(is_others(&said(&mut world, &conf)), others, "{conf}");
    }
    // It is ours once: who takes it back later is somebody else.
    let mut world = met();
    world.planner.changed(vmid(), cpu(4, 6), true, world.now);
    assert!(!is_others(&said(&mut world, &CONF.replace("vcpus: 4", "vcpus: 6"))));
    assert!(is_others(&said(&mut world, CONF)));
}

#[test]
fn what_may_still_come_is_ours_when_it_comes_and_not_later() {
    for (waits, others) in [(3, false), (70, true)] {
        let mut world = met();
        let until = world.now.after(UNTIL);
        world.planner.changed(vmid(), cpu(4, 6), true, world.now);
        world.planner.expect(vmid(), cpu(4, 6), until);
        for _ in 0..waits {
            assert!(!is_others(&said(&mut world, CONF)));
        }
        let reason = said(&mut world, &CONF.replace("vcpus: 4", "vcpus: 6"));
        assert_eq!(is_others(&reason), others, "{reason:?} after {waits} looks");
    }
}

/// What a planner gives away, and one that goes on with it.
fn restarted(world: &World, soon: bool) -> World {
    let mut after = World::new();
    after.now = world.now;
    let kept = world.planner.keep(vmid()).unwrap();
    after.planner.again(vmid(), &kept, after.now, soon);
    after
}

#[test]
fn a_rest_of_all_goes_on_over_a_restart() {
    let mut world = World::new();
    world.planner.started(world.now);
    world.see(Some(sample(10, 95.0, 50.0)));
    let mut after = restarted(&world, true);
    after.see(Some(sample(20, 95.0, 50.0)));
    let reason = after.see(Some(sample(30, 95.0, 50.0))).cpu.reason;
    assert!(matches!(reason, Reason::Started(_)), "{reason:?}");
}

#[test]
fn what_was_counted_goes_on_where_the_restart_was_short() {
    for (soon, shrinks) in [(true, true), (false, false)] {
        let mut world = met();
        world.idle(20, 1);
        let mut after = restarted(&world, soon);
        assert_eq!(after.idle(30, 1).cpu.reason, Reason::FirstAfterChange);
        assert_eq!(super::shrinks(&after.idle(40, 1)), shrinks, "soon: {soon}");
    }
}

/// Each time that they take back what we change, we leave the VM alone for twice as long.
#[test]
fn who_takes_our_changes_back_is_left_alone_for_longer() {
    let mut world = met();
    let mut holds = Vec::new();
    for _ in 0..3 {
        world.planner.changed(vmid(), cpu(4, 5), true, world.now);
        said(&mut world, &CONF.replace("vcpus: 4", "vcpus: 5"));
        let Reason::ChangedByOthers(hold) = said(&mut world, CONF) else { panic!("not seen") };
        holds.push(hold.as_secs());
    }
    assert_eq!(holds, [60, 120, 240]);
}
