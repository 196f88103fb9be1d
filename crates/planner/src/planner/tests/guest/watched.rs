//! After memory was taken.

use std::collections::BTreeSet;

use super::*;

/// One DIMM less than 4096 MiB, and as few as may be.
const AFTER: u32 = 3584;

/// Less memory is needed for hours: the shrink that comes of it, decided on what the guest says.
fn shrunk() -> World {
    let mut world = world();
    world.policy.memory_mib.0 = AFTER;
    let begun = world.now;
    let step = loop {
        let mut choice = world.uses(679.0, 4096.0);
        if world.is_asked() {
            choice = world.told(GuestAnswer::Says(says(4096, 3300, 3300)));
        }
        if let Some(step) = choice.act() {
            assert!(text(&choice).ends_with("; the guest has 3300 of 3979 MiB available"));
            break step;
        }
    };
    assert!(world.now.since(begun) >= Duration::from_secs(LAW.windows.shortest.into()));
    assert_eq!(step.to_string(), "memory 4096 -> 3584 MiB");
    world.planner.changed(vmid(), step, true, world.now);
    world.has(AFTER);
    world
}

/// So many seconds of cycles.
fn later(world: &mut World, seconds: u64) {
    for _ in 0..seconds / 10 {
        world.uses(679.0, AFTER.into());
    }
}

fn fine() -> GuestSays {
    says(AFTER, 2788, 2788)
}

#[test]
fn it_is_asked_five_times_and_left_at_that() {
    let mut world = shrunk();
    let (begun, mut times) = (world.now, Vec::new());
    for _ in 0..120 {
        world.uses(679.0, AFTER.into());
        if world.is_asked() {
            times.push(world.now.since(begun).as_secs());
            world.told(GuestAnswer::Says(fine()));
        }
    }
    assert_eq!(times, [30, 60, 120, 300, 600]);
}

#[test]
fn what_the_guest_cannot_do_without_is_given_back_at_once_and_remembered() {
    let swaps = GuestSays { swapped: Some(40 << 20), ..fine() };
    let faults = GuestSays { major_faults: Some(4000), ..fine() };
    let short = GuestSays { available: 100, ..fine() };
    for (says, why) in [
        (swaps, "it swaps 682 KiB a second"),
        (faults, "it waits for the disk 66 times a second"),
        (short, "100 MiB available, less than 179"),
    ] {
        let mut world = shrunk();
        // Neither a cooldown nor a rest is in the way of it.
        (world.policy.cooldown, world.policy.rest) = (POLICY.cooldown, Duration::from_secs(600));
        later(&mut world, 60);
        let undone = text(&world.told(GuestAnswer::Says(says)));
        let told = format!("60 s after memory was taken: {why}; it is given back");
        assert_eq!(undone, format!("memory 3584 -> 4096 MiB: {told}"));
        not_for_a_day(world);
    }
}

/// Nothing is taken for a day, however little is used; then it is again.
fn not_for_a_day(mut world: World) {
    let (from, to) = (AFTER.try_into().unwrap(), 4096.try_into().unwrap());
    world.planner.changed(vmid(), Move::Memory { from, to }, true, world.now);
    world.has(4096);
    (world.policy.cooldown, world.policy.rest) = (Duration::ZERO, Duration::ZERO);
    // Also not by a planner that was started anew.
    let kept = world.planner.keep(vmid()).unwrap();
    world.planner = Planner::new(CONFIG);
    world.planner.again(vmid(), &kept, world.now, true);
    let (begun, mut kinds) = (world.now, BTreeSet::new());
    while world.now.since(begun) < Duration::from_secs(26 * 3600) {
        let mut choice = world.uses(679.0, 4096.0);
        if world.is_asked() {
            choice = world.told(GuestAnswer::Says(says(4096, 3300, 3300)));
        }
        kinds.insert(choice.reason.kind());
        if choice.act().is_some() {
            break;
        }
    }
    let hours = world.now.since(begun).as_secs_f64() / 3600.0;
    assert!((23.9..24.1).contains(&hours) && kinds.contains("regretted"), "{hours} {kinds:?}");
}

/// A guest that says nothing after a shrink is given nothing back for that, and it is said.
#[test]
fn silence_undoes_nothing_and_is_told() {
    let mut world = shrunk();
    for _ in 0..70 {
        assert_eq!(world.uses(679.0, AFTER.into()).act(), None);
        if world.is_asked() {
            world.told(GuestAnswer::Silent);
        }
    }
    world.uses(3500.0, AFTER.into());
    world.told(GuestAnswer::Silent);
    let grown = text(&world.uses(3500.0, AFTER.into()));
    assert!(grown.starts_with("memory 3584 -> 4096 MiB"), "{grown}");
    assert!(grown.ends_with("the guest does not say, nor did it after the last shrink"), "{grown}");
}

/// What Proxmox sees can be less than what the guest needs: its own word decides.
#[test]
fn a_shrink_that_leaves_too_little_is_not_made() {
    for (available, held) in [(656, None), (636, Some("would-be-short"))] {
        let mut world = world();
        world.has(1536);
        // Of its own this law would leave nothing free.
        let law = MemoryLaw { target: 1.0, free_mib: 0.0, ..LAW };
        world.policy.memory = Some(MemoryRule::Adaptive(law));
        let mut kinds = BTreeSet::new();
        let acts = (0..1000).any(|_| {
            let mut choice = world.uses(679.0, 1536.0);
            if world.is_asked() {
                choice = world.told(GuestAnswer::Says(says(1536, available, 740)));
            }
            kinds.insert(choice.reason.kind());
            choice.act().is_some()
        });
        assert_eq!(acts, held.is_none(), "{kinds:?}");
        assert!(held.is_none_or(|kind| kinds.contains(kind)), "{kinds:?}");
    }
}

/// A watch goes on after a restart.
#[test]
fn a_restart_does_not_end_the_watch() {
    let mut world = shrunk();
    later(&mut world, 20);
    let kept = world.planner.keep(vmid()).unwrap();
    world.planner = Planner::new(CONFIG);
    world.planner.again(vmid(), &kept, world.now, true);
    later(&mut world, 20);
    assert!(world.is_asked());
    let undone = world.told(GuestAnswer::Says(GuestSays { available: 100, ..fine() }));
    assert_eq!(undone.reason.kind(), "undo");
}

/// What is to be given back, and was not before the restart, is asked about anew and given back.
#[test]
fn a_restart_does_not_end_what_is_to_be_given_back() {
    let mut world = shrunk();
    later(&mut world, 30);
    assert!(world.is_asked());
    let short = GuestSays { available: 100, ..fine() };
    let undone = world.told(GuestAnswer::Says(short));
    assert_eq!(undone.reason.kind(), "undo");
    let kept = world.planner.keep(vmid()).unwrap();
    world.planner = Planner::new(CONFIG);
    world.planner.again(vmid(), &kept, world.now, true);
    later(&mut world, 30);
    assert!(world.is_asked());
    let undone = world.told(GuestAnswer::Says(short));
    assert_eq!(undone.reason.kind(), "undo");
}

/// What was taken step by step is given back as a whole, also while nothing is measured.
#[test]
fn several_steps_are_one_shrink() {
    let mut world = shrunk();
    let (from, to) = (AFTER.try_into().unwrap(), 3072.try_into().unwrap());
    world.planner.changed(vmid(), Move::Memory { from, to }, true, world.now);
    world.has(3072);
    (0..6).for_each(|_| drop(world.uses(679.0, 3072.0)));
    let short = GuestSays { available: 100, ..says(3072, 0, 0) };
    world.planner.told(vmid(), world.now, GuestAnswer::Says(short));
    let undone = world.see(None).memory.act().unwrap();
    assert_eq!(undone.to_string(), "memory 3072 -> 4096 MiB");
}

/// What is taken by marks alone is watched, too, and not taken again; of a guest that says nothing
/// no more becomes than before.
#[test]
fn what_marks_took_is_watched_too() {
    let swaps = GuestSays { swapped: Some(40 << 20), ..fine() };
    for (later, back) in [(Some(swaps), true), (Some(fine()), false), (None, false)] {
        let mut world = world();
        world.policy.memory = POLICY.memory;
        world.policy.memory_mib.0 = AFTER;
        let step = (0..2).filter_map(|_| {
            let choice = world.uses(679.0, 4096.0);
            assert!(!world.is_asked(), "before a shrink nobody is asked");
            choice.act()
        });
        let step = step.last().unwrap();
        world.planner.changed(vmid(), step, true, world.now);
        world.has(AFTER);
        let (begun, mut asked) = (world.now, Vec::new());
        let undone = (0..70).find_map(|_| {
            let mut choice = world.uses(679.0, AFTER.into());
            if world.is_asked() {
                asked.push(world.now.since(begun).as_secs());
                let says = if asked.len() > 1 { later } else { later.map(|_| fine()) };
                choice = world.told(says.map_or(GuestAnswer::Silent, GuestAnswer::Says));
            }
            choice.act()
        });
        assert_eq!(undone.is_some(), back, "{later:?}");
        if let Some(undone) = undone {
            assert_eq!(
                (undone.to_string().as_str(), asked.as_slice()),
                ("memory 3584 -> 4096 MiB", &[10, 30][..])
            );
            not_for_a_day(world);
        } else {
            assert_eq!(asked, [10, 30, 60, 120, 300, 600]);
        }
    }
}

/// What the guest says is no reason to judge the same figures by marks once more.
#[test]
fn marks_judge_no_figures_twice() {
    let mut world = world();
    world.policy.memory = POLICY.memory;
    world.policy.memory_mib.0 = 1024;
    let step = (0..2).filter_map(|_| world.uses(679.0, 4096.0).act()).last().unwrap();
    world.planner.changed(vmid(), step, true, world.now);
    world.has(AFTER);
    world.uses(679.0, AFTER.into());
    assert!(world.is_asked());
    for _ in 0..3 {
        let choice = world.told(GuestAnswer::Says(fine()));
        assert_eq!(text(&choice), format!("hold: {}", Reason::Repeated));
    }
}
