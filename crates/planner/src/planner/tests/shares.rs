//! What a node has too little of, and what is said of it.

use super::*;
use crate::{Amounts, GuestAnswer, GuestSays, MemoryLaw};

/// VMs 101 and on, each with its config and its sample of half of the CPU and so many MiB, on one
/// node; what is decided in the last of so many cycles.
struct Tenants {
    planner: Planner,
    node: NodeInput,
    policy: VmPolicy,
    confs: Vec<String>,
    cycle: u64,
}

impl Tenants {
    /// Of these sizes, on a node that has so many MiB for them.
    fn new(for_guests: f64, sizes: &[u32]) -> Self {
        let memory = Some(MemoryRule::Adaptive(MemoryLaw::BALANCED));
        let conf = |size: &u32| CONF.replace("4096", &size.to_string());
        let rest = Duration::ZERO;
        Self {
            planner: Planner::new(CONFIG),
            node: NodeInput {
                memory: Some(for_guests / 0.95),
                memory_used: Some(0.0),
                ..World::new().node
            },
            policy: VmPolicy { cpu: None, memory, check_interval: rest, rest, ..POLICY },
            confs: sizes.iter().map(conf).collect(),
            cycle: 0,
        }
    }

    fn see(&mut self, used: &[f64]) -> Vec<Decision> {
        self.cycle += 1;
        let node = NodeName::try_from("pve1").unwrap();
        let configs: Vec<_> =
            self.confs.iter().map(|conf| VmConfig::parse(conf).unwrap()).collect();
        let vm = |(id, (config, used)): (u32, (&'_ VmConfig, &f64))| (id, config.clone(), *used);
        let told: Vec<_> = (101u32..).zip(configs.iter().zip(used)).map(vm).collect();
        let vms = told.iter().map(|(id, config, used)| VmInput {
            vmid: VmId::try_from(*id).unwrap(),
            node: &node,
            running: Some(true),
            config: Some(config),
            sample: Some(Sample {
                memory_used: Some(*used),
                memory: Some(f64::from(config.memory.get())),
                ..sample(self.cycle * 10, 50.0, 50.0)
            }),
            policy: &self.policy,
            in_flight: false,
            node_online: true,
            ha_move: None,
            doubt: None,
            pause: None,
            quarantine: [None, None],
        });
        let (vms, mut out): (Vec<_>, _) = (vms.collect(), Vec::new());
        let now = Moment(Duration::from_secs(self.cycle * 10));
        let nodes = BTreeMap::from([(node.clone(), self.node)]);
        self.planner.plan(now, &vms, &nodes, &mut out);
        let (asked, mut again) = (self.planner.questions().to_vec(), Vec::new());
        for vm in vms.iter().filter(|vm| asked.contains(&vm.vmid)) {
            self.planner.told(vm.vmid, now, says(vm));
            self.planner.plan_again(now, std::slice::from_ref(vm), &mut again);
            let index = vms.iter().position(|other| other.vmid == vm.vmid).unwrap();
            out[index] = again.pop().unwrap();
        }
        out
    }

    fn memory(&mut self, used: &[f64]) -> Vec<String> {
        let said = |decision: Decision| match decision.memory.verdict {
            Verdict::Act(step) => format!("{step}: {}", decision.memory.why()),
            _ => decision.memory.why(),
        };
        self.see(used).into_iter().map(said).collect()
    }
}

/// A guest without page cache.
fn says(vm: &VmInput<'_>) -> GuestAnswer {
    let total = vm.config.unwrap().memory.get();
    let used = vm.sample.and_then(|sample| sample.memory_used).unwrap();
    let available = (0..=total).rev().find(|mib| f64::from(total - *mib) >= used).unwrap();
    GuestAnswer::Says(GuestSays::new(total, available))
}

#[test]
fn who_grows_by_less_than_it_wants_is_told_so() {
    let mut tenants = Tenants::new(4700.0, &[4096]);
    let said = tenants.memory(&[4000.0]).remove(0);
    assert!(said.starts_with("memory 4096 -> 4608 MiB: "), "{said}");
    let short = "; wants 2048 MiB more, node has 0.6 of 4.6 GiB free for guests";
    assert!(said.ends_with(short), "{said}");
    let budget = &tenants.planner.nodes()[0];
    let of = |memory| Amounts { memory, vcpus: 0.0 };
    assert_eq!((budget.granted, budget.refused), (of(512.0), of(1536.0)));
}

#[test]
fn an_idle_vm_gives_back_what_another_is_short_of() {
    let mut tenants = Tenants::new(8192.0, &[4096, 4096]);
    for _ in 0..59 {
        tenants.memory(&[2000.0, 900.0]);
    }
    // Not ten minutes old: nobody knows what it needs.
    let early = tenants.memory(&[4000.0, 900.0]);
    assert!(early[0].starts_with("wants") && !early[1].starts_with("memory"), "{early:?}");
    tenants.memory(&[4000.0, 900.0]);
    let said = tenants.memory(&[4000.0, 900.0]);
    // It lands in what is free, and nothing is until the other has shrunk. What both would have
    // beyond what they must, 2048 MiB, is shared.
    assert_eq!(said[0], "wants 2048 MiB more, node has 0.0 of 8.0 GiB free for guests");
    // DIMM by DIMM.
    let gives = "memory 4096 -> 3584 MiB: 22.0 % used at most, given back: its node is full, and others need it; the guest has 3196 of 4096 MiB available";
    assert_eq!(said[1], gives);
    assert!((tenants.planner.nodes()[0].given_back - 1536.0).abs() < 0.1);
}

/// Only where it may be taken, and where the rule goes by the VM's own use.
#[test]
fn nobody_gives_back_against_its_settings() {
    const MARKS: Marks = Marks { high: 85.0, low: 1.0 };
    let policies: [fn(VmPolicy) -> VmPolicy; 4] = [
        |policy| VmPolicy { memory_shrink: false, ..policy },
        |policy| VmPolicy { allow: Allow::Growth, ..policy },
        |policy| VmPolicy { memory: Some(MemoryRule::Threshold(MARKS)), ..policy },
        |policy| VmPolicy { memory_mib: (4096, 16_384), ..policy },
    ];
    for policy in policies {
        let mut tenants = Tenants::new(8192.0, &[4096, 4096]);
        tenants.policy = policy(tenants.policy);
        for _ in 0..70 {
            tenants.memory(&[2000.0, 900.0]);
        }
        let said = tenants.memory(&[4000.0, 900.0]);
        assert!(said[0].starts_with("wants") && !said[1].contains("given back"), "{said:?}");
    }
}

#[test]
fn a_busy_node_refuses_no_vcpus_where_nobody_wrote_so() {
    let busy = |rule, max_host_cpu| {
        let mut world = World::new();
        world.planner = Planner::new(PlannerConfig { max_host_cpu, ..CONFIG });
        world.policy.cpu = Some(rule);
        world.node.cpu = Some(0.95);
        world.see(Some(sample(10, 99.0, 50.0))).act().is_some()
    };
    let (threshold, adaptive) = (POLICY.cpu.unwrap(), CpuRule::Adaptive(crate::CpuLaw::BALANCED));
    assert!(!busy(threshold, None) && !busy(threshold, Some(94.0)) && busy(threshold, Some(96.0)));
    assert!(busy(adaptive, None) && !busy(adaptive, Some(94.0)));
}

#[test]
fn what_is_not_known_of_a_node_refuses_growth() {
    let node = World::new().node;
    for (node, cpu, memory) in [
        (NodeInput { others_memory: None, ..node }, true, false),
        (NodeInput { memory: None, ..node }, true, false),
        (NodeInput { memory_used: None, ..node }, true, false),
        (NodeInput { others_vcpus: None, ..node }, false, true),
        (NodeInput { cpus: None, ..node }, false, true),
    ] {
        let grows = |(cpu, memory)| {
            let mut world = World::new();
            world.node = node;
            world.see(Some(sample(10, cpu, memory))).act().is_some()
        };
        assert_eq!((grows((95.0, 50.0)), grows((50.0, 95.0))), (cpu, memory), "{node:?}");
    }
}
