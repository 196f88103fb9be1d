//! Whether a VM can be scaled, and what would have to be set where it cannot: `vm-autoscale doctor`.
//!
//! Rules over what the daemon knows anyway. Nothing is read for them, and nothing is changed.

use serde::{Deserialize, Serialize};
use vm_autoscale_config::DoctorCode;
use vm_autoscale_proxmox::{ClusterName, NodeName, VmId};

mod cpu;
mod memory;
mod patient;
mod setting;
mod state;

pub(crate) use patient::{Learnt, Node, Patient};
pub use setting::{QmOption, qm_set};

/// What was found of all VMs that were asked for.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Checkup {
    /// Each looked after VM that was meant.
    pub vms: Vec<VmCheckup>,
    /// Clusters that could not be asked, and why.
    pub unseen: Vec<String>,
    /// VMs of which it is not known whether they were meant.
    pub undecided: usize,
}

/// What was found of one VM.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VmCheckup {
    /// In which cluster.
    pub cluster: ClusterName,
    /// Its number.
    pub vmid: VmId,
    /// Where it is.
    pub node: NodeName,
    /// Its name.
    pub name: Option<String>,
    /// Whether it runs, where that is known.
    pub running: Option<bool>,
    /// Its operating system by the config.
    pub ostype: Option<String>,
    /// In the order of their codes.
    pub findings: Vec<Finding>,
    /// What was found and `doctor.ignore` passes over.
    pub ignored: Vec<DoctorCode>,
    /// What nobody knows, and how to see it.
    pub unknown: Vec<String>,
}

/// How much a finding counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Worth knowing.
    Note,
    /// It can be scaled, but not as far or as well as it could.
    Warn,
    /// It, or one of its resources, cannot be scaled.
    Fail,
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// What it is.
    pub code: DoctorCode,
    /// How much it counts.
    pub level: Level,
    /// What is so.
    pub text: String,
    /// What `qm set` would have to set; nothing where that does not help.
    #[serde(default)]
    pub set: Vec<QmOption>,
    /// Whether the VM then has to be powered off and on; a reboot inside it is not enough.
    #[serde(default)]
    pub power_cycle: bool,
    /// What else to do: in the guest, or in `config.yaml`.
    #[serde(default)]
    pub advice: Vec<String>,
}

impl Finding {
    fn new(code: DoctorCode, level: Level, text: impl Into<String>) -> Self {
        let (set, advice) = (Vec::new(), Vec::new());
        Self { code, level, text: text.into(), set, power_cycle: false, advice }
    }

    fn set(self, set: impl IntoIterator<Item = QmOption>) -> Self {
        Self { set: set.into_iter().collect(), ..self }
    }

    /// Only a power cycle brings it about.
    fn by_power_cycle(self) -> Self {
        Self { power_cycle: true, ..self }
    }

    fn advise(mut self, line: impl Into<String>) -> Self {
        self.advice.push(line.into());
        self
    }
}

/// All that is found of a VM, in the order of the codes.
pub(crate) fn examine(patient: &Patient<'_>) -> Vec<Finding> {
    let mut found = state::findings(patient);
    if let Some(config) = patient.config.filter(|config| !config.template) {
        found.extend(cpu::findings(patient, config));
        found.extend(memory::findings(patient, config));
    }
    found.sort_by_key(|finding| finding.code);
    found
}

/// What nobody can know without asking the guest, and how to see it.
pub(crate) fn unknown(patient: &Patient<'_>) -> Vec<String> {
    let Patient { vmid, policy, learnt, .. } = patient;
    let Some(config) = patient.config else { return Vec::new() };
    let mut unknown = Vec::new();
    if patient.fewest().is_none() {
        unknown.push("how many CPUs its cluster's nodes have: `pvesh get /nodes`".to_owned());
    }
    if config.agent && learnt.agent.is_none() {
        unknown.push(format!("whether its agent answers: `qm guest cmd {vmid} ping`"));
    }
    if policy.memory.is_some() && config.balloon != Some(0) && learnt.driver.is_none() {
        let see = format!("`qm status {vmid} --verbose` shows `free_mem` in `ballooninfo` then");
        unknown.push(format!("whether its balloon driver answers: {see}"));
    }
    if patient.wants_dimms() && learnt.dimms_kept == 0 && !learnt.unused_memory {
        let file = "/sys/devices/system/memory/auto_online_blocks";
        unknown.push(format!("how its kernel onlines memory: in the guest, `cat {file}`"));
    }
    unknown
}

#[cfg(test)]
mod tests;
