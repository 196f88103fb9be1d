//! What is remembered of a cluster and of each of its VMs.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use vm_autoscale_planner::{Kept, Moment, Move, Resource};
use vm_autoscale_proxmox::{Identity, VmId};

use crate::{Intent, Outcome};

/// What a process of before left.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Recalled {
    /// When it noted something the last time; nothing where nobody ever did.
    pub last: Option<Moment>,
    /// What it remembered of VMs.
    pub vms: BTreeMap<VmId, Arc<VmRecord>>,
    /// Changes of which it is not known what became of them: their numbers, and when they were
    /// intended.
    pub open: Vec<(u64, Moment, Intent)>,
}

/// What is remembered of a VM. The worker, what it knows to be written and the journal share one of
/// them for as long as they agree: of thousands of VMs three would be more than all else.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct VmRecord {
    /// Who it is beyond its number.
    pub identity: Option<Identity>,
    /// What the planner goes on with.
    pub planner: Kept,
    /// What may still stand in `[PENDING]`.
    pub duty: Option<Duty>,
    /// QEMU and config are to be compared then: it is not known what became of a change.
    pub compare: Option<Compare>,
    /// Where QEMU and config disagree: vCPUs, memory.
    pub quarantine: [Option<Quarantine>; 2],
    /// What was decided last on either, and since when that holds.
    pub standing: [Standing; 2],
    /// The last change of ours.
    pub last: Option<LastChange>,
}

impl VmRecord {
    /// What was decided last on that resource.
    pub(crate) fn standing(&self, resource: Resource) -> &Standing {
        let [cpu, memory] = &self.standing;
        match resource {
            Resource::Cpu => cpu,
            Resource::Memory => memory,
        }
    }

    pub(crate) fn standing_mut(&mut self, resource: Resource) -> &mut Standing {
        let [cpu, memory] = &mut self.standing;
        match resource {
            Resource::Cpu => cpu,
            Resource::Memory => memory,
        }
    }
}

/// QEMU is to be asked what it has of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compare {
    /// Of which.
    pub resource: Resource,
    /// When.
    pub at: Moment,
    /// Whether nothing is changed before, because a command may be at work still.
    pub holds: bool,
    /// How often more, later each time, where both agree: a guest may still release what it was
    /// asked for.
    pub more: u32,
}

/// A value of ours that a change may have left in `[PENDING]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Duty {
    /// By which change.
    pub step: Move,
    /// Until then it may still come.
    pub until: Moment,
}

/// QEMU has another size than the config says: a change that starts from
/// the config would do something else than it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quarantine {
    /// Since when, in seconds since 1970, for display only.
    pub since: u64,
    /// vCPUs or MiB by the config.
    pub config: u32,
    /// vCPUs or MiB by QEMU.
    pub qemu: u32,
    /// QEMU is asked again then.
    pub next: Moment,
    /// How often it was asked.
    pub asked: u32,
    /// The age of the QEMU process then, in seconds: a younger one was started since.
    pub uptime: Option<u64>,
}

/// What holds of a resource of a VM until something else is decided.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Standing {
    /// The word for it; empty as long as nothing was decided.
    pub kind: String,
    /// Since when, in seconds since 1970, for display only.
    pub since: u64,
}

/// A change of ours that has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastChange {
    /// When, in seconds since 1970, for display only.
    pub at: u64,
    /// What was asked for.
    pub step: Move,
    /// Whether it was found to be in effect.
    pub verified: bool,
    /// What came of it.
    pub text: String,
}

impl LastChange {
    pub(crate) fn of(at: u64, step: Move, outcome: &Outcome) -> Self {
        Self { at, step, verified: *outcome == Outcome::Applied, text: outcome.to_string() }
    }
}
