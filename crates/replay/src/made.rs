//! Traces, rules and policies that tests make themselves.

use std::time::Duration;

use vm_autoscale_planner::{
    Allow, CpuLever, CpuRule, Marks, MemoryLever, MemoryRule, PlannerConfig, VmPolicy,
};

use crate::{Ask, Engine, Figures, Hosts, Policy, Rules, Seen, Trace, TraceVm, World};

pub(crate) const WORLD: World = World { tick: 10, warmup: Some(0.0), cache_fill: 0.0, hosts: None };

/// Hosts with half of the vCPUs and 60 % of the memory that are owned there.
pub(crate) fn tight(count: usize) -> World {
    let hosts = Hosts { count, cpu_share: 0.5, memory_share: 0.6, mixed_shares: true };
    World { hosts: Some(hosts), ..WORLD }
}

/// A row a step; VMs of 8 vCPUs and 8 GiB.
pub(crate) fn trace<const N: usize>(step: u32, cpu: &[[f32; N]], memory: &[[f32; N]]) -> Trace {
    let vm = |at| TraceVm { name: format!("v{at}"), vcpus: 8.0, memory: 8192.0 };
    let memory = (!memory.is_empty()).then(|| memory.concat());
    Trace::of(step, (0..N).map(vm).collect(), cpu.concat(), memory)
}

/// The marks that users know, CPU 80/20 and memory 85/25, every 300 s.
pub(crate) fn rules() -> Rules {
    let seconds = Duration::from_secs;
    let policy = VmPolicy {
        allow: Allow::Everything,
        cpu: Some(CpuRule::Threshold(Marks { high: 80.0, low: 20.0 })),
        memory: Some(MemoryRule::Threshold(Marks { high: 85.0, low: 25.0 })),
        cpu_lever: CpuLever::Vcpus,
        memory_lever: MemoryLever::Dimm,
        caution: true,
        in_steps: true,
        vcpus: (1, u32::MAX),
        memory_mib: (1024, u32::MAX),
        memory_shrink: true,
        check_interval: seconds(300),
        cooldown: seconds(300),
        rest: seconds(300),
        external_change_hold: seconds(3600),
        weight: None,
        low_checks: 1,
    };
    Rules {
        policy,
        planner: PlannerConfig {
            max_host_cpu: None,
            max_host_memory: 90.0,
            memory_reserve: 5.0,
            memory_overcommit: 1.0,
            cpu_overcommit: 4.0,
        },
    }
}

/// Asks for what stands in a list, at its time; keeps what it saw.
#[derive(Default)]
pub(crate) struct Script {
    pub(crate) asks: Vec<(f64, Ask)>,
    pub(crate) seen: Vec<(f64, Vec<Seen>)>,
}

impl Policy for Script {
    fn step(&mut self, t: f64, seen: &[Seen], asks: &mut Vec<Ask>) {
        self.seen.push((t, seen.to_vec()));
        asks.extend(self.asks.iter().filter(|(at, _)| (at - t).abs() < 0.5).map(|(_, ask)| *ask));
    }
}

/// What another policy sees and asks.
pub(crate) struct Spy<P, F> {
    pub(crate) policy: P,
    pub(crate) hear: F,
}

impl<P: Policy, F: FnMut(f64, &[Seen], &[Ask])> Policy for Spy<P, F> {
    fn step(&mut self, t: f64, seen: &[Seen], asks: &mut Vec<Ask>) {
        self.policy.step(t, seen, asks);
        (self.hear)(t, seen, asks);
    }
}

pub(crate) fn run(trace: &Trace, world: World, policy: &mut dyn Policy) -> Figures {
    Engine::new(trace, world).unwrap().run("x", policy, &mut |_| ())
}

#[track_caller]
pub(crate) fn near(figure: f64, expected: f64) {
    assert!((figure - expected).abs() < 1e-6 * expected.abs().max(1e-3), "{figure} {expected}");
}
