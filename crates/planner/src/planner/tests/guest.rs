//! Memory by the guest's own word.

use super::*;
use crate::{GuestAnswer, GuestSays, MemoryLaw, Needed, Past, PastBlock, PastUse};

mod fleet;
mod watched;

const LAW: MemoryLaw = MemoryLaw::BALANCED;

/// A VM of 4096 MiB (CONF) under the adaptive rule.
fn world() -> World {
    let mut world = World::new();
    world.policy.cpu = None;
    world.policy.memory = Some(MemoryRule::Adaptive(LAW));
    (world.policy.cooldown, world.policy.rest) = (Duration::ZERO, Duration::ZERO);
    world.policy.check_interval = Duration::ZERO;
    world
}

/// What a guest of so many MiB says that has so many available and so many free.
fn says(size: u32, available: u32, free: u32) -> GuestSays {
    GuestSays {
        total: size - 117,
        available,
        free: Some(free),
        swapped: Some(0),
        major_faults: Some(0),
        at: None,
    }
}

fn vmid() -> VmId {
    101u32.try_into().unwrap()
}

impl World {
    /// The size that it has from now on.
    fn has(&mut self, mib: u32) {
        self.conf = CONF.replace("memory: 4096", &format!("memory: {mib}"));
    }

    /// A cycle in which Proxmox sees so many MiB used of so many.
    fn uses(&mut self, used: f64, size: f64) -> Choice {
        let at = self.now.0.as_secs() + 10;
        let figures =
            Sample { memory_used: Some(used), memory: Some(size), ..sample(at, 5.0, 0.0) };
        self.see(Some(figures)).memory
    }

    fn is_asked(&self) -> bool {
        self.planner.questions() == [vmid()]
    }

    /// The guest answers, and what waited for that is decided.
    fn told(&mut self, answer: GuestAnswer) -> Choice {
        self.planner.told(vmid(), self.now, answer);
        self.again().memory
    }
}

fn text(choice: &Choice) -> String {
    match choice.verdict {
        Verdict::Hold => format!("hold: {}", choice.reason),
        Verdict::Recommend(step) => format!("would: {step}: {}", choice.reason),
        Verdict::Act(step) => format!("{step}: {}", choice.reason),
    }
}

/// What is page cache by the guest's word is none of what it needs after a restart, either; and a
/// restart of a restart forgets nothing more.
#[test]
fn a_restart_keeps_what_was_page_cache() {
    let mut world = world();
    world.uses(4000.0, 4096.0);
    world.told(GuestAnswer::Says(says(4096, 2900, 50)));
    for _ in 0..2 {
        let kept = world.planner.keep(vmid()).unwrap();
        world.planner = Planner::new(CONFIG);
        world.planner.again(vmid(), &kept, world.now, true);
        world.uses(3000.0, 4096.0);
        let held = world.uses(3000.0, 4096.0);
        // 1196 of 3929 MiB were needed: 2733 are page cache, of which 2688 are kept.
        assert_eq!(held.reason.to_string(), "7.6 % used");
    }
}

/// Nothing is taken so soon after growth, also not by one who was started anew since.
#[test]
fn a_restart_does_not_end_the_rest_after_growth() {
    for (grown, soon) in [(false, true), (true, false)] {
        let mut world = world();
        (0..200).for_each(|_| drop(world.uses(679.0, 4096.0)));
        let (from, to) = (3584.try_into().unwrap(), 4096.try_into().unwrap());
        if grown {
            world.planner.changed(vmid(), Move::Memory { from, to }, true, world.now);
        }
        let kept = world.planner.keep(vmid()).unwrap();
        world.planner = Planner::new(CONFIG);
        world.planner.again(vmid(), &kept, world.now, true);
        let mut past = Past::new(&world.policy).unwrap();
        let (end, seconds) = (world.now, 2000);
        let needed = Some(Needed { most: 679.0, jumps: 0.0 });
        let memory = Some(PastUse { samples: 200, mean: 679.0, most: 679.0, needed });
        past.see(&PastBlock { end, wall: 9000, seconds, cpu: None, memory });
        world.uses(679.0, 4096.0);
        world.planner.learn(vmid(), past, world.now, 9010);
        let asked = (0..20).any(|_| {
            world.uses(679.0, 4096.0);
            world.is_asked()
        });
        assert_eq!(asked, soon);
    }
}

#[test]
fn page_cache_is_asked_about_and_does_not_grow() {
    let mut world = world();
    let held = world.uses(4000.0, 4096.0);
    assert_eq!(text(&held), "hold: 97.7 % used with page cache: asks the guest");
    assert!(world.is_asked());
    world.told(GuestAnswer::Says(says(4096, 2900, 50)));
    let held = world.uses(4000.0, 4096.0);
    assert_eq!(text(&held), "hold: 30.9 % needed, 97.7 % used with page cache");
    assert!(!world.is_asked());
    // The law goes by what is needed, also between answers.
    let later = world.uses(3900.0, 4096.0);
    assert_eq!(text(&later), "hold: 28.5 % needed, 95.2 % used with page cache");
}

#[test]
fn real_need_grows_by_the_guests_figure() {
    let mut world = world();
    world.uses(4000.0, 4096.0);
    let grown = text(&world.told(GuestAnswer::Says(says(4096, 200, 50))));
    assert!(grown.starts_with("memory 4096 -> 6144 MiB: "), "{grown}");
    assert!(grown.ends_with("; the guest has 200 of 3979 MiB available"), "{grown}");
    // What was said is of before the change, and of another size.
    let (from, to) = (4096.try_into().unwrap(), 5120.try_into().unwrap());
    world.planner.changed(vmid(), Move::Memory { from, to }, true, world.now);
    world.has(5120);
    world.uses(5000.0, 5120.0);
    assert_eq!(world.uses(5000.0, 5120.0).reason.kind(), "asking-guest");
}

/// An answer that could not be used at once is good for the next cycle, whatever is measured then.
#[test]
fn an_answer_decides_without_a_new_sample_and_an_old_one_does_not() {
    for (wait, grows) in [(0, true), (10, false)] {
        let mut world = world();
        world.uses(4000.0, 4096.0);
        let answer = GuestAnswer::Says(says(4096, 200, 50));
        world.planner.told(vmid(), world.now, answer);
        world.now = world.now.after(Duration::from_secs(wait));
        let decision = world.see(world.sample);
        assert_eq!(decision.memory.act().is_some(), grows, "{}", text(&decision.memory));
    }
}

/// Its answer can be as new as it wants: what decides is what is plugged now, and used.
#[test]
fn an_answer_that_cannot_be_is_none() {
    let old = GuestSays { at: Some(1), ..says(4096, 200, 50) };
    let more = GuestSays { total: 4097, ..says(4096, 200, 50) };
    let all = GuestSays { available: 3980, ..says(4096, 200, 50) };
    let says = [old, more, all].map(GuestAnswer::Says);
    for answer in says.into_iter().chain([GuestAnswer::Silent]) {
        let mut world = world();
        world.uses(3800.0, 4096.0);
        world.told(answer);
        let held = world.uses(3800.0, 4096.0);
        assert_eq!(
            text(&held),
            "hold: 92.8 % used, page cache counted: the guest does not say",
            "{answer:?}"
        );
    }
}

#[test]
fn a_guest_that_uses_only_a_part_is_left_alone() {
    let mut world = world();
    world.uses(4000.0, 4096.0);
    world.told(GuestAnswer::Says(GuestSays { total: 907, ..says(4096, 20, 10) }));
    let held = world.uses(4000.0, 4096.0);
    assert!(!world.is_asked() && held.act().is_none(), "{}", text(&held));
}

/// Urgent growth is not refused because nobody can be asked, and is small; nothing is taken.
#[test]
fn without_an_answer_it_grows_little_and_never_shrinks() {
    type Make<'a> = &'a dyn Fn(&mut World);
    let silent = |world: &mut World| drop(world.told(GuestAnswer::Silent));
    let no_device = |world: &mut World| {
        world.conf = format!("{}balloon: 0\n", world.conf.replace("balloon: 0\n", ""));
    };
    let silent: Make<'_> = &silent;
    let of = [
        (silent, "page cache counted: the guest does not say", "guest-silent"),
        (&no_device, "page cache counted: no balloon device to ask", "memory-use-unknown"),
    ];
    for (make, why, why_not) in of {
        let mut world = world();
        world.policy.memory_mib.1 = 65_536;
        make(&mut world);
        world.uses(3950.0, 4096.0);
        make(&mut world);
        let grown = world.uses(3950.0, 4096.0);
        let grown = text(&grown);
        assert!(grown.starts_with("memory 4096 -> 4608 MiB: "), "{grown}");
        assert!(grown.ends_with(&format!("; {why}")), "{grown}");
        let (from, to) = (4096.try_into().unwrap(), 4608.try_into().unwrap());
        world.planner.changed(vmid(), Move::Memory { from, to }, true, world.now);
        world.conf = world.conf.replace("memory: 4096", "memory: 4608");
        let begun = world.now;
        while world.uses(4500.0, 4608.0).act().is_none() {
            make(&mut world);
        }
        assert_eq!(world.now.since(begun).as_secs(), 600);
        // Hours of nearly nothing: it is seen that less would do, and nothing is taken.
        let mut kind = "";
        for _ in 0..1440 {
            let choice = world.uses(300.0, 4608.0);
            assert_eq!(choice.act(), None);
            kind = choice.reason.kind();
            make(&mut world);
        }
        assert_eq!(kind, why_not);
    }
}

#[test]
fn what_cannot_be_asked_for_long_is_decided_without() {
    let mut world = world();
    let asked = (0..4).map(|_| world.uses(4000.0, 4096.0)).collect::<Vec<_>>();
    let kinds = asked.iter().map(|choice| choice.reason.kind()).collect::<Vec<_>>();
    assert_eq!(kinds, ["asking-guest"; 4]);
    assert!(world.uses(4000.0, 4096.0).act().is_some() && world.is_asked());
}

/// In `recommend` mode nothing is about to change, and the guest is not asked for every cycle of it.
#[test]
fn a_recommendation_rests_on_an_older_answer() {
    let mut world = world();
    world.policy.allow = Allow::Nothing;
    let mut asked = 0;
    for _ in 0..360 {
        let choice = world.uses(4000.0, 4096.0);
        if world.is_asked() {
            asked += 1;
            world.told(GuestAnswer::Says(says(4096, 200, 50)));
        } else {
            assert!(text(&choice).starts_with("would: memory 4096 -> 6144"), "{}", text(&choice));
        }
    }
    // After 1, 2, 4, 8, 16 and 32 minutes, though it needs nearly all it has.
    assert_eq!(asked, 6);
}
