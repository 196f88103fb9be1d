//! What whoever asks is told of a VM's wishes.

use super::*;
use crate::{Asked, Waits};

impl World {
    fn asked(&mut self, resource: Resource) -> Asked {
        self.hand(|planner, now, vm| planner.asked(now, &vm, resource)).unwrap()
    }

    fn waits(&mut self) -> Waits {
        self.hand(|planner, now, vm| planner.waits(now, &vm))
    }
}

/// As people read it.
fn told(asked: &Asked) -> String {
    let of = |reason: &Option<Reason>| reason.as_ref().map(|why| format!("; {why}"));
    let wish = match &asked.wish {
        Ok((step, why)) => format!("{step} ({why})"),
        Err(why) => why.to_string(),
    };
    [Some(wish), of(&asked.rests), of(&asked.node)].into_iter().flatten().collect()
}

#[test]
fn a_wish_is_told_also_while_it_rests_or_finds_no_room() {
    let mut world = World::new();
    world.see(Some(sample(10, 50.0, 50.0)));
    let vmid = 101u32.try_into().unwrap();
    world.planner.changed(vmid, ours(Resource::Cpu), true, world.now);
    world.see(Some(sample(20, 95.0, 50.0)));
    let decision = world.see(Some(sample(30, 95.0, 50.0)));
    assert_eq!(decision.cpu.reason.to_string(), "cooldown, 40 s left");
    let rests = "vcpus 4 -> 5 (95.0 % used, above 80.0 %); cooldown, 40 s left";
    assert_eq!(told(&world.asked(Resource::Cpu)), rests);
    world.node.cpus = Some(1.0);
    world.see(Some(sample(40, 95.0, 50.0)));
    let full = "cooldown, 30 s left; wants 1 vCPUs more, node has 0 of 4 free";
    assert!(told(&world.asked(Resource::Cpu)).ends_with(full));
    let range = world.asked(Resource::Memory).range.unwrap();
    assert_eq!((range.min, range.max, range.max_by), (1024, 16_384, "max_ram_mb"));
}

/// Nothing is counted by asking, and what was judged is told as it was judged.
#[test]
fn asking_changes_nothing() {
    let mut world = World::new();
    assert_eq!(world.hand(|planner, now, vm| planner.asked(now, &vm, Resource::Cpu)), None);
    world.policy.check_interval = Duration::from_secs(60);
    let first = world.see(Some(sample(10, 5.0, 50.0)));
    assert_eq!(first.cpu.reason.to_string(), "5.0 % used, low 1 of 2 times");
    for _ in 0..5 {
        assert_eq!(told(&world.asked(Resource::Cpu)), "5.0 % used, low 1 of 2 times");
    }
    let waits = world.see(Some(sample(20, 5.0, 50.0)));
    assert_eq!(waits.cpu.reason.to_string(), "next check in 50 s");
    assert_eq!(world.waits().check, Some(Duration::from_secs(50)));
    assert_eq!(told(&world.asked(Resource::Cpu)), "5.0 % used, low 1 of 2 times");
}

#[test]
fn what_is_left_to_somebody_else_is_told_with_its_end() {
    let mut world = World::new();
    world.see(Some(sample(10, 95.0, 50.0)));
    world.conf = CONF.replace("vcpus: 4", "vcpus: 2");
    world.see(Some(sample(20, 95.0, 50.0)));
    assert_eq!(world.waits().others, Some(Duration::from_secs(60)));
}
