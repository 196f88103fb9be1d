//! What is remembered of a cluster and of each of its VMs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use vm_autoscale_planner::{Kept, Moment, Move};
use vm_autoscale_proxmox::{Identity, VmId};

use crate::Intent;

/// What a process of before left.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Recalled {
    /// When it noted something the last time; nothing where nobody ever did.
    pub last: Option<Moment>,
    /// What it remembered of VMs.
    pub vms: BTreeMap<VmId, VmRecord>,
    /// Changes of which it is not known what became of them: their numbers, and when they were
    /// intended.
    pub open: Vec<(u64, Moment, Intent)>,
}

/// What is remembered of a VM.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct VmRecord {
    /// Who it is beyond its number.
    pub identity: Option<Identity>,
    /// What the planner goes on with.
    pub planner: Kept,
    /// A value of ours that may still stand in `[PENDING]`, and until when it may still come.
    pub duty: Option<(Move, Moment)>,
}
