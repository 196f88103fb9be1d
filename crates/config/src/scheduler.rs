//! `config.yaml`: what the scheduler looks after and when it acts.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use validator::Validate;
use vm_autoscale_proxmox::{ClusterName, VmId};

use crate::files::read_plain_bytes;
#[cfg(test)]
use crate::schema;
use crate::{Alerts, Checked, Error, Gotify, Secret, VmSet, leaf, rules};

/// The whole file. The keys that the Python predecessors had keep their names and meaning.
#[derive(Debug, Clone, PartialEq, Deserialize, Validate)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(deny_unknown_fields, default)]
#[validate(schema(function = "rules::scheduler", skip_on_field_errors = false))]
pub struct SchedulerConfig {
    /// How far it goes; a VM can be held to less. A new configuration starts in `observe`.
    pub mode: Mode,
    /// How it decides.
    pub policy: Policy,
    /// Where the helper listens.
    pub helper_socket: PathBuf,
    /// Where `vm-autoscale status` asks.
    pub control_socket: PathBuf,
    /// Seconds between two looks at a cluster. Proxmox itself measures every 10 s, and what is
    /// older than 30 s is not believed.
    #[validate(range(
        min = 1,
        max = 15,
        message = "1 to 15 seconds: what is older than 30 s is not believed"
    ))]
    pub observe_interval: u32,
    /// Seconds between two decisions on a VM, for growing too.
    #[validate(range(min = 1, max = 86_400, message = "1 to 86400 seconds"))]
    pub check_interval: u32,
    /// Seconds after a change of a VM's vCPUs, or of its memory, before the same is changed again.
    /// After a start nothing is changed for as long. Each failure in a row doubles it, up to 32
    /// times.
    #[validate(range(min = 1, max = 86_400, message = "1 to 86400 seconds"))]
    pub scale_cooldown: u32,
    /// So many decisions in a row must find a resource below its low mark before it shrinks.
    #[validate(range(min = 1, message = "at least 1"))]
    pub scale_down_after_cycles: u32,
    /// Marks in percent: above `high` a VM grows, below `low` it shrinks.
    #[validate(nested)]
    pub scaling_thresholds: Thresholds,
    /// How small and how large a VM may become. This narrows what the VM itself (sockets x cores)
    /// and the helper allow and never widens it.
    #[validate(nested)]
    pub scaling_limits: Limits,
    /// Whether memory is taken back (DIMM unplug) in mode `full`. Not every guest gives memory back
    /// when asked: try it with yours first.
    pub memory_shrink: bool,
    /// When a node is too full for growth. Shrinking is never held back by it.
    pub host_limits: HostLimits,
    /// VMs by number and range, with the settings above, in every cluster: `[101, 200-299]`.
    pub select: VmSet,
    /// VMs with settings of their own. What is left out comes from above. The first entry that
    /// fits a VM holds, also over `select`.
    #[serde(deserialize_with = "leaf::each")]
    #[validate(nested)]
    pub virtual_machines: Vec<VirtualMachine>,
    /// What is written where.
    pub logging: Logging,
    /// Mail of what happened.
    #[validate(nested)]
    pub alerts: Alerts,
    /// Messages of what happened to a Gotify server.
    #[validate(nested)]
    pub gotify: Gotify,
    /// A push URL of Uptime Kuma (or healthchecks): it is called when every cluster was seen, at
    /// most once a minute, and by falling silent tells that nobody looks any more.
    /// `VM_AUTOSCALE_UPTIME_KUMA_WEBHOOK` holds over it.
    #[cfg_attr(test, schemars(with = "Option<schema::SecretText>"))]
    pub uptime_kuma_url: Option<Secret>,
    /// Seconds for which the same message is not sent again.
    #[validate(range(max = 604_800, message = "at most 604800 seconds, a week"))]
    pub notification_dedup_seconds: u32,
}

/// How far the scheduler may go, from least to most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Default)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Looks and records.
    #[default]
    Observe,
    /// Also says what it would do.
    Recommend,
    /// Also adds, never takes away.
    UpOnly,
    /// Adds and takes away.
    Full,
}

impl std::fmt::Display for Mode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Observe => "observe",
            Self::Recommend => "recommend",
            Self::UpOnly => "up-only",
            Self::Full => "full",
        })
    }
}

/// How decisions are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Default)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(rename_all = "kebab-case")]
pub enum Policy {
    /// High and low marks, one step at a time.
    #[default]
    Threshold,
}

/// The marks of both resources; what is left out comes from the layer above.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Validate, Default)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// Of the plugged vCPUs.
    #[validate(nested)]
    pub cpu: Option<Threshold>,
    /// Of the memory.
    #[validate(nested)]
    pub ram: Option<Threshold>,
}

/// Marks in percent.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Validate)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(deny_unknown_fields)]
#[validate(schema(function = "rules::threshold", skip_on_field_errors = false))]
pub struct Threshold {
    /// Above this it grows.
    #[serde(deserialize_with = "leaf::percent")]
    #[cfg_attr(test, schemars(range(min = 0, max = 100)))]
    pub high: f64,
    /// Below this it shrinks.
    #[serde(deserialize_with = "leaf::percent")]
    #[cfg_attr(test, schemars(range(min = 0, max = 100)))]
    pub low: f64,
}

/// Bounds of sizes; what is left out comes from the layer above. They narrow what the VM itself
/// and the helper allow, never widen it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Validate, Default)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(deny_unknown_fields)]
#[validate(schema(function = "rules::limits", skip_on_field_errors = false))]
pub struct Limits {
    /// Fewest vCPUs.
    pub min_cores: Option<u32>,
    /// Most vCPUs.
    pub max_cores: Option<u32>,
    /// Least memory in MiB.
    pub min_ram_mb: Option<u32>,
    /// Most memory in MiB.
    pub max_ram_mb: Option<u32>,
}

/// When a node is full, in percent.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(deny_unknown_fields, default)]
pub struct HostLimits {
    /// No vCPU is added while the node's CPUs are busier.
    #[serde(deserialize_with = "leaf::percent")]
    #[cfg_attr(test, schemars(range(min = 0, max = 100)))]
    pub max_host_cpu_percent: f64,
    /// No memory is added that would fill the node further.
    #[serde(deserialize_with = "leaf::percent")]
    #[cfg_attr(test, schemars(range(min = 0, max = 100)))]
    pub max_host_ram_percent: f64,
}

/// One VM's own settings.
#[derive(Debug, Clone, PartialEq, Deserialize, Validate)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(deny_unknown_fields)]
pub struct VirtualMachine {
    /// The VM; a number, or a number as text.
    #[serde(deserialize_with = "leaf::vm_id")]
    #[cfg_attr(test, schemars(with = "schema::VmId"))]
    pub vm_id: VmId,
    /// The cluster, where several have a VM of that number.
    #[cfg_attr(test, schemars(with = "Option<schema::Label>"))]
    pub proxmox_host: Option<ClusterName>,
    /// Whether it is looked after at all.
    #[serde(default = "yes")]
    pub scaling_enabled: bool,
    /// Whether its vCPUs are.
    #[serde(default = "yes")]
    pub cpu_scaling: bool,
    /// Whether its memory is.
    #[serde(default = "yes")]
    pub ram_scaling: bool,
    /// At most as far as the file's own `mode`.
    pub mode: Option<Mode>,
    /// Its own marks.
    #[serde(default)]
    #[validate(nested)]
    pub thresholds: Thresholds,
    /// Its own bounds.
    #[serde(default)]
    #[validate(nested)]
    pub scaling_limits: Limits,
}

/// The log.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Default)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(deny_unknown_fields, default)]
pub struct Logging {
    /// `error`, `warn`, `info` (the default), `debug` or `trace`.
    #[serde(deserialize_with = "leaf::level")]
    #[cfg_attr(test, schemars(with = "Option<schema::Level>"))]
    pub level: Option<String>,
    /// A file, one a day, fourteen kept. Without it standard error, which systemd keeps.
    pub log_file: Option<PathBuf>,
}

/// What holds for one VM after all.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VmSettings {
    /// How far.
    pub mode: Mode,
    /// Whether vCPUs are looked after.
    pub cpu_scaling: bool,
    /// Whether memory is.
    pub ram_scaling: bool,
    /// When vCPUs are added and taken.
    pub cpu: Threshold,
    /// When memory is.
    pub ram: Threshold,
    /// Fewest and most vCPUs.
    pub cores: (u32, u32),
    /// Least and most memory in MiB.
    pub ram_mb: (u32, u32),
}

impl VmSettings {
    /// vCPUs where no section says more.
    pub(crate) const CORES: [u32; 2] = [1, 8];
    /// MiB where no section says more.
    pub(crate) const RAM_MB: [u32; 2] = [1024, 16_384];
}

impl SchedulerConfig {
    /// Reads and checks the file.
    ///
    /// # Errors
    /// Everything that is wrong, each with its place.
    pub fn read(path: &Path) -> Result<Self, Error> {
        Ok(Self::check(path)?.finish()?)
    }

    /// Reads the file as far as that can be done.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn check(path: &Path) -> Result<Checked<Self>, Error> {
        Ok(Checked::new(path, &read_plain_bytes(path)?))
    }

    /// What holds for a VM; `None` when it is not looked after.
    #[must_use]
    pub fn settings(&self, cluster: &ClusterName, vmid: VmId) -> Option<VmSettings> {
        let here = |vm: &&VirtualMachine| {
            vm.vm_id == vmid && vm.proxmox_host.as_ref().is_none_or(|host| host == cluster)
        };
        let own = self.virtual_machines.iter().find(here);
        if !own.map_or_else(|| self.select.contains(vmid), |vm| vm.scaling_enabled) {
            return None;
        }
        let marks = [own.map(|vm| vm.thresholds).unwrap_or_default(), self.scaling_thresholds];
        let limits = [own.map(|vm| vm.scaling_limits).unwrap_or_default(), self.scaling_limits];
        let bounds = |min: fn(&Limits) -> Option<u32>,
                      max: fn(&Limits) -> Option<u32>,
                      default: [u32; 2]| {
            let min = limits.iter().find_map(min).unwrap_or(default[0]);
            (min, limits.iter().find_map(max).unwrap_or(default[1]))
        };
        Some(VmSettings {
            mode: own.and_then(|vm| vm.mode).map_or(self.mode, |mode| mode.min(self.mode)),
            cpu_scaling: own.is_none_or(|vm| vm.cpu_scaling),
            ram_scaling: own.is_none_or(|vm| vm.ram_scaling),
            cpu: marks
                .iter()
                .find_map(|layer| layer.cpu)
                .unwrap_or(Threshold { high: 80.0, low: 20.0 }),
            ram: marks
                .iter()
                .find_map(|layer| layer.ram)
                .unwrap_or(Threshold { high: 85.0, low: 25.0 }),
            cores: bounds(|l| l.min_cores, |l| l.max_cores, VmSettings::CORES),
            ram_mb: bounds(|l| l.min_ram_mb, |l| l.max_ram_mb, VmSettings::RAM_MB),
        })
    }
}

impl Default for SchedulerConfig {
    fn default() -> Self {
        Self {
            mode: Mode::default(),
            policy: Policy::default(),
            helper_socket: "/run/vm-autoscale/helper.sock".into(),
            control_socket: "/run/vm-autoscale-scheduler/control.sock".into(),
            observe_interval: 10,
            check_interval: 300,
            scale_cooldown: 300,
            scale_down_after_cycles: 2,
            scaling_thresholds: Thresholds::default(),
            scaling_limits: Limits::default(),
            memory_shrink: false,
            host_limits: HostLimits::default(),
            select: VmSet::default(),
            virtual_machines: Vec::new(),
            logging: Logging::default(),
            alerts: Alerts::default(),
            gotify: Gotify::default(),
            uptime_kuma_url: None,
            notification_dedup_seconds: 3600,
        }
    }
}

impl Default for HostLimits {
    fn default() -> Self {
        Self { max_host_cpu_percent: 90.0, max_host_ram_percent: 90.0 }
    }
}

const fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests;
