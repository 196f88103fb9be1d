//! One VM as it is known.

use vm_autoscale_config::{Mode, SchedulerConfig, VmSettings};
use vm_autoscale_planner::{Allow, Marks, Sample, VmPolicy};
use vm_autoscale_proxmox::{Digest, Identity, NodeName, VmConfig, VmEntry, VmLine, VmStatus};

use super::MIB;

/// A VM that is looked after.
#[derive(Debug)]
pub(crate) struct KnownVm {
    pub(crate) node: NodeName,
    /// Of the config, by the answering node.
    pub(super) version: u64,
    pub(crate) config: Option<KnownConfig>,
    /// Who it is, by the last config that was read of it, wherever it was then.
    pub(crate) identity: Option<Identity>,
    pub(crate) running: Option<bool>,
    pub(crate) sample: Option<Sample>,
    pub(crate) ha_move: Option<String>,
    /// The version of a config that could not be understood: it is read again when it changes.
    pub(super) unreadable: Option<u64>,
    pub(crate) mode: Mode,
    pub(crate) policy: VmPolicy,
    /// Whether the last look found it, and where.
    pub(crate) seen: bool,
    /// Looks in a row that found it in neither copy of the list.
    pub(super) missing: u8,
}

/// A config as it was read.
#[derive(Debug)]
pub(crate) struct KnownConfig {
    pub(super) version: u64,
    pub(crate) digest: Digest,
    pub(crate) config: VmConfig,
}

impl KnownVm {
    pub(super) fn new(node: &NodeName, settings: &VmSettings, config: &SchedulerConfig) -> Self {
        Self {
            node: node.clone(),
            version: 0,
            config: None,
            identity: None,
            running: None,
            sample: None,
            ha_move: None,
            unreadable: None,
            mode: settings.mode,
            policy: policy(settings, config),
            seen: false,
            missing: 0,
        }
    }

    /// Takes what one look says of it.
    pub(super) fn update(&mut self, entry: &VmEntry, line: Option<&VmLine>) {
        self.seen = true;
        self.version = entry.version;
        if self.node != entry.node {
            self.node.clone_from(&entry.node);
            self.config = None;
        }
        self.running = line.map(|line| line.status == VmStatus::Running);
        self.sample = line.map(sample);
    }
}

fn policy(settings: &VmSettings, config: &SchedulerConfig) -> VmPolicy {
    let marks = |threshold: vm_autoscale_config::Threshold| Marks {
        high: threshold.high,
        low: threshold.low,
    };
    VmPolicy {
        allow: match settings.mode {
            Mode::Observe | Mode::Recommend => Allow::Nothing,
            Mode::UpOnly => Allow::Growth,
            Mode::Full => Allow::Everything,
        },
        cpu: settings.cpu_scaling.then(|| marks(settings.cpu)),
        memory: settings.ram_scaling.then(|| marks(settings.ram)),
        vcpus: settings.cores,
        memory_mib: settings.ram_mb,
        memory_shrink: config.memory_shrink,
    }
}

fn sample(line: &VmLine) -> Sample {
    let cores_used = line.cpu.zip(line.maxcpu).map(|(share, vcpus)| share * vcpus);
    Sample {
        ctime: line.ctime,
        uptime: line.uptime,
        cores_used,
        vcpus: line.maxcpu,
        memory_used: line.mem.map(|bytes| bytes / MIB),
        memory: line.maxmem.map(|bytes| bytes / MIB),
    }
}
