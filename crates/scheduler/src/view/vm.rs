//! One VM as it is known.

use std::sync::Arc;
use std::time::Duration;

use vm_autoscale_config::{self as config, Answer, Managed, Mode, Policy, VmSettings};
use vm_autoscale_planner::{
    Allow, CpuLever, CpuRule, Marks, MemoryLever, MemoryRule, Moment, Sample, VmPolicy,
};
use vm_autoscale_proxmox::{Digest, Identity, NodeName, VmConfig, VmEntry, VmLine, VmStatus};

use super::held::{Held, Shared};
use super::{MIB, law};

/// Proxmox's own interval.
const GONE: Duration = Duration::from_secs(10);

/// A VM that is looked after, or may turn out to be.
#[derive(Debug)]
pub(crate) struct KnownVm {
    pub(crate) node: NodeName,
    /// Of the config, by the answering node.
    pub(super) version: u64,
    pub(crate) config: Option<Arc<KnownConfig>>,
    /// Who it is, by the last config that was read of it, wherever it was then.
    pub(crate) identity: Option<Identity>,
    /// How often in a row its config said less of that.
    pub(super) lacked: u8,
    pub(crate) running: Option<bool>,
    pub(crate) sample: Option<Sample>,
    /// When the last sample was taken, by the node's clock.
    measured: Option<u64>,
    pub(crate) ha_move: Option<String>,
    /// The version of a config that could not be understood: it is read again when it changes.
    pub(super) unreadable: Option<u64>,
    /// What holds for it, if it is looked after.
    pub(crate) held: Option<Arc<Held>>,
    /// The names of the schedules that hold for it.
    pub(crate) schedules: Vec<String>,
    /// Whether that was asked since something changed that the file may select by.
    pub(super) is_settled: bool,
    /// Whether its config was read, and it is not known all the same whether it is selected.
    is_unknown: bool,
    /// Why another cluster's VM may be meant.
    pub(super) elsewhere: Option<String>,
    /// Who paused it, and why.
    pub(crate) pause: Option<String>,
    /// Why QEMU and config disagree, of its vCPUs and of its memory.
    pub(crate) quarantine: [Option<String>; 2],
    /// New samples in a row that were measured at another memory size than the config's.
    pub(crate) other_size: u32,
    /// How often QEMU was asked because of that.
    pub(crate) compared: u32,
    /// What became of a change of ours is not known, and it may still be at work.
    pub(crate) unsure: Option<&'static str>,
    /// Whether its guest's agent answered the last question, and when that was, in seconds since
    /// 1970.
    pub(crate) agent: Option<(bool, u64)>,
    /// Whether the last look found it, and where.
    pub(crate) seen: bool,
    /// Since when, and in how many looks in a row, it was in neither copy of the list.
    pub(super) missing: Option<(Moment, u8)>,
}

/// A config as it was read.
#[derive(Debug, PartialEq)]
pub(crate) struct KnownConfig {
    pub(super) version: u64,
    pub(crate) digest: Digest,
    pub(crate) config: VmConfig,
}

impl KnownVm {
    /// One that was not seen before; `identity` is who it was by a process of before.
    pub(super) fn new(node: &NodeName, identity: Option<Identity>) -> Self {
        Self {
            node: node.clone(),
            version: 0,
            config: None,
            identity,
            lacked: 0,
            running: None,
            sample: None,
            measured: None,
            ha_move: None,
            unreadable: None,
            held: None,
            schedules: Vec::new(),
            is_settled: false,
            is_unknown: false,
            elsewhere: None,
            pause: None,
            quarantine: [None, None],
            other_size: 0,
            compared: 0,
            unsure: None,
            agent: None,
            seen: false,
            missing: None,
        }
    }

    /// Takes what the file says of it; `for_good` where its config was read for that.
    pub(super) fn settle(&mut self, answer: &Answer, for_good: bool, shared: &mut Shared) {
        self.is_settled = for_good;
        self.is_unknown = *answer == Answer::Unknown && for_good;
        match answer {
            Answer::Yes(managed) => self.held = Some(shared.of(managed)),
            Answer::No => self.held = None,
            Answer::Unknown => {}
        }
    }

    /// What the file says of it, if it is looked after.
    pub(crate) fn managed(&self) -> Option<&Managed> {
        self.held.as_deref().map(|held| &held.managed)
    }

    /// What the planner does for it, if it is looked after.
    pub(crate) fn policy(&self) -> Option<&VmPolicy> {
        self.held.as_deref().map(|held| &held.policy)
    }

    /// Whether it may be selected, and nobody knows.
    pub(crate) fn is_undecided(&self) -> bool {
        self.is_unknown && self.held.is_none()
    }

    /// How far it goes.
    pub(crate) fn mode(&self) -> Mode {
        self.managed().map(|managed| managed.settings.mode).unwrap_or_default()
    }

    /// Why it is not known whether it is meant.
    pub(super) fn doubt(&self) -> Option<&str> {
        let unsure = "whether it is still selected: the pools could not be read";
        let of_selection = self.elsewhere.as_deref().or(self.is_unknown.then_some(unsure));
        of_selection.or(self.unsure)
    }

    /// The config, if it is that of the last look.
    pub(crate) fn current(&self) -> Option<&KnownConfig> {
        self.config.as_deref().filter(|known| known.version == self.version)
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
    pub(super) fn update(&mut self, entry: &VmEntry, line: Option<&VmLine>, in_flight: bool) {
        self.seen = true;
        self.version = entry.version;
        if self.node != entry.node {
            self.node.clone_from(&entry.node);
            self.config = None;
            self.is_settled = false;
        }
        self.running = line.map(|line| line.status == VmStatus::Running);
        self.sample = line.map(sample);
        if let Some(sample) = self.sample.filter(|sample| self.measured != Some(sample.ctime)) {
            self.measured = Some(sample.ctime);
            let differs = !in_flight && self.is_of_another_size(&sample);
            self.other_size = if differs { self.other_size.saturating_add(1) } else { 0 };
        }
    }

    /// Where there is a balloon device, the figure is what QEMU has, whatever the config says.
    fn is_of_another_size(&self, sample: &Sample) -> bool {
        let config = self.current().map(|known| &known.config);
        let config = config.filter(|config| config.balloon != Some(0));
        let sizes = config.map(|config| f64::from(config.memory.get())).zip(sample.memory);
        sizes.is_some_and(|(config, qemu)| (config - qemu).abs() >= 0.5)
    }
}

/// After a failed change, and after a start without a journal, `adaptive` holds for so long: the
/// default of `scale_cooldown`.
const HOLD: u32 = 300;

/// What the planner is to do for a VM for which that holds.
#[must_use]
pub fn vm_policy(settings: &VmSettings) -> VmPolicy {
    let seconds = |n: u32| Duration::from_secs(n.into());
    let (cpu, memory) = rules(settings);
    // `adaptive` judges every new sample, and has clocks of its own for what follows a change.
    let [check_interval, cooldown, rest] = match settings.policy {
        Policy::Adaptive => [0, HOLD, 0],
        Policy::Threshold => {
            [settings.check_interval, settings.scale_cooldown, settings.scale_cooldown]
        }
    };
    VmPolicy {
        allow: match settings.mode {
            Mode::Observe | Mode::Recommend => Allow::Nothing,
            Mode::UpOnly => Allow::Growth,
            Mode::Full => Allow::Everything,
        },
        cpu: settings.cpu_scaling.then_some(cpu),
        memory: settings.ram_scaling.then_some(memory),
        cpu_lever: cpu_lever(settings.cpu_lever),
        memory_lever: memory_lever(settings.memory_lever),
        // Who writes marks knows the rule by which they work, and wants no other.
        caution: settings.policy == Policy::Adaptive,
        in_steps: true,
        vcpus: (settings.min_cores, settings.max_cores),
        memory_mib: (settings.min_ram_mb, settings.max_ram_mb),
        memory_shrink: settings.memory_shrink,
        check_interval: seconds(check_interval),
        cooldown: seconds(cooldown),
        rest: seconds(rest),
        external_change_hold: seconds(settings.external_change_hold),
        low_checks: settings.scale_down_after_cycles,
        weight: settings.weight.said(),
    }
}

fn rules(settings: &VmSettings) -> (CpuRule, MemoryRule) {
    let marks = |high: f64, low: f64| Marks { high, low };
    match settings.policy {
        Policy::Adaptive => (
            CpuRule::Adaptive(law::cpu(&settings.adaptive_cpu)),
            MemoryRule::Adaptive(law::memory(&settings.adaptive_memory)),
        ),
        Policy::Threshold => (
            CpuRule::Threshold(marks(settings.cpu_high, settings.cpu_low)),
            MemoryRule::Threshold(marks(settings.ram_high, settings.ram_low)),
        ),
    }
}

fn cpu_lever(said: config::CpuLever) -> CpuLever {
    match said {
        config::CpuLever::Auto => CpuLever::Auto,
        config::CpuLever::Cpulimit => CpuLever::Limit,
        config::CpuLever::Vcpus => CpuLever::Vcpus,
    }
}

fn memory_lever(said: config::MemoryLever) -> MemoryLever {
    match said {
        config::MemoryLever::Balloon => MemoryLever::Balloon,
        config::MemoryLever::Dimm => MemoryLever::Dimm,
        config::MemoryLever::None => MemoryLever::Nothing,
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
