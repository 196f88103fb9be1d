//! How growth by a VM's own use is asked for, and said.

use super::*;
use crate::CpuLaw;

fn adaptive() -> World {
    let mut world = World::new();
    world.policy.cpu = Some(CpuRule::Adaptive(CpuLaw::BALANCED));
    world.policy.memory = None;
    (world.policy.check_interval, world.policy.rest) = (Duration::ZERO, Duration::ZERO);
    world
}

#[test]
fn the_reason_says_what_was_seen_and_what_the_node_has() {
    let mut world = adaptive();
    world.see(Some(sample(10, 50.0, 50.0)));
    let choice = world.see(Some(sample(20, 99.0, 50.0))).cpu;
    let Verdict::Act(step) = choice.verdict else { panic!("{choice:?}") };
    let said = "vcpus 4 -> 8: cpu 99.0 % of 4 vCPUs for 10 s, so at least that; \
        2.6 cores were enough for 99.5 % of the last days; its node has ";
    let told = format!("{step}: {}", choice.why());
    assert!(told.starts_with(said) && told.ends_with(" vCPUs free"), "{told}");
}

/// As with `max_vcpus_step: 1` in helper.yaml: it would never get there in one step.
#[test]
fn growth_that_a_rule_refuses_is_asked_for_in_smaller_steps() {
    let mut world = adaptive();
    let mut steps = Vec::new();
    world.see(Some(sample(10, 50.0, 50.0)));
    for ctime in 2..40 {
        let decision = world.see(Some(sample(ctime * 10, 99.0, 50.0)));
        let Some((step, _)) = decision.act() else { continue };
        steps.push(step.to_string());
        let vmid = 101u32.try_into().unwrap();
        if !world.planner.refused_by_rule(vmid, step, world.now) {
            break;
        }
    }
    assert_eq!(steps, ["vcpus 4 -> 8", "vcpus 4 -> 6", "vcpus 4 -> 5"]);
}

#[test]
fn what_is_below_the_minimum_that_holds_now_grows_to_it() {
    for mut world in [World::new(), adaptive()] {
        world.policy.vcpus = (6, 8);
        let decision = world.see(Some(sample(10, 50.0, 50.0)));
        let (step, reason) = decision.act().unwrap();
        assert_eq!((step.to_string().as_str(), reason), ("vcpus 4 -> 6", &Reason::BelowMinimum));
    }
    let mut world = World::new();
    world.policy.memory_mib = (8192, 16_384);
    let decision = world.see(Some(sample(10, 50.0, 50.0)));
    assert_eq!(decision.memory.act().unwrap().to_string(), "memory 4096 -> 8192 MiB");
}
