//! What is said of a node's room is what a VM that wants all of it gets.

use super::*;
use crate::{CpuLaw, End, Growth, Headroom, Limit};

/// VMs 101 and on, on one node: who is hungry uses all it has, the others half of it.
struct House {
    planner: Planner,
    node: NodeInput,
    policy: VmPolicy,
    /// vCPUs and MiB of each.
    sizes: Vec<(u32, u32)>,
    cycle: u64,
    /// What was granted, in MiB, and when.
    grants: Vec<(u64, u32)>,
}

impl House {
    fn new(node: NodeInput, sizes: &[(u32, u32)]) -> Self {
        Self {
            planner: Planner::new(CONFIG),
            node,
            policy: VmPolicy { rest: Duration::ZERO, ..POLICY },
            sizes: sizes.to_vec(),
            cycle: 0,
            grants: Vec::new(),
        }
    }

    fn now(&self) -> Moment {
        Moment(Duration::from_secs(self.cycle * 10))
    }

    /// The node as it is measured: what was granted shows when it is not counted any more.
    fn measured(&self) -> NodeInput {
        let shown = self.grants.iter().filter(|(at, _)| at + 30 <= self.cycle);
        let shown: u32 = shown.map(|(_, mib)| mib).sum();
        let memory_used = self.node.memory_used.map(|used| used + f64::from(shown));
        NodeInput { memory_used, ..self.node }
    }

    fn with<T>(
        &mut self,
        hungry: Option<usize>,
        work: impl FnOnce(&mut Planner, Moment, &[VmInput<'_>], &Nodes) -> T,
    ) -> T {
        let (now, pve1) = (self.now(), NodeName::try_from("pve1").unwrap());
        let conf = |(vcpus, mib): &(u32, u32)| {
            VmConfig::parse(&format!(
                "cores: 8\nvcpus: {vcpus}\nmemory: {mib}\nnuma: 1\nhotplug: cpu,memory\n"
            ))
            .unwrap()
        };
        let configs: Vec<_> = self.sizes.iter().map(conf).collect();
        let vm = |(index, config): (usize, &'_ VmConfig)| {
            let share = if hungry == Some(index) { 0.99 } else { 0.5 };
            let (vcpus, mib) = self.sizes[index];
            let sample = Sample {
                cores_used: Some(share * f64::from(vcpus)),
                vcpus: Some(f64::from(vcpus)),
                memory_used: Some(share * f64::from(mib)),
                memory: Some(f64::from(mib)),
                ..sample(self.cycle * 10, 50.0, 50.0)
            };
            (VmId::try_from(101 + u32::try_from(index).unwrap()).unwrap(), config.clone(), sample)
        };
        let told: Vec<_> = configs.iter().enumerate().map(vm).collect();
        let vms: Vec<_> = told
            .iter()
            .map(|(vmid, config, sample)| VmInput {
                vmid: *vmid,
                node: &pve1,
                running: Some(true),
                config: Some(config),
                sample: Some(*sample),
                policy: &self.policy,
                in_flight: false,
                node_online: true,
                ha_move: None,
                doubt: None,
                pause: None,
                quarantine: [None, None],
            })
            .collect();
        let nodes = Nodes::from([(pve1.clone(), self.measured())]);
        work(&mut self.planner, now, &vms, &nodes)
    }

    fn headroom(&mut self) -> Headroom {
        self.with(None, |planner, now, vms, nodes| planner.headroom(now, vms, nodes).remove(0))
    }

    fn growth(&mut self, index: usize) -> [Growth; 2] {
        self.headroom().vms.remove(index).1
    }

    /// A cycle, whose changes are made at once; what was decided on the hungry one.
    fn see(&mut self, hungry: usize) -> Decision {
        self.cycle += 1;
        let mut out = Vec::new();
        self.with(Some(hungry), |planner, now, vms, nodes| planner.plan(now, vms, nodes, &mut out));
        for (index, decision) in out.iter().enumerate() {
            let Some((step, _)) = decision.act() else { continue };
            match step {
                Move::Cpu { to, .. } => self.sizes[index].0 = to.get(),
                Move::Memory { to, .. } => {
                    self.sizes[index].1 = to.get();
                    self.grants.push((self.cycle, step.added_mib()));
                }
                other => panic!("{other}"),
            }
            self.planner.changed(decision.vmid, step, true, self.now());
        }
        out.remove(hungry)
    }

    /// What it ends with that takes all it gets.
    fn fill(&mut self, hungry: usize) -> ((u32, u32), Decision) {
        let mut quiet = 0;
        loop {
            let before = self.sizes[hungry];
            let decision = self.see(hungry);
            quiet = if self.sizes[hungry] == before { quiet + 1 } else { 0 };
            if quiet > 35 {
                return (before, decision);
            }
        }
    }
}

fn node(mib: f64, used: f64, cpus: f64) -> NodeInput {
    NodeInput {
        cpu: Some(0.2),
        memory: Some(mib),
        memory_used: Some(used),
        cpus: Some(cpus),
        others_memory: Some(512.0),
        others_vcpus: Some(1.0),
        fresh: true,
        changing: 0,
    }
}

/// Where a resource ends: by the headroom, and by what is decided on the VM that has it all.
fn agree(growth: &Growth, reason: &Reason) -> bool {
    match (&growth.end, reason) {
        (End::Bounds(by), Reason::AtMaximum(_, said)) => by == said,
        (End::Node(Reason::NodeFull(short)), Reason::NodeFull(said)) => short.limit == said.limit,
        _ => false,
    }
}

proptest! {
    #[test]
    fn who_wants_all_gets_what_was_said(
        sizes in prop::collection::vec((1u32..=8, 0usize..24), 1..5),
        mib in 8_192.0..100_000.0, used in 0.0..0.9, cpus in 1.0..12.0,
        hungry in any::<prop::sample::Index>(),
    ) {
        let size = |(vcpus, index): &(u32, usize)| (*vcpus, Ladder::sizes().nth(*index).unwrap());
        let sizes: Vec<_> = sizes.iter().map(size).collect();
        let hungry = hungry.index(sizes.len());
        let mut house = House::new(node(mib, used * mib, cpus), &sizes);
        let [cpu, memory] = house.growth(hungry);
        let (vcpus, size) = house.sizes[hungry];
        let vcpus = match cpu.most { Some(Move::Cpu { to, .. }) => to.get(), _ => vcpus };
        let size = match memory.most { Some(Move::Memory { to, .. }) => to.get(), _ => size };
        let (got, last) = house.fill(hungry);
        prop_assert_eq!(got, (vcpus, size));
        prop_assert!(agree(&cpu, &last.cpu.reason), "{:?} {:?}", cpu, last.cpu);
        prop_assert!(agree(&memory, &last.memory.reason), "{:?} {:?}", memory, last.memory);
        // What was granted counts at once: nobody is promised it again.
        prop_assert!(house.growth(hungry).iter().all(|growth| growth.most.is_none()));
    }
}

#[test]
fn the_limit_that_leaves_least_is_named() {
    let room = |node: NodeInput, resource| {
        let headroom = House::new(node, &[(4, 4096)]).headroom();
        headroom.budget.room(resource).map(|room| (room.limit, room.stock.free().round()))
    };
    let of = |limit, free| Some((limit, free));
    let memory = Resource::Memory;
    // 5 % are not for guests, and the others have 512 MiB.
    assert_eq!(room(node(10_240.0, 0.0, 8.0), memory), of(Limit::Committed, 5120.0));
    assert_eq!(room(node(10_240.0, 9000.0, 8.0), memory), of(Limit::Used, 216.0));
    assert_eq!(room(node(10_240.0, 0.0, 2.0), Resource::Cpu), of(Limit::Vcpus, 3.0));
    let stale = NodeInput { fresh: false, ..node(10_240.0, 0.0, 8.0) };
    assert_eq!((room(stale, memory), room(stale, Resource::Cpu)), (None, None));
}

#[test]
fn who_does_not_grow_is_told_why() {
    let roomy = node(100_000.0, 0.0, 64.0);
    let ends = |node: NodeInput, policy: VmPolicy| {
        let mut house = House::new(node, &[(4, 4096)]);
        house.policy = policy;
        house.growth(0).map(|growth| (growth.most.is_none(), growth.end))
    };
    let stale = NodeInput { fresh: false, ..roomy };
    assert_eq!(ends(stale, POLICY), [0, 1].map(|_| (true, End::Node(Reason::NodeUnknown))));
    let observes = VmPolicy { allow: Allow::Nothing, ..POLICY };
    assert_eq!(ends(roomy, observes), [0, 1].map(|_| (true, End::Mode)));
    let neither = VmPolicy { cpu: None, memory: None, ..POLICY };
    assert_eq!(ends(roomy, neither), [0, 1].map(|_| (true, End::Vm(Reason::NotAsked))));
    let [cpu, memory] = ends(roomy, VmPolicy { memory_mib: (1024, 4096), ..POLICY });
    assert_eq!(
        (cpu, memory),
        ((false, End::Bounds("sockets x cores")), (true, End::Bounds("max_ram_mb")))
    );
    // That changes are under way passes; a node that is too busy for the rule does not.
    let busy = NodeInput { changing: 9, cpu: Some(0.95), ..roomy };
    let [cpu, memory] = ends(busy, POLICY);
    assert!(matches!(cpu.1, End::Node(Reason::NodeFull(short)) if short.limit == Limit::Busy));
    assert!(!memory.0);
    let by_use = VmPolicy { cpu: Some(CpuRule::Adaptive(CpuLaw::BALANCED)), ..POLICY };
    assert!(!ends(busy, by_use)[0].0);
}

#[test]
fn what_is_not_plugged_takes_nothing_of_the_node() {
    let mut house = House::new(node(1.0, 1.0, 0.5), &[(4, 4096)]);
    house.policy.cpu_lever = CpuLever::Limit;
    let [cpu, memory] = house.growth(0);
    // No limit is above any other: all its vCPUs are its own already.
    assert_eq!((cpu.most, cpu.end), (None, End::Bounds("vcpus")));
    assert!(matches!(memory.end, End::Node(Reason::NodeFull(_))), "{memory:?}");
}
