//! What comes out.

use std::fmt;

use serde::{Deserialize, Serialize};
use vm_autoscale_proxmox::{MemoryMib, Vcpus, VmId};

use crate::{Reason, Short};

/// What can be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Resource {
    /// Plugged vCPUs.
    Cpu,
    /// Plugged memory.
    Memory,
}

/// One change of one VM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "resource", rename_all = "lowercase")]
pub enum Move {
    /// Other vCPUs.
    Cpu {
        /// Plugged now.
        from: Vcpus,
        /// To be plugged.
        to: Vcpus,
    },
    /// Other memory, in MiB.
    Memory {
        /// Plugged now.
        from: MemoryMib,
        /// To be plugged.
        to: MemoryMib,
    },
}

impl Move {
    /// What it changes.
    #[must_use]
    pub fn resource(self) -> Resource {
        match self {
            Self::Cpu { .. } => Resource::Cpu,
            Self::Memory { .. } => Resource::Memory,
        }
    }

    /// Whether it adds.
    #[must_use]
    pub fn is_growth(self) -> bool {
        match self {
            Self::Cpu { from, to } => to > from,
            Self::Memory { from, to } => to > from,
        }
    }
}

impl fmt::Display for Move {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cpu { from, to } => write!(f, "vcpus {from} -> {to}"),
            Self::Memory { from, to } => write!(f, "memory {from} -> {to} MiB"),
        }
    }
}

/// What is decided on one resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing to do.
    Hold,
    /// This would be right, and the mode forbids it.
    Recommend(Move),
    /// This is to be done now.
    Act(Move),
}

/// A verdict and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// What.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
    /// What its node had too little of, where it grows by less than it wants.
    pub short: Option<Short>,
}

impl Choice {
    pub(crate) fn hold(reason: Reason) -> Self {
        Self { verdict: Verdict::Hold, reason, short: None }
    }

    /// Why, with what its node had too little of.
    #[must_use]
    pub fn why(&self) -> String {
        match &self.short {
            None => self.reason.to_string(),
            Some(short) => format!("{}; {short}", self.reason),
        }
    }

    /// What is to be done now, if anything.
    #[must_use]
    pub fn act(&self) -> Option<Move> {
        match self.verdict {
            Verdict::Act(step) => Some(step),
            Verdict::Hold | Verdict::Recommend(_) => None,
        }
    }
}

/// What is decided on one VM. At most one of the two is [`Verdict::Act`]: one change at a time.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// Which.
    pub vmid: VmId,
    /// On its vCPUs.
    pub cpu: Choice,
    /// On its memory.
    pub memory: Choice,
}

impl Decision {
    /// Nothing is decided yet.
    pub(crate) fn none(vmid: VmId) -> Self {
        let hold = || Choice::hold(Reason::NotAsked);
        Self { vmid, cpu: hold(), memory: hold() }
    }

    /// What is decided on the resource.
    #[must_use]
    pub fn on(&self, resource: Resource) -> &Choice {
        match resource {
            Resource::Cpu => &self.cpu,
            Resource::Memory => &self.memory,
        }
    }

    /// The one change that is to be made now, if any.
    #[must_use]
    pub fn act(&self) -> Option<(Move, &Reason)> {
        let of = |choice: &Choice| choice.act();
        of(&self.cpu)
            .map(|step| (step, &self.cpu.reason))
            .or_else(|| of(&self.memory).map(|step| (step, &self.memory.reason)))
    }
}
