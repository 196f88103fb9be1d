use std::time::Duration;

use proptest::prelude::*;
use vm_autoscale_proxmox::{Ladder, NodeName, VmConfig};

use super::*;
use crate::{CpuLever, CpuRule, Marks, MemoryLever, MemoryRule, NodeInput, Sample, VmPolicy};

mod asked;
mod growth;
mod guest;
mod guests;
mod headroom;
mod orders;
mod others;
mod own;
mod reach;
mod refusals;
mod shares;
mod streams;
mod turns;

const CONFIG: PlannerConfig = PlannerConfig {
    max_host_cpu: None,
    max_host_memory: 90.0,
    memory_reserve: 5.0,
    memory_overcommit: 1.0,
    cpu_overcommit: 4.0,
};

const POLICY: VmPolicy = VmPolicy {
    allow: Allow::Everything,
    cpu: Some(CpuRule::Threshold(Marks { high: 80.0, low: 20.0 })),
    memory: Some(MemoryRule::Threshold(Marks { high: 85.0, low: 25.0 })),
    cpu_lever: CpuLever::Auto,
    memory_lever: MemoryLever::Dimm,
    caution: false,
    in_steps: true,
    vcpus: (1, 8),
    memory_mib: (1024, 16_384),
    memory_shrink: true,
    check_interval: Duration::from_secs(10),
    cooldown: Duration::from_secs(60),
    rest: Duration::from_secs(60),
    external_change_hold: Duration::from_secs(60),
    low_checks: 2,
    weight: None,
};

const CONF: &str = "cores: 8\nvcpus: 4\nmemory: 4096\nnuma: 1\nhotplug: cpu,memory\n";

/// One VM on one node, cycle by cycle of 10 s.
struct World {
    planner: Planner,
    now: Moment,
    conf: String,
    sample: Option<Sample>,
    policy: VmPolicy,
    node: NodeInput,
    running: Option<bool>,
    online: bool,
}

/// `cpu` and `memory` in percent of 4 vCPUs and 4096 MiB.
fn sample(ctime: u64, cpu: f64, memory: f64) -> Sample {
    Sample {
        ctime,
        uptime: ctime,
        cores_used: Some(4.0 * cpu / 100.0),
        vcpus: Some(4.0),
        memory_used: Some(4096.0 * memory / 100.0),
        memory: Some(4096.0),
    }
}

impl World {
    fn new() -> Self {
        Self {
            planner: Planner::new(CONFIG),
            now: Moment(Duration::from_secs(1000)),
            conf: CONF.to_owned(),
            sample: None,
            policy: POLICY,
            node: NodeInput {
                cpu: Some(0.2),
                memory: Some(65_536.0),
                memory_used: Some(20_000.0),
                cpus: Some(64.0),
                others_memory: Some(0.0),
                others_vcpus: Some(0.0),
                fresh: true,
                changing: 0,
            },
            running: Some(true),
            online: true,
        }
    }

    /// A cycle with this sample.
    fn see(&mut self, sample: Option<Sample>) -> Decision {
        self.now = self.now.after(Duration::from_secs(10));
        self.sample = sample;
        self.again()
    }

    /// The same cycle over, as a retry would.
    fn again(&mut self) -> Decision {
        let nodes = BTreeMap::from([(NodeName::try_from("pve1").unwrap(), self.node)]);
        self.hand(|planner, now, vm| {
            let mut out = Vec::new();
            planner.plan(now, &[vm], &nodes, &mut out);
            out.pop().unwrap()
        })
    }

    /// The planner is told of the VM as it is.
    fn hand<T>(&mut self, tell: impl FnOnce(&mut Planner, Moment, VmInput<'_>) -> T) -> T {
        let node = NodeName::try_from("pve1").unwrap();
        let config = VmConfig::parse(&self.conf).unwrap();
        let vm = VmInput {
            vmid: 101u32.try_into().unwrap(),
            node: &node,
            running: self.running,
            config: Some(&config),
            sample: self.sample,
            policy: &self.policy,
            in_flight: false,
            node_online: self.online,
            ha_move: None,
            doubt: None,
            pause: None,
            quarantine: [None, None],
        };
        tell(&mut self.planner, self.now, vm)
    }

    /// Idle for so many samples; the last decision.
    fn idle(&mut self, from: u64, samples: u64) -> Decision {
        (0..samples).map(|i| self.see(Some(sample(from + i * 10, 5.0, 50.0)))).last().unwrap()
    }
}

/// A change of ours that left the VM as it is in `CONF`.
fn ours(resource: Resource) -> Move {
    let (vcpus, memory) = (4.try_into().unwrap(), 4096.try_into().unwrap());
    match resource {
        Resource::Cpu => Move::Cpu { from: vcpus, to: vcpus },
        Resource::Memory => Move::Memory { from: memory, to: memory },
    }
}

fn shrinks(decision: &Decision) -> bool {
    decision.act().is_some_and(|(step, _)| !step.is_growth())
}

#[test]
fn grows_at_once_and_shrinks_after_a_while() {
    let mut world = World::new();
    let decision = world.see(Some(sample(10, 95.0, 50.0)));
    let (step, reason) = decision.act().unwrap();
    assert_eq!(format!("{step}: {reason}"), "vcpus 4 -> 5: 95.0 % used, above 80.0 %");

    let mut world = World::new();
    let first = world.idle(10, 1);
    assert_eq!(first.cpu, Choice::hold(Reason::LowNotLong(crate::reason::Percent(5.0), 1, 2)));
    let second = world.idle(20, 1);
    assert_eq!(second.act().unwrap().0.to_string(), "vcpus 4 -> 3");
}

/// The samples that say nothing, each where two idle ones would have shrunk the VM.
#[test]
fn a_missing_sample_never_shrinks() {
    let mut world = World::new();
    world.idle(10, 1);
    assert_eq!(world.see(None).cpu.reason, Reason::NoSample);
    let one_figure = Sample { cores_used: None, memory_used: None, ..sample(30, 5.0, 5.0) };
    assert_eq!(world.see(Some(one_figure)).act(), None);
    // The gap broke the row: one low sample is not two in a row.
    assert!(!shrinks(&world.idle(40, 1)) && shrinks(&world.idle(50, 1)));
}

#[test]
fn a_repeated_sample_never_shrinks() {
    let mut world = World::new();
    world.idle(10, 1);
    for _ in 0..2 {
        let decision = world.idle(10, 1);
        assert_eq!((decision.act(), &decision.cpu.reason), (None, &Reason::Repeated));
    }
    // It is the second new one that counts.
    assert!(shrinks(&world.idle(20, 1)));
}

#[test]
fn a_stale_sample_never_shrinks() {
    let mut world = World::new();
    world.idle(10, 1);
    world.now = world.now.after(Duration::from_secs(300));
    for _ in 0..50 {
        let decision = world.see(Some(sample(10, 5.0, 5.0)));
        assert!(matches!(decision.cpu.reason, Reason::Stale(age) if age > Duration::from_secs(30)));
    }
    // Fresh again: what was counted before counts no more.
    assert!(!shrinks(&world.idle(400, 1)));
}

#[test]
fn a_zero_filled_sample_never_shrinks() {
    for (cpu, memory) in [(0.0, 50.0), (5.0, 0.0), (0.0, 0.0)] {
        let mut world = World::new();
        for ctime in 1..20 {
            let decision = world.see(Some(sample(ctime * 10, cpu, memory)));
            assert_eq!((decision.act(), &decision.cpu.reason), (None, &Reason::ZeroFilled));
        }
    }
}

#[test]
fn the_first_sample_after_a_change_never_shrinks() {
    // By us, by someone else, by a restart of QEMU.
    let changes: [fn(&mut World); 3] = [
        |world| {
            world.planner.changed(
                101u32.try_into().unwrap(),
                ours(Resource::Memory),
                true,
                world.now,
            );
        },
        |world| world.conf = CONF.replace("vcpus: 4", "vcpus: 5"),
        |world| world.conf.push('\n'),
    ];
    for (i, change) in changes.into_iter().enumerate() {
        let mut world = World::new();
        world.policy.external_change_hold = Duration::ZERO;
        world.idle(100, 1);
        change(&mut world);
        let mut next = sample(110, 5.0, 50.0);
        next.uptime = if i == 2 { 1 } else { next.uptime };
        assert_eq!(world.see(Some(next)).cpu.reason, Reason::FirstAfterChange, "change {i}");
        assert!(!shrinks(&world.see(Some(sample(120, 5.0, 50.0)))), "change {i}");
    }
}

#[test]
fn a_sample_of_another_size_says_nothing() {
    let mut world = World::new();
    for ctime in 1..10 {
        let other =
            Sample { vcpus: Some(8.0), memory: Some(1024.0), ..sample(ctime * 10, 5.0, 5.0) };
        let decision = world.see(Some(other));
        assert_eq!(
            (&decision.cpu.reason, &decision.memory.reason),
            (&Reason::OtherSize, &Reason::OtherSize)
        );
    }
}

#[test]
fn without_vcpus_all_cores_are_there() {
    let mut world = World::new();
    world.conf = CONF.replace("vcpus: 4\n", "").replace("cores: 8", "cores: 4");
    let decision = world.see(Some(sample(10, 95.0, 50.0)));
    assert_eq!(decision.cpu.reason.to_string(), "95.0 % used, at the maximum (sockets x cores)");
    world.idle(20, 1);
    assert_eq!(world.idle(30, 1).act().unwrap().0.to_string(), "vcpus 4 -> 3");
}

#[test]
fn each_resource_has_its_own_cooldown() {
    let mut world = World::new();
    world.see(Some(sample(10, 50.0, 50.0)));
    let step = Move::Cpu { from: 4.try_into().unwrap(), to: 5.try_into().unwrap() };
    world.planner.changed(101u32.try_into().unwrap(), step, true, world.now);
    world.conf = CONF.replace("vcpus: 4", "vcpus: 5");
    let five =
        |ctime| Sample { vcpus: Some(5.0), cores_used: Some(4.9), ..sample(ctime, 0.0, 95.0) };
    assert_eq!(world.see(Some(five(20))).cpu.reason, Reason::FirstAfterChange);
    let decision = world.see(Some(five(30)));
    assert!(matches!(decision.cpu.reason, Reason::Cooldown(_)), "{:?}", decision.cpu);
    assert_eq!(decision.act().unwrap().0.to_string(), "memory 4096 -> 4608 MiB");
}

#[test]
fn a_size_that_someone_else_changed_is_left_alone_for_a_cooldown() {
    let mut world = World::new();
    world.see(Some(sample(10, 50.0, 50.0)));
    world.conf = CONF.replace("vcpus: 4", "vcpus: 5");
    let five =
        |ctime| Sample { vcpus: Some(5.0), cores_used: Some(4.9), ..sample(ctime, 0.0, 95.0) };
    for ctime in [20, 30, 40] {
        assert_eq!(world.see(Some(five(ctime))).act(), None, "at {ctime}");
    }
}

#[test]
fn after_a_start_nothing_acts_before_one_cooldown() {
    let mut world = World::new();
    world.planner.started(world.now);
    for ctime in 1..6 {
        let decision = world.see(Some(sample(ctime * 10, 95.0, 95.0)));
        assert!(matches!(decision.cpu.reason, Reason::Started(_)), "{:?}", decision.cpu);
    }
    assert!(world.see(Some(sample(60, 95.0, 95.0))).act().is_some());
}

#[test]
fn what_cannot_be_done_is_said_with_its_remedy() {
    for (from, to, cpu, memory) in [
        ("hotplug: cpu,memory", "hotplug: disk", "not able: add cpu to", "not able: add memory to"),
        ("numa: 1", "numa: 0", "used", "not able: `qm set ID --numa 1`"),
        ("numa: 1", "numa: 1\nballoon: 2048", "used", "automatic ballooning"),
        ("numa: 1", "numa: 1\nlock: backup", "locked (backup)", "locked (backup)"),
        ("numa: 1", "numa: 1\ntemplate: 1", "a template", "a template"),
        ("numa: 1", "numa: 1\nhugepages: 1024", "used", "`hugepages`"),
        ("numa: 1", "numa: 1\nballoon: 0", "used", "no balloon device"),
        (
            "hotplug: cpu,memory\n",
            "hotplug: cpu,memory\n[PENDING]\ncores: 9\n",
            "pending: cores",
            "pending: cores",
        ),
    ] {
        let mut world = World::new();
        world.conf = CONF.replace(from, to);
        let decision = world.see(Some(sample(10, 95.0, 95.0)));
        let (said_cpu, said_memory) =
            (decision.cpu.reason.to_string(), decision.memory.reason.to_string());
        assert!(said_cpu.contains(cpu), "{said_cpu}");
        assert!(said_memory.contains(memory), "{said_memory}");
    }
    let mut world = World::new();
    world.running = Some(false);
    assert_eq!(world.see(Some(sample(10, 95.0, 95.0))).cpu.reason, Reason::Stopped);
    // Its last sample is still there for minutes.
    let mut world = World::new();
    world.online = false;
    assert_eq!(world.see(Some(sample(10, 95.0, 95.0))).cpu.reason, Reason::NodeOffline);
}

#[test]
fn a_full_node_refuses_growth_and_never_shrinking() {
    let full = [
        NodeInput {
            cpu: Some(0.95),
            memory: Some(65_536.0),
            memory_used: Some(64_000.0),
            cpus: Some(64.0),
            others_memory: Some(0.0),
            others_vcpus: Some(0.0),
            fresh: true,
            changing: 0,
        },
        NodeInput { fresh: false, ..World::new().node },
        NodeInput::default(),
    ];
    for node in full {
        let mut world = World::new();
        world.node = node;
        let decision = world.see(Some(sample(10, 95.0, 95.0)));
        assert_eq!(decision.act(), None, "{node:?}");
        assert!(decision.cpu.reason.to_string().contains("wants more"), "{decision:?}");
        world.idle(20, 1);
        assert!(shrinks(&world.idle(30, 1)));
    }
}

#[test]
fn memory_that_several_ask_for_is_granted_once() {
    let node = NodeName::try_from("pve1").unwrap();
    let config = VmConfig::parse(CONF).unwrap();
    let vm = |id: u32| VmInput {
        vmid: id.try_into().unwrap(),
        node: &node,
        running: Some(true),
        config: Some(&config),
        sample: Some(sample(10, 50.0, 95.0)),
        policy: &POLICY,
        in_flight: false,
        node_online: true,
        ha_move: None,
        doubt: None,
        pause: None,
        quarantine: [None, None],
    };
    let room_for_two = NodeInput {
        cpu: Some(0.1),
        memory: Some(20_000.0),
        memory_used: Some(16_900.0),
        cpus: Some(64.0),
        others_memory: Some(0.0),
        others_vcpus: Some(0.0),
        fresh: true,
        changing: 0,
    };
    let mut out = Vec::new();
    Planner::new(CONFIG).plan(
        Moment::default(),
        &[vm(101), vm(102), vm(103)],
        &BTreeMap::from([(node.clone(), room_for_two)]),
        &mut out,
    );
    let granted: Vec<bool> = out.iter().map(|decision| decision.act().is_some()).collect();
    assert_eq!(granted, [true, true, false]);
}

#[test]
fn a_node_has_two_changes_at_a_time() {
    let mut world = World::new();
    world.node.changing = 2;
    let decision = world.see(Some(sample(10, 95.0, 50.0)));
    assert_eq!((decision.act(), &decision.cpu.reason), (None, &Reason::NodeBusy(2)));
}

#[test]
fn the_mode_decides_what_is_carried_out() {
    for (allow, grows, takes) in [
        (Allow::Nothing, false, false),
        (Allow::Growth, true, false),
        (Allow::Everything, true, true),
    ] {
        let mut world = World::new();
        world.policy.allow = allow;
        let up = world.see(Some(sample(10, 95.0, 50.0)));
        assert_eq!(up.act().is_some(), grows);
        assert_ne!(up.cpu.verdict, Verdict::Hold, "what it would do is said all the same");
        world.idle(20, 1);
        let down = world.idle(30, 1);
        assert_eq!((down.act().is_some(), down.cpu.verdict != Verdict::Hold), (takes, true));
    }
}

#[test]
fn memory_shrinks_only_when_asked_for_and_known() {
    let mut world = World::new();
    world.policy.memory_shrink = false;
    let idle = |world: &mut World, ctime| world.see(Some(sample(ctime, 50.0, 10.0))).memory;
    idle(&mut world, 10);
    assert!(matches!(idle(&mut world, 20).reason, Reason::MemoryShrinkOff(_)));
    world.policy.memory_shrink = true;
    world.policy.external_change_hold = Duration::ZERO;
    world.conf = CONF.replace("numa: 1", "numa: 1\nballoon: 0");
    for ctime in [22, 24, 26] {
        idle(&mut world, ctime);
    }
    assert!(matches!(idle(&mut world, 30).reason, Reason::MemoryUseUnknown(_)));
    world.conf = CONF.to_owned();
    for ctime in [32, 34, 36] {
        idle(&mut world, ctime);
    }
    assert_eq!(idle(&mut world, 40).act().unwrap().to_string(), "memory 4096 -> 3584 MiB");
}
