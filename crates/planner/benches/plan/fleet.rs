//! A cluster of any size as the planner sees it: for the benchmarks and for the test that counts
//! allocations.

use std::collections::BTreeMap;
use std::time::Duration;

use vm_autoscale_planner::{
    Allow, CpuLaw, CpuLever, CpuRule, Decision, Marks, MemoryLaw, MemoryLever, MemoryRule, Moment,
    NodeInput, Planner, PlannerConfig, Sample, VmInput, VmPolicy,
};
use vm_autoscale_proxmox::{Error, NodeName, VmConfig, VmId};

/// Between two cycles.
const CYCLE: Duration = Duration::from_secs(10);
const NODES: u32 = 32;
/// By how much of its size the use of a VM changes from cycle to cycle, over and over.
const JUMPS: [[f64; 5]; 3] = [
    [0.01, 0.01, -0.02, -0.01, 0.01],
    [-0.01, -0.01, 0.02, 0.01, -0.01],
    [0.02, -0.02, 0.01, -0.01, 0.0],
];

const CONFIG: PlannerConfig = PlannerConfig {
    max_host_cpu: None,
    max_host_memory: 90.0,
    memory_reserve: 5.0,
    memory_overcommit: 1.0,
    cpu_overcommit: 4.0,
};

/// Everything may be done, one step at a time beyond two marks.
pub(crate) const THRESHOLD: VmPolicy = VmPolicy {
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
    check_interval: CYCLE,
    cooldown: Duration::from_secs(60),
    rest: Duration::from_secs(60),
    external_change_hold: Duration::from_secs(60),
    low_checks: 2,
    weight: None,
};

/// The same by each VM's own use.
pub(crate) const ADAPTIVE: VmPolicy = VmPolicy {
    cpu: Some(CpuRule::Adaptive(CpuLaw::BALANCED)),
    memory: Some(MemoryRule::Adaptive(MemoryLaw::BALANCED)),
    caution: true,
    ..THRESHOLD
};

/// What does not change from cycle to cycle.
pub(crate) struct Fleet {
    nodes: BTreeMap<NodeName, NodeInput>,
    vms: Vec<(VmId, NodeName, VmConfig)>,
}

impl Fleet {
    /// So many VMs, dealt out to 32 nodes; each has a config of its own, as in the scheduler.
    ///
    /// # Errors
    /// More VMs than there are numbers.
    pub(crate) fn new(vms: u32) -> Result<Self, Error> {
        // Two CPUs for each VM: all may have the eight vCPUs that they can.
        let cpus = f64::from(vms);
        let node = NodeInput {
            cpu: Some(0.3),
            memory: Some(1_048_576.0),
            memory_used: Some(400_000.0),
            cpus: Some(cpus),
            others_memory: Some(0.0),
            others_vcpus: Some(0.0),
            fresh: true,
            changing: 0,
        };
        let name = |index: u32| NodeName::try_from(format!("pve{}", index % NODES + 1).as_str());
        let config = VmConfig::parse(
            "cores: 8\nhotplug: disk,network,usb,memory,cpu\nmemory: 4096\nnuma: 1\nostype: l26\n\
             sockets: 1\nvcpus: 4\nvmgenid: 00000000-0000-4000-8000-000000000000\n",
        )?;
        let vm = |index: u32| {
            let config = VmConfig { name: Some(format!("web-{index}")), ..config.clone() };
            Ok((VmId::try_from(101 + index)?, name(index)?, config))
        };
        Ok(Self {
            nodes: (0..NODES)
                .map(|index| Ok((name(index)?, node)))
                .collect::<Result<_, Error>>()?,
            vms: (0..vms).map(vm).collect::<Result<_, Error>>()?,
        })
    }

    /// Begins to plan for it, before anything was seen. Of so many VMs in a hundred the vCPUs are
    /// saturated; of the others neither rule wants to change anything.
    pub(crate) fn begin(&self, policy: &'static VmPolicy, saturated: usize) -> Watch<'_> {
        let inputs = self.vms.iter().enumerate().map(|(index, (vmid, node, config))| VmInput {
            doubt: None,
            pause: None,
            quarantine: [None, None],
            vmid: *vmid,
            node,
            running: Some(true),
            config: Some(config),
            sample: Some(sample(if index % 100 < saturated { 0.98 } else { 0.77 })),
            policy,
            in_flight: false,
            node_online: true,
            ha_move: None,
        });
        Watch {
            planner: Planner::new(CONFIG),
            now: Moment(CYCLE),
            inputs: inputs.collect(),
            nodes: &self.nodes,
            decisions: Vec::new(),
        }
    }

    /// The same at work.
    pub(crate) fn watch(&self, policy: &'static VmPolicy, saturated: usize) -> Watch<'_> {
        let mut watch = self.begin(policy, saturated);
        // The first cycles meet the VMs and make the room that the later ones use again.
        for _ in 0..3 {
            watch.advance();
            watch.plan();
        }
        watch
    }
}

/// A planner at work.
pub(crate) struct Watch<'a> {
    planner: Planner,
    now: Moment,
    inputs: Vec<VmInput<'a>>,
    nodes: &'a BTreeMap<NodeName, NodeInput>,
    decisions: Vec<Decision>,
}

impl Watch<'_> {
    /// A cycle later, when every VM was measured anew: its use goes up and down a little, each
    /// VM's in its own time.
    pub(crate) fn advance(&mut self) {
        self.now = self.now.after(CYCLE);
        let samples = self.inputs.iter_mut().filter_map(|vm| vm.sample.as_mut());
        for (steps, sample) in JUMPS.iter().cycle().zip(samples) {
            let jumps = sample.uptime / CYCLE.as_secs() % 5;
            let step = steps.iter().cycle().nth(usize::try_from(jumps).unwrap_or_default());
            let step = step.copied().unwrap_or_default();
            sample.ctime += CYCLE.as_secs();
            sample.uptime += CYCLE.as_secs();
            sample.cores_used = sample.cores_used.map(|used| used + 4.0 * step);
            sample.memory_used = sample.memory_used.map(|used| used + 4096.0 * step);
        }
    }

    /// One cycle of the planner.
    pub(crate) fn plan(&mut self) {
        self.planner.plan(self.now, &self.inputs, self.nodes, &mut self.decisions);
    }

    /// How many VMs the last cycle decided on, and on how many of them a change.
    pub(crate) fn decided(&self) -> (usize, usize) {
        let acts = self.decisions.iter().filter(|decision| decision.act().is_some());
        (self.decisions.len(), acts.count())
    }
}

/// Four vCPUs, that share of them used, and four fifths of the memory.
fn sample(share: f64) -> Sample {
    Sample {
        ctime: 1_795_297_232,
        uptime: 86_400,
        cores_used: Some(4.0 * share),
        vcpus: Some(4.0),
        memory_used: Some(3277.0),
        memory: Some(4096.0),
    }
}
