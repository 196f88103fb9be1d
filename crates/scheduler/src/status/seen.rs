//! What a look found, as it is posted after every cycle: shared where nothing changed, and told in
//! words only to whoever asks. To write thousands of VMs down each time would take longer than to
//! decide on them.

use std::sync::Arc;

use vm_autoscale_config::Mode;
use vm_autoscale_planner::{Choice, Decision, Moment, Move, Sample, Verdict};
use vm_autoscale_proxmox::{ClusterName, NodeName, VmId};

use super::planned::planned;
use super::{
    ClusterStatus, MemorySignal, NodeStatus, Planned, PlannedState, VmStatus, one_line, told,
};
use crate::LastChange;
use crate::journal::{Standing, VmRecord};
use crate::view::{InFlight, KnownConfig, KnownVm, View};

/// A cluster after a look.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Seen {
    /// All but its VMs.
    pub(crate) cluster: ClusterStatus,
    pub(crate) vms: Vec<SeenVm>,
}

/// A VM that is looked after.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SeenVm {
    decision: Decision,
    node: NodeName,
    config: Option<Arc<KnownConfig>>,
    pool: Option<String>,
    mode: Mode,
    /// Of its vCPUs and its memory.
    bounds: Option<[(u32, u32); 2]>,
    schedules: Vec<String>,
    sample: Option<Sample>,
    /// Seconds since its last new sample came.
    pub(crate) sample_age: Option<u64>,
    /// Whether its guest said of late what memory it needs.
    pub(crate) is_heard: bool,
    pub(crate) is_under_way: bool,
    pub(crate) record: Option<Arc<VmRecord>>,
    /// A change of ours that has ended since.
    pub(crate) changed: Option<LastChange>,
}

impl Seen {
    /// What is known after a look.
    pub(crate) fn of(name: &ClusterName, view: &View, decisions: &[Decision], now: Moment) -> Self {
        let mut vms = Vec::with_capacity(decisions.len());
        vms.extend(decisions.iter().filter_map(|decision| {
            let vm = view.vms.get(&decision.vmid)?;
            let pool = view.pools.as_ref().and_then(|pools| pools.of(decision.vmid));
            Some(SeenVm::of(vm, pool, decision))
        }));
        let cluster = ClusterStatus {
            name: name.clone(),
            answered_by: view.entry.as_ref().map(|(node, _)| node.clone()),
            problem: None,
            problem_for: None,
            paused: view.pause.as_deref().map(one_line),
            looks: 0,
            look_ms: 0,
            nodes: nodes(view, now),
            vms: Vec::new(),
            pools_known: view.pools.is_some(),
            undecided: view.vms.values().filter(|vm| vm.is_undecided()).count(),
            unread: view.unread,
        };
        Self { cluster, vms }
    }

    /// All of it in words.
    pub(crate) fn status(&self) -> ClusterStatus {
        let mut status = self.cluster.clone();
        status.vms.extend(self.vms.iter().map(SeenVm::status));
        status
    }
}

/// One whose VMs are told already.
#[cfg(test)]
impl From<ClusterStatus> for Seen {
    fn from(cluster: ClusterStatus) -> Self {
        Self { cluster, vms: Vec::new() }
    }
}

fn nodes(view: &View, now: Moment) -> Vec<NodeStatus> {
    let nodes = view.node_inputs(now, &InFlight::new()).into_iter();
    let told = nodes.map(|(name, node)| NodeStatus {
        cpu: node.cpu.map(|share| share * 100.0),
        memory: percent(node.memory_used, node.memory),
        online: !view.offline.contains(&name),
        name,
        fresh: node.fresh,
        memory_budget: None,
        vcpus_budget: None,
    });
    told.collect()
}

impl SeenVm {
    fn of(vm: &KnownVm, pool: Option<&str>, decision: &Decision) -> Self {
        Self {
            decision: decision.clone(),
            node: vm.node.clone(),
            config: vm.config.clone(),
            pool: pool.map(str::to_owned),
            mode: vm.mode(),
            bounds: vm.policy().map(|policy| [policy.vcpus, policy.memory_mib]),
            schedules: vm.schedules.clone(),
            sample: vm.sample,
            sample_age: None,
            is_heard: false,
            is_under_way: false,
            record: None,
            changed: None,
        }
    }

    pub(crate) fn vmid(&self) -> VmId {
        self.decision.vmid
    }

    /// All of it in words.
    fn status(&self) -> VmStatus {
        let Decision { vmid, cpu, memory } = &self.decision;
        let (config, sample) = (self.config.as_ref().map(|known| &known.config), self.sample);
        let record = self.record.as_deref();
        let [cpu_since, memory_since] =
            record.map(|r| r.standing.each_ref().map(since)).unwrap_or_default();
        let last = self.changed.as_ref().or(record.and_then(|record| record.last.as_ref()));
        VmStatus {
            vmid: *vmid,
            name: config.and_then(|config| config.name.clone()),
            node: self.node.clone(),
            tags: config
                .map(|config| config.tags.iter().map(str::to_owned).collect())
                .unwrap_or_default(),
            pool: self.pool.clone(),
            mode: self.mode.to_string(),
            vcpus: config.and_then(|config| config.plugged_vcpus().ok()).map(u32::from),
            memory: config.map(|config| config.memory.get()),
            cpu_used: sample.and_then(|s| percent(s.cores_used, s.vcpus)),
            memory_used: sample.and_then(|s| percent(s.memory_used, s.memory)),
            cpu: told(cpu),
            memory_decision: told(memory),
            vcpus_bounds: self.bounds.map(|[vcpus, _]| vcpus),
            memory_bounds: self.bounds.map(|[_, memory]| memory),
            schedules: self.schedules.clone(),
            sample_age: self.sample_age,
            signal: self.sample_age.map(|_| self.signal()),
            cpu_since,
            memory_since,
            blocked: [cpu.reason.is_block(), memory.reason.is_block()],
            kinds: [cpu, memory].map(|choice| choice.reason.kind().into()),
            wanted: [cpu, memory].map(wanted),
            last: last.cloned(),
            moves: self.moves(),
        }
    }

    /// A line for whoever sums up, where something keeps it from being looked after; mostly both
    /// for the same reason.
    pub(crate) fn blocked(&self) -> Option<String> {
        let Decision { cpu, memory, .. } = &self.decision;
        [cpu, memory].into_iter().find(|choice| choice.reason.is_block()).map(told)
    }

    fn signal(&self) -> MemorySignal {
        let no_device = self.config.as_ref().is_some_and(|known| known.config.balloon == Some(0));
        match self.is_heard {
            _ if no_device => MemorySignal::Host,
            true => MemorySignal::Guest,
            false => MemorySignal::Balloon,
        }
    }

    fn moves(&self) -> Vec<Planned> {
        let mut moves = planned(&self.decision);
        let decided = moves.iter_mut().filter(|is| is.state == PlannedState::Decided);
        decided.filter(|_| self.is_under_way).for_each(|is| is.state = PlannedState::UnderWay);
        moves
    }
}

fn since(standing: &Standing) -> Option<u64> {
    (standing.since > 0).then_some(standing.since)
}

fn percent(part: Option<f64>, whole: Option<f64>) -> Option<f64> {
    Some(100.0 * part? / whole.filter(|whole| *whole > 0.0)?)
}

/// The size that is decided on, where it is another one.
fn wanted(choice: &Choice) -> Option<u32> {
    match choice.verdict {
        Verdict::Act(step) | Verdict::Recommend(step) => match step {
            Move::Cpu { to, .. } => Some(to.into()),
            Move::Memory { to, .. } => Some(to.get()),
            Move::CpuLimit { .. } | Move::Balloon { .. } => None,
        },
        Verdict::Hold => None,
    }
}
