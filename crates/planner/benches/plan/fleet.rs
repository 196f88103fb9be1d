//! A cluster of any size as the planner sees it: for the benchmarks and for the test that counts
//! allocations.

use std::collections::BTreeMap;
use std::time::Duration;

use vm_autoscale_planner::{
    Allow, CpuLever, CpuRule, Decision, Marks, MemoryLever, MemoryRule, Moment, NodeInput, Planner,
    PlannerConfig, Sample, VmInput, VmPolicy,
};
use vm_autoscale_proxmox::{Error, NodeName, VmConfig, VmId};

/// Between two cycles.
const CYCLE: Duration = Duration::from_secs(10);
const NODES: u32 = 32;

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
    check_interval: CYCLE,
    cooldown: Duration::from_secs(60),
    rest: Duration::from_secs(60),
    external_change_hold: Duration::from_secs(60),
    low_checks: 2,
    weight: None,
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

    /// Begins to plan for it. Of so many VMs in a hundred the vCPUs are saturated.
    pub(crate) fn watch(&self, saturated: usize) -> Watch<'_> {
        let inputs = self.vms.iter().enumerate().map(|(index, (vmid, node, config))| VmInput {
            doubt: None,
            pause: None,
            quarantine: [None, None],
            vmid: *vmid,
            node,
            running: Some(true),
            config: Some(config),
            sample: Some(sample(if index % 100 < saturated { 0.95 } else { 0.5 })),
            policy: &POLICY,
            in_flight: false,
            node_online: true,
            ha_move: None,
        });
        let mut watch = Watch {
            planner: Planner::new(CONFIG),
            now: Moment(CYCLE),
            inputs: inputs.collect(),
            nodes: &self.nodes,
            decisions: Vec::new(),
        };
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
    /// A cycle later, when every VM was measured anew.
    pub(crate) fn advance(&mut self) {
        self.now = self.now.after(CYCLE);
        for sample in self.inputs.iter_mut().filter_map(|vm| vm.sample.as_mut()) {
            sample.ctime += CYCLE.as_secs();
            sample.uptime += CYCLE.as_secs();
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

/// Four vCPUs, that share of them used, and half of the memory.
fn sample(share: f64) -> Sample {
    Sample {
        ctime: 1_795_297_232,
        uptime: 86_400,
        cores_used: Some(4.0 * share),
        vcpus: Some(4.0),
        memory_used: Some(2048.0),
        memory: Some(4096.0),
    }
}
