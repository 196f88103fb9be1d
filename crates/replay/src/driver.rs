//! The real planner at the wheel: what is seen becomes its samples, what it decides is asked for.
//!
//! What a replay cannot know is off here, whatever the policy says: nobody else changes a VM, so
//! that nothing is held for that, and there was no start to wait after. A change is over exactly
//! where a sample ends, so that the next one is believed ([`Planner::landed`]); on a node the
//! first sample after a change never is.

use std::collections::BTreeMap;
use std::time::Duration;

use vm_autoscale_planner::{
    CpuLever, Decision, GuestAnswer, GuestSays, MemoryLever, Moment, Move, NodeInput, Planner,
    PlannerConfig, Resource, Sample, VmInput, VmPolicy,
};
use vm_autoscale_proxmox::{MemoryMib, NodeName, Vcpus, VmConfig, VmId};

use crate::num::whole;
use crate::{Ask, Error, Fleet, Owned, Policy, Seen};

/// Room without end, in MiB.
const ENDLESS: f64 = 1e12;
/// A measured zero, in cores and MiB: a node that knows nothing writes zeros, which are not
/// believed, and a trace's zero was measured.
const LITTLE: f64 = 1e-6;

/// What holds for every VM. The bounds are narrowed by what its owner has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rules {
    /// For VMs.
    pub policy: VmPolicy,
    /// For hosts.
    pub planner: PlannerConfig,
}

/// A planner with a fleet.
#[derive(Debug)]
pub struct Driver {
    planner: Planner,
    vms: Vec<Driven>,
    nodes: BTreeMap<NodeName, NodeInput>,
    /// What each node has: cores and MiB.
    room: Vec<Room>,
    decisions: Vec<Decision>,
    last: Moment,
}

#[derive(Debug)]
struct Driven {
    vmid: VmId,
    config: VmConfig,
    policy: VmPolicy,
    node: NodeName,
    host: usize,
    running: bool,
    sample: Option<Sample>,
    /// What was asked for and is not over.
    pending: Option<Move>,
}

#[derive(Debug)]
struct Room {
    node: NodeName,
    cores: Option<f64>,
    memory: Option<f64>,
    used: f64,
    /// MiB in use, and what those have who do not run: a host of the world keeps it for them.
    in_use: f64,
    resting: f64,
}

impl Driver {
    /// For a fleet that nothing is known of yet.
    ///
    /// # Errors
    /// More VMs than there are numbers, or sizes that no VM can have.
    pub fn new(fleet: &Fleet, rules: &Rules) -> Result<Self, Error> {
        let bad = |what: vm_autoscale_proxmox::Error| Error::World(what.to_string());
        let name = |kind: &str, at: usize| NodeName::try_from(format!("{kind}{at}").as_str());
        let config = VmConfig::parse("hotplug: cpu,memory\nnuma: 1\nostype: l26\n").map_err(bad)?;
        let (mut vms, mut room) = (Vec::with_capacity(fleet.vms.len()), Vec::new());
        for (at, owned) in fleet.vms.iter().enumerate() {
            let host = fleet.hosts.get(owned.host).copied().unwrap_or_default();
            // Without an end of room nobody waits for another: a node of its own for each.
            let is_alone = host.cores.is_none() && host.memory.is_none();
            let node = if is_alone { name("vm", at) } else { name("host", owned.host) };
            vms.push(Driven {
                vmid: vmid(at).map_err(bad)?,
                config: VmConfig {
                    cores: owned.vcpus.1,
                    shares: Some(whole(owned.shares)),
                    ..config.clone()
                },
                policy: bounded(rules.policy, owned),
                node: node.map_err(bad)?,
                host: owned.host,
                running: false,
                sample: None,
                pending: None,
            });
        }
        for (at, host) in fleet.hosts.iter().enumerate() {
            let node = name("host", at).map_err(bad)?;
            let (cores, memory) = (host.cores, host.memory);
            room.push(Room { node, cores, memory, used: 0.0, in_use: 0.0, resting: 0.0 });
        }
        let named = vms.iter().map(|vm| &vm.node).chain(room.iter().map(|room| &room.node));
        let nodes = named.map(|node| (node.clone(), endless())).collect();
        let planner = Planner::new(rules.planner);
        Ok(Self { planner, vms, nodes, room, decisions: Vec::new(), last: Moment::default() })
    }

    /// What became of what was asked, and what is measured now.
    fn look(&mut self, now: Moment, seen: &[Seen]) {
        for room in &mut self.room {
            (room.used, room.in_use, room.resting) = (0.0, 0.0, 0.0);
        }
        for (vm, seen) in self.vms.iter_mut().zip(seen) {
            if let Some(step) = vm.pending.take_if(|step| !is_under_way(*step, seen)) {
                self.planner.landed(vm.vmid, step, is_done(step, seen), self.last);
            }
            vm.look(now, seen);
            if let Some(room) = self.room.get_mut(vm.host) {
                room.used += seen.cpu_used;
                room.in_use += seen.mem_used;
                room.resting += if seen.active { 0.0 } else { f64::from(seen.memory) };
            }
        }
        for room in &self.room {
            if let Some(node) = self.nodes.get_mut(&room.node) {
                room.fill(node);
            }
        }
    }

    /// Guests that are asked say what the trace has: what is not used is available. As in the
    /// daemon, what waited for an answer is decided within the cycle.
    fn answer(&mut self, now: Moment) {
        let asked: Vec<usize> = self.planner.questions().iter().copied().map(index).collect();
        let mut inputs = Vec::with_capacity(asked.len());
        for vm in asked.iter().filter_map(|at| self.vms.get(*at)) {
            self.planner.told(vm.vmid, now, vm.says());
            inputs.push(vm.input());
        }
        if inputs.is_empty() {
            return;
        }
        let mut again = Vec::new();
        self.planner.plan_again(now, &inputs, &mut again);
        for (at, decision) in asked.into_iter().zip(again) {
            let decided = self.decisions.get_mut(at).filter(|decided| decided.act().is_none());
            if let Some(decided) = decided.filter(|_| decision.act().is_some()) {
                *decided = decision;
            }
        }
    }
}

impl Policy for Driver {
    fn step(&mut self, t: f64, seen: &[Seen], asks: &mut Vec<Ask>) {
        let now = Moment(Duration::try_from_secs_f64(t).unwrap_or_default());
        self.look(now, seen);
        let inputs: Vec<VmInput<'_>> = self.vms.iter().map(Driven::input).collect();
        self.planner.plan(now, &inputs, &self.nodes, &mut self.decisions);
        drop(inputs);
        self.answer(now);
        for (at, (vm, decision)) in self.vms.iter_mut().zip(&self.decisions).enumerate() {
            let Some((step, _)) = decision.act() else { continue };
            vm.pending = Some(step);
            asks.extend(match step {
                Move::Cpu { to, .. } => Some(Ask::Vcpus(at, to.get())),
                Move::Memory { to, .. } => Some(Ask::Memory(at, to.get())),
                Move::CpuLimit { .. } | Move::Balloon { .. } => None,
            });
        }
        self.last = now;
    }
}

impl Driven {
    fn look(&mut self, now: Moment, seen: &Seen) {
        self.config.vcpus = Vcpus::try_from(seen.vcpus).ok();
        if let Ok(memory) = MemoryMib::try_from(seen.memory) {
            self.config.memory = memory;
        }
        self.running = seen.active;
        let memory = self.policy.memory.is_some();
        self.sample = seen.active.then(|| Sample {
            ctime: now.0.as_secs(),
            uptime: now.0.as_secs(),
            cores_used: Some(seen.cpu_used.max(LITTLE)),
            vcpus: Some(f64::from(seen.vcpus)),
            memory_used: memory.then(|| seen.mem_used.max(LITTLE)),
            memory: memory.then(|| f64::from(seen.memory)),
        });
    }

    fn says(&self) -> GuestAnswer {
        let total = self.config.memory.get();
        let used = self.sample.and_then(|sample| sample.memory_used).map(|used| whole(used.ceil()));
        let Some(available) = used.map(|used| total.saturating_sub(used)) else {
            return GuestAnswer::Silent;
        };
        let (free, swapped) = (Some(available), None);
        GuestAnswer::Says(GuestSays {
            total,
            available,
            free,
            swapped,
            major_faults: None,
            at: None,
        })
    }

    fn input(&self) -> VmInput<'_> {
        VmInput {
            vmid: self.vmid,
            node: &self.node,
            running: Some(self.running),
            config: Some(&self.config),
            sample: self.sample,
            policy: &self.policy,
            in_flight: self.pending.is_some(),
            node_online: true,
            ha_move: None,
            doubt: None,
            pause: None,
            quarantine: [None, None],
        }
    }
}

impl Room {
    fn fill(&self, node: &mut NodeInput) {
        node.cpu = Some(self.cores.map_or(0.0, |cores| self.used / cores));
        node.memory = Some(self.memory.unwrap_or(ENDLESS));
        node.memory_used = Some(self.memory.map_or(0.0, |_| self.in_use));
        node.cpus = Some(self.cores.unwrap_or(ENDLESS));
        node.others_memory = Some(self.memory.map_or(0.0, |_| self.resting));
    }
}

fn endless() -> NodeInput {
    NodeInput {
        cpu: Some(0.0),
        memory: Some(ENDLESS),
        memory_used: Some(0.0),
        cpus: Some(ENDLESS),
        others_memory: Some(0.0),
        others_vcpus: Some(0.0),
        fresh: true,
        changing: 0,
    }
}

/// The policy for a VM: no further than its owner has it, and without what a replay cannot know.
fn bounded(policy: VmPolicy, owned: &Owned) -> VmPolicy {
    let within = |(low, high): (u32, u32), own: (u32, u32)| {
        let high = high.min(own.1);
        (low.max(own.0).min(high), high)
    };
    VmPolicy {
        vcpus: within(policy.vcpus, owned.vcpus),
        memory: policy.memory.filter(|_| owned.memory.is_some()),
        memory_mib: owned.memory.map_or(policy.memory_mib, |own| within(policy.memory_mib, own)),
        external_change_hold: Duration::ZERO,
        // A trace has sizes and no guest: all of a change is there at once, and in use.
        cpu_lever: CpuLever::Vcpus,
        memory_lever: match policy.memory_lever {
            MemoryLever::Nothing => MemoryLever::Nothing,
            MemoryLever::Balloon | MemoryLever::Dimm => MemoryLever::Dimm,
        },
        caution: false,
        in_steps: false,
        ..policy
    }
}

fn vmid(at: usize) -> Result<VmId, vm_autoscale_proxmox::Error> {
    VmId::try_from(u32::try_from(at).unwrap_or(u32::MAX).saturating_add(100))
}

fn index(vmid: VmId) -> usize {
    usize::try_from(vmid.get().saturating_sub(100)).unwrap_or(usize::MAX)
}

fn is_under_way(step: Move, seen: &Seen) -> bool {
    match step.resource() {
        Resource::Cpu => seen.cpu_busy,
        Resource::Memory => seen.mem_busy,
    }
}

fn is_done(step: Move, seen: &Seen) -> bool {
    match step {
        Move::Cpu { to, .. } => to.get() == seen.vcpus,
        Move::Memory { to, .. } => to.get() == seen.memory,
        Move::CpuLimit { .. } | Move::Balloon { .. } => false,
    }
}
