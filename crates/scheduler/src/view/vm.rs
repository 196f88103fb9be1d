//! One VM as it is known.

use std::time::Duration;

use vm_autoscale_config::{Mode, SchedulerConfig, VmSettings};
use vm_autoscale_planner::{Allow, Marks, Moment, Sample, VmPolicy};
use vm_autoscale_proxmox::{Digest, Identity, NodeName, VmConfig, VmEntry, VmLine, VmStatus};

use super::MIB;

/// Proxmox's own interval.
const GONE: Duration = Duration::from_secs(10);

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
    /// Since when, and in how many looks in a row, it was in neither copy of the list.
    pub(super) missing: Option<(Moment, u8)>,
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
            missing: None,
        }
    }

    /// The config, if it is that of the last look.
    pub(crate) fn current(&self) -> Option<&KnownConfig> {
        self.config.as_ref().filter(|known| known.version == self.version)
    }

    /// Nothing is known of it now but whether a list has it.
    pub(super) fn begin_look(&mut self, now: Moment, listed: bool) {
        self.seen = false;
        self.running = None;
        self.sample = None;
        if listed {
            self.missing = None;
        } else {
            let (since, looks) = self.missing.unwrap_or((now, 0));
            self.missing = Some((since, looks.saturating_add(1)));
        }
    }

    /// In no list in two looks, some time apart: a migration's rename takes it from every list
    /// for a moment.
    pub(super) fn is_gone(&self, now: Moment) -> bool {
        self.missing.is_some_and(|(since, looks)| looks >= 2 && now.since(since) >= GONE)
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
    let seconds = |n: u32| Duration::from_secs(n.into());
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
        check_interval: seconds(config.check_interval),
        cooldown: seconds(config.scale_cooldown),
        low_checks: config.scale_down_after_cycles,
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
