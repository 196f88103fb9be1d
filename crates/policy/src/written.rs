//! What root wrote, checked and with the lines that say it.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use vm_autoscale_node::{BalloonMib, ClusterName, CpuLimit, MemoryMib, NodeName, Vcpus, VmId};

/// All of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// The file, for messages.
    pub file: PathBuf,
    /// Changes a minute.
    pub rates: Rates,
    /// Whether nothing is changed at all.
    pub read_only: bool,
    /// What may be reached.
    pub clusters: Vec<Cluster>,
    /// Of `rates.KEY`, by KEY, and of `read_only`.
    pub lines: Lines,
}

/// Changes a minute that are let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rates {
    /// Of one VM.
    pub per_vm: NonZeroU32,
    /// On one node.
    pub per_node: NonZeroU32,
    /// In all.
    pub total: NonZeroU32,
}

/// One cluster.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cluster {
    /// The name that the scheduler knows it by.
    pub name: ClusterName,
    /// Its nodes.
    pub nodes: Vec<NodeName>,
    /// Whether nothing is changed in it.
    pub read_only: bool,
    /// MiB that the VMs which rules name may have together.
    pub max_total_memory: Option<NonZeroU32>,
    /// The first that names a VM holds; a VM that none names is never changed.
    pub rules: Vec<VmRule>,
    /// Of its keys.
    pub lines: Lines,
}

/// From the first VMID to the last one.
pub type Range = (VmId, VmId);

/// What may be done to some VMs. Where the largest size (of CPU limit and balloon, the smallest) is
/// missing, that is not changed at all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VmRule {
    /// Which VMs.
    pub vms: Vec<Range>,
    /// Which of them not.
    pub except: Vec<Range>,
    /// Fewest vCPUs.
    pub min_vcpus: Option<Vcpus>,
    /// Most vCPUs.
    pub max_vcpus: Option<Vcpus>,
    /// Most vCPUs that come at once.
    pub max_vcpus_step: Option<Vcpus>,
    /// Least memory.
    pub min_memory: Option<MemoryMib>,
    /// Most memory.
    pub max_memory: Option<MemoryMib>,
    /// Most MiB that come at once.
    pub max_memory_step: Option<MemoryMib>,
    /// Lowest cap on CPU time.
    pub min_cpulimit: Option<CpuLimit>,
    /// Highest cap on CPU time; then it is never removed, either.
    pub max_cpulimit: Option<CpuLimit>,
    /// Lowest balloon target.
    pub min_balloon: Option<BalloonMib>,
    /// Highest balloon target.
    pub max_balloon: Option<BalloonMib>,
    /// Of its keys.
    pub lines: Lines,
}

/// The lines of a section's keys, and by the empty key its own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lines(BTreeMap<String, usize>);

impl Lines {
    /// Those of keys that the file has.
    #[must_use]
    pub fn new(lines: impl IntoIterator<Item = (String, usize)>) -> Self {
        Self(lines.into_iter().collect())
    }

    /// The line that says it; for a key that the file leaves out, its section's, and nothing where
    /// that is left out as well.
    #[must_use]
    pub fn of(&self, key: &str) -> Option<usize> {
        self.0.get(key).or_else(|| self.0.get("")).copied()
    }
}

impl Policy {
    /// The cluster of that name.
    #[must_use]
    pub fn cluster(&self, name: &ClusterName) -> Option<&Cluster> {
        self.clusters.iter().find(|cluster| cluster.name == *name)
    }

    /// `FILE:LINE` of a key in one of its sections.
    #[must_use]
    pub fn at(&self, lines: &Lines, key: &str) -> String {
        let file = self.file.display();
        lines.of(key).map_or_else(|| file.to_string(), |line| format!("{file}:{line}"))
    }
}

impl Cluster {
    /// The rule that holds for a VM.
    #[must_use]
    pub fn rule(&self, vmid: VmId) -> Option<&VmRule> {
        self.rules.iter().find(|rule| rule.names(vmid))
    }
}

impl VmRule {
    /// Whether it holds for that VM.
    #[must_use]
    pub fn names(&self, vmid: VmId) -> bool {
        let has =
            |ranges: &[Range]| ranges.iter().any(|(first, last)| (first..=last).contains(&&vmid));
        has(&self.vms) && !has(&self.except)
    }
}
