//! Administrators' orders, look by look.

use super::*;
use crate::errand::{ErrandEnd, ErrandKind, ErrandStatus, GoalEnd};
use crate::journal::Moved;
use crate::view::KnownVm;
use crate::worker::memory::{Heard, Next};

fn cpu(from: u32, to: u32) -> Move {
    Move::Cpu { from: from.try_into().unwrap(), to: to.try_into().unwrap() }
}

fn conf(vcpus: u32) -> String {
    format!("vmgenid: a\nvcpus: {vcpus}\n")
}

fn moved(first: Move, last: Move) -> Moved {
    let (cluster, node) = ("home".try_into().unwrap(), "pve1".try_into().unwrap());
    let identity = Some(Identity::Generation("a".to_owned()));
    Moved { cluster, node, vmid: vmid(), identity, first, last, at: 0 }
}

fn planned(world: &World, moved: &[Moved]) -> ErrandStatus {
    let cluster = "home".try_into().unwrap();
    let plan = world.memory.plan_errand((&cluster, vmid()), ErrandKind::Restore, moved, (7, 0));
    plan.unwrap()
}

/// From 8 vCPUs, which we gave it, back to 2.
fn ordered() -> World {
    let mut world = World::new(&conf(8));
    world.memory.recalled = true;
    let plan = planned(&world, &[moved(cpu(2, 5), cpu(5, 8))]);
    assert_eq!((plan.obstacles.as_slice(), plan.goals[0].way), (&[][..], cpu(8, 2)));
    world.memory.begin_errand(world.now, plan).unwrap();
    world
}

fn next(world: &mut World) -> Next {
    world.memory.errand_next(world.now, vmid())
}

/// The next step, and that it ended so; the VM has `vcpus` then.
fn steps(world: &mut World, step: Move, outcome: Outcome, vcpus: u32) {
    match next(world) {
        Next::Step(is) => assert_eq!(is, step),
        Next::Wait => panic!("waits: {:?}", world.memory.errand(vmid()).unwrap().waits),
        Next::End(end) => panic!("{end:?}"),
    }
    world.memory.errand_steps(world.now, vmid()).unwrap();
    let intent = Intent { step, ..world.start() };
    assert!(matches!(next(world), Next::Wait), "one at a time");
    let settled = Settled { outcome, reverted: false, duty: false };
    world.memory.errand_stepped(world.now, &intent, &settled, Heard::default());
    world.memory.ended(world.now, 0, &intent, (None, &settled));
    assert!(!matches!(next(world), Next::Step(_)), "its config is read first");
    world.see(&conf(vcpus));
}

fn end(world: &mut World) -> ErrandEnd {
    match next(world) {
        Next::End(end) => end,
        Next::Step(step) => panic!("{step}"),
        Next::Wait => panic!("waits: {:?}", world.memory.errand(vmid()).unwrap().waits),
    }
}

fn stopped(world: &mut World) -> String {
    match end(world) {
        ErrandEnd::Stopped { why } => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_order_goes_to_its_end_in_small_steps_and_the_planner_has_the_vm_back() {
    let mut world = ordered();
    world.see(&conf(8));
    let reason = |world: &World| world.memory.decisions[0].cpu.reason.clone();
    assert_eq!(reason(&world), Reason::Ordered("restore ordered by uid 7".to_owned()));
    steps(&mut world, cpu(8, 5), Outcome::Applied, 5);
    steps(&mut world, cpu(5, 2), Outcome::Applied, 2);
    assert_eq!(end(&mut world), ErrandEnd::Done);
    let ended = world.memory.end_errand(vmid(), ErrandEnd::Done, Some(3)).unwrap();
    assert_eq!((ended.steps.len(), ended.goals[0].end), (2, Some(GoalEnd::Reached)));
    assert_eq!((ended.pause, ended.end), (Some(3), Some(ErrandEnd::Done)));
    world.see(&conf(2));
    assert!(!matches!(reason(&world), Reason::Ordered(_)));
    assert!(world.memory.errands_at_work().is_empty());
}

fn vm(world: &mut World) -> &mut KnownVm {
    world.memory.view.vms.get_mut(&vmid()).unwrap()
}

#[test]
fn what_holds_up_every_change_ends_an_order() {
    for (conf, why) in [
        ("vmgenid: a\nvcpus: 8\nlock: backup\n", "locked (backup)"),
        ("vmgenid: a\nvcpus: 8\n[PENDING]\ncores: 4\n", "changes of others are pending: cores"),
        ("vmgenid: b\nvcpus: 8\n", "another one"),
        ("vmgenid: a\nvcpus: 8\ntemplate: 1\n", "a template"),
        ("vmgenid: a\nvcpus: 8\ntags: autoscale-off\n", "not looked after any more"),
    ] {
        let mut world = ordered();
        world.see(conf);
        assert!(stopped(&mut world).contains(why), "{why}");
    }
    let of = |change: fn(&mut World)| {
        let mut world = ordered();
        change(&mut world);
        stopped(&mut world)
    };
    assert_eq!(of(|world| vm(world).pause = Some("word".into())), "paused: word");
    assert_eq!(
        of(|world| vm(world).ha_move = Some("word".into())),
        "the HA manager is busy with it (word)"
    );
    assert_eq!(of(|world| vm(world).quarantine = [None, Some("word".into())]), "quarantined: word");
    let paused = of(|world| world.memory.view.pause = Some("word".into()));
    assert_eq!(paused, "paused by /etc/pve/vm-autoscale.pause: word");
}

/// Whoever sets another size while an order goes on has the last word.
#[test]
fn what_somebody_else_sets_meanwhile_ends_an_order() {
    for vcpus in [1, 3] {
        let mut world = ordered();
        world.see(&conf(8));
        steps(&mut world, cpu(8, 5), Outcome::Applied, vcpus);
        let why = stopped(&mut world);
        assert_eq!(why, "somebody else changed its size meanwhile", "{vcpus}");
    }
}

/// A node that is not seen for a while ends nothing before its time.
#[test]
fn what_passes_is_waited_for_and_not_for_ever() {
    let mut world = ordered();
    world.memory.problem = Some("no answer".to_owned());
    assert!(matches!(next(&mut world), Next::Wait));
    assert_eq!(world.memory.errand(vmid()).unwrap().waits.as_deref(), Some("no answer"));
    world.now = world.now.after(Duration::from_secs(300));
    assert_eq!(stopped(&mut world), "waited too long: no answer");
}

#[test]
fn a_step_that_a_rule_forbids_becomes_smaller_and_what_a_guest_keeps_is_given_up() {
    let mut world = ordered();
    let refused = || Outcome::Refused("helper.yaml:9: at most 1 (`max_vcpus_step`)".to_owned());
    steps(&mut world, cpu(8, 5), refused(), 8);
    steps(&mut world, cpu(8, 7), Outcome::Applied, 7);
    steps(&mut world, cpu(7, 6), refused(), 7);
    assert!(stopped(&mut world).contains("max_vcpus_step"), "no step is smaller");

    let mut world = ordered();
    for _ in 0..3 {
        steps(&mut world, cpu(8, 5), Outcome::Failed(Failure::CpuUnplug), 8);
    }
    let why = stopped(&mut world);
    assert!(why.starts_with("vcpus 8 -> 2: ") && why.contains("did not release"), "{why}");
    assert_eq!(world.memory.errand(vmid()).unwrap().steps.len(), 3);

    let mut world = ordered();
    steps(&mut world, cpu(8, 5), Outcome::Failed(Failure::Unseen), 8);
    assert_eq!(stopped(&mut world), "failed: how it ended was not seen");

    let mut world = ordered();
    steps(&mut world, cpu(8, 5), Outcome::NotHotPluggable, 8);
    assert!(stopped(&mut world).contains("not hot-pluggable"));
}

#[test]
fn an_order_is_taken_back() {
    let mut world = ordered();
    assert!(world.memory.cancel_errand(102.try_into().unwrap(), 9).is_none());
    assert_eq!(world.memory.cancel_errand(vmid(), 9).unwrap().end, None);
    assert_eq!(end(&mut world), ErrandEnd::Cancelled { uid: 9 });
}

#[test]
fn what_is_not_ours_to_restore_is_not_begun() {
    let mut world = World::new(&conf(8));
    world.memory.recalled = true;
    let goals = |moved: Moved| planned(&world, &[moved]).goals;
    assert_eq!(goals(moved(cpu(8, 4), cpu(4, 8))), [], "it is there");
    let theirs = goals(moved(cpu(2, 4), cpu(4, 6)));
    assert_eq!(theirs[0].end, Some(GoalEnd::Skipped), "somebody else set 8");
    let other = Moved {
        identity: Some(Identity::Generation("b".to_owned())),
        ..moved(cpu(2, 5), cpu(5, 8))
    };
    assert_eq!(goals(other), [], "another VM had the number");
    // Two orders for one VM, and one for a VM that is paused.
    let plan = planned(&world, &[moved(cpu(2, 5), cpu(5, 8))]);
    world.memory.begin_errand(world.now, plan).unwrap();
    let plan = planned(&world, &[moved(cpu(2, 5), cpu(5, 8))]);
    let again = world.memory.begin_errand(world.now, plan).unwrap_err();
    assert!(again.contains("restore ordered by uid 7 is under way"), "{again}");
}
