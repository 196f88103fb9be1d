//! The sections of `config.yaml`.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use validator::Validate;
use vm_autoscale_proxmox::VmId;

#[cfg(test)]
use crate::schema;
use crate::settings::Own;
use crate::{Selection, leaf, rules};

/// The marks of both resources, in percent; what is left out comes from the layer below. Each may
/// be written `cpu: {high: 80, low: 20}` or `cpu_high: 80`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Validate, Default)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
#[validate(schema(function = "rules::thresholds", skip_on_field_errors = false))]
pub struct Thresholds {
    /// Of the plugged vCPUs.
    pub cpu: Option<Threshold>,
    /// Of the memory.
    pub ram: Option<Threshold>,
    /// The same as `high` of `cpu`.
    #[serde(deserialize_with = "leaf::some_percent")]
    #[cfg_attr(test, schemars(range(min = 0, max = 100)))]
    pub cpu_high: Option<f64>,
    /// The same as `low` of `cpu`.
    #[serde(deserialize_with = "leaf::some_percent")]
    #[cfg_attr(test, schemars(range(min = 0, max = 100)))]
    pub cpu_low: Option<f64>,
    /// The same as `high` of `ram`.
    #[serde(deserialize_with = "leaf::some_percent")]
    #[cfg_attr(test, schemars(range(min = 0, max = 100)))]
    pub ram_high: Option<f64>,
    /// The same as `low` of `ram`.
    #[serde(deserialize_with = "leaf::some_percent")]
    #[cfg_attr(test, schemars(range(min = 0, max = 100)))]
    pub ram_low: Option<f64>,
}

/// Marks in percent.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Default)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Threshold {
    /// Above this it grows. 80 for CPU and 85 for memory where no layer says it.
    #[serde(deserialize_with = "leaf::some_percent")]
    #[cfg_attr(test, schemars(range(min = 0, max = 100)))]
    pub high: Option<f64>,
    /// Below this it shrinks. 20 for CPU and 25 for memory where no layer says it.
    #[serde(deserialize_with = "leaf::some_percent")]
    #[cfg_attr(test, schemars(range(min = 0, max = 100)))]
    pub low: Option<f64>,
}

impl Thresholds {
    /// High and low of both, CPU first.
    pub(crate) fn marks(&self) -> [Option<f64>; 4] {
        let nested = |own: Option<Threshold>| own.unwrap_or_default();
        let (cpu, ram) = (nested(self.cpu), nested(self.ram));
        [
            self.cpu_high.or(cpu.high),
            self.cpu_low.or(cpu.low),
            self.ram_high.or(ram.high),
            self.ram_low.or(ram.low),
        ]
    }
}

/// Bounds of sizes; what is left out comes from the layer below. They narrow what the VM itself
/// and the helper allow, never widen it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Validate, Default)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[validate(schema(function = "rules::limits", skip_on_field_errors = false))]
pub struct Limits {
    /// Fewest vCPUs; 1 where no layer says it.
    pub min_cores: Option<u32>,
    /// Most vCPUs; 8 where no layer says it.
    pub max_cores: Option<u32>,
    /// Least memory in MiB; 1024 where no layer says it.
    pub min_ram_mb: Option<u32>,
    /// Most memory in MiB; 16384 where no layer says it.
    pub max_ram_mb: Option<u32>,
}

impl Limits {
    /// What they say.
    pub(crate) fn own(&self) -> Own {
        Own {
            min_cores: self.min_cores,
            max_cores: self.max_cores,
            min_ram_mb: self.min_ram_mb,
            max_ram_mb: self.max_ram_mb,
            ..Own::default()
        }
    }
}

/// When a node is full.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct HostLimits {
    /// No vCPU is added while the node's CPUs are busier. Where it is not said, the threshold rule
    /// keeps to 90, and nothing else does: with fewer vCPUs a VM on a busy node only gets less.
    #[serde(deserialize_with = "leaf::some_percent")]
    #[cfg_attr(test, schemars(range(min = 0, max = 100)))]
    pub max_host_cpu_percent: Option<f64>,
    /// No memory is added that would fill the node further, as far as it is in use.
    #[serde(deserialize_with = "leaf::percent")]
    #[cfg_attr(test, schemars(range(min = 0, max = 100)))]
    pub max_host_ram_percent: f64,
    /// Percent of the node's memory that is kept for the node itself: VMs grow until its guests
    /// have all the rest, used or not.
    #[serde(deserialize_with = "leaf::percent")]
    #[cfg_attr(test, schemars(range(min = 0, max = 100)))]
    pub memory_reserve_percent: f64,
    /// So many times that rest its guests may have; above 1 not all of them can use all that they
    /// have. 0.1 to 100.
    #[serde(deserialize_with = "leaf::ratio")]
    #[cfg_attr(test, schemars(range(min = 0.1, max = 100)))]
    pub memory_overcommit: f64,
    /// So many vCPUs the running VMs of a node may have in all for each of its CPUs; 0.1 to 100.
    #[serde(deserialize_with = "leaf::ratio")]
    #[cfg_attr(test, schemars(range(min = 0.1, max = 100)))]
    pub cpu_overcommit: f64,
}

impl Default for HostLimits {
    fn default() -> Self {
        Self {
            max_host_cpu_percent: None,
            max_host_ram_percent: 90.0,
            memory_reserve_percent: 5.0,
            memory_overcommit: 1.0,
            // Idle vCPUs cost next to nothing; far beyond this, those that are busy wait for each
            // other.
            cpu_overcommit: 4.0,
        }
    }
}

layer! {
    marks: thresholds,
    /// Settings for many VMs.
    #[serde(deny_unknown_fields)]
    pub struct Class {
        /// What VMs and other classes call it.
        #[serde(deserialize_with = "leaf::label")]
        #[cfg_attr(test, schemars(with = "schema::Label"))]
        pub name: String,
        /// The class that says what this one does not.
        #[serde(default, deserialize_with = "leaf::some_label")]
        #[cfg_attr(test, schemars(with = "Option<schema::Label>"))]
        pub inherits: Option<String>,
        /// The VMs that are of this class and so are looked after, as in the file's own `select`,
        /// but a hyphen takes out of this class alone. A VM is of the first class that names it,
        /// unless its own entry names one.
        #[serde(default)]
        pub select: Selection,
        /// Its marks, in percent.
        #[serde(default)]
        #[validate(nested)]
        pub thresholds: Thresholds,
    }
}

layer! {
    marks: thresholds,
    /// One VM's own settings.
    #[serde(deny_unknown_fields)]
    pub struct VirtualMachine {
        /// The VM; a number, or a number as text.
        #[serde(deserialize_with = "leaf::vm_id")]
        #[cfg_attr(test, schemars(with = "schema::VmId"))]
        pub vm_id: VmId,
        /// The cluster, or one of its nodes, where several clusters have a VM of that number. The
        /// VM may be on any node of that cluster.
        #[serde(default, deserialize_with = "leaf::some_label")]
        #[cfg_attr(test, schemars(with = "Option<schema::Label>"))]
        pub proxmox_host: Option<String>,
        /// Whether it is looked after at all: `false` holds over every `select`.
        #[serde(default = "yes")]
        pub scaling_enabled: bool,
        /// Its class, whatever the classes' own `select` say.
        #[serde(default, deserialize_with = "leaf::some_label")]
        #[cfg_attr(test, schemars(with = "Option<schema::Label>"))]
        pub class: Option<String>,
        /// Its own marks, in percent.
        #[serde(default)]
        #[validate(nested)]
        pub thresholds: Thresholds,
    }
}

/// The log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Logging {
    /// `error`, `warn` (or `warning`), `info` (the default), `debug` or `trace`.
    #[serde(deserialize_with = "leaf::level")]
    #[cfg_attr(test, schemars(with = "Option<schema::Level>"))]
    pub level: Option<String>,
    /// What a line looks like. Without it `text`, and where systemd keeps the log, entries with
    /// fields that can be asked for: `journalctl VMID=101`.
    pub format: Option<LogFormat>,
    /// A file. When it is full or a day (of UTC) is over it is renamed to `NAME.1`, that to
    /// `NAME.2`, and so on. Without it standard error, which systemd keeps.
    pub log_file: Option<PathBuf>,
    /// MiB that a log file takes at most, 1 to 1024.
    #[validate(range(min = 1, max = 1024, message = "1 to 1024 MiB"))]
    pub max_size_mb: u32,
    /// How many renamed files are kept, 0 to 1000.
    #[validate(range(max = 1000, message = "0 to 1000 files"))]
    pub keep: u32,
}

impl Default for Logging {
    fn default() -> Self {
        Self { level: None, format: None, log_file: None, max_size_mb: 10, keep: 14 }
    }
}

/// What a line of the log looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// An object a line.
    Json,
}

const fn yes() -> bool {
    true
}

/// The journal: changes and what became of them, decisions, and what was learnt of each VM.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct JournalFile {
    /// The `SQLite` file. It must lie on a local disk.
    pub path: PathBuf,
    /// Days for which changes and decisions are kept, 1 to 3650.
    #[validate(range(min = 1, max = 3650, message = "1 to 3650 days"))]
    pub keep_days: u32,
    /// Days for which it is kept what the VMs used, 1 to 3650.
    #[validate(range(min = 1, max = 3650, message = "1 to 3650 days"))]
    pub keep_samples_days: u32,
    /// MiB that the file may take; the oldest goes first, and what the VMs used before all else. 8
    /// to 65536.
    #[validate(range(min = 8, max = 65_536, message = "8 to 65536 MiB"))]
    pub max_size_mb: u32,
}

impl Default for JournalFile {
    fn default() -> Self {
        let path = "/var/lib/vm-autoscale/journal.db".into();
        Self { path, keep_days: 365, keep_samples_days: 30, max_size_mb: 256 }
    }
}
