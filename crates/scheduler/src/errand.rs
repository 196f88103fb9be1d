//! What an administrator orders for one VM: to bring it to given sizes. It is carried out by the
//! same steps as every change, while the planner leaves the VM alone. It does not outlive the
//! daemon: what it had under way is read back then as any other change is.

use std::fmt;

use serde::{Deserialize, Serialize};
use vm_autoscale_planner::Move;
use vm_autoscale_proxmox::{ClusterName, NodeName, VmId};

mod way;
pub use way::steps;
pub(crate) use way::{first_step, is_there, onward, smaller, taken};

/// What for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErrandKind {
    /// Back to the sizes of before our changes; the VM is paused afterwards.
    Restore,
    /// One size more and back, to see that it works.
    Selftest,
}

impl fmt::Display for ErrandKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Restore => "restore",
            Self::Selftest => "selftest",
        })
    }
}

/// The order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErrandOrder {
    /// What for.
    pub kind: ErrandKind,
    /// Which VM.
    pub vmid: VmId,
    /// Of which cluster; needed where several have such a VM.
    #[serde(default)]
    pub cluster: Option<ClusterName>,
    /// Whether it is to be carried out, and not only to be shown.
    #[serde(default)]
    pub begin: bool,
}

/// Which one is asked for, or to be ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErrandAsk {
    /// Of which VM.
    pub vmid: VmId,
    /// Of which cluster; needed where several have such a VM.
    #[serde(default)]
    pub cluster: Option<ClusterName>,
}

/// An order and how far it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ErrandStatus {
    /// Tells it from an earlier one on the same VM; 0 where it is only shown.
    pub number: u64,
    /// What for.
    pub kind: ErrandKind,
    /// Where.
    pub cluster: ClusterName,
    /// Of which VM.
    pub vmid: VmId,
    /// Its name.
    pub name: Option<String>,
    /// The node that it is on.
    pub node: NodeName,
    /// What its config says, as far as it matters here, a line each.
    pub facts: Vec<String>,
    /// Who ordered it.
    pub uid: u32,
    /// When, in seconds since 1970.
    pub at: u64,
    /// What is to be reached, one after the other.
    pub goals: Vec<Goal>,
    /// What was asked of the node for that, oldest first.
    pub steps: Vec<ErrandStep>,
    /// Why it cannot be begun; nothing once it has.
    pub obstacles: Vec<String>,
    /// What it waits for.
    pub waits: Option<String>,
    /// How it ended.
    pub end: Option<ErrandEnd>,
    /// The pause that holds the VM since.
    pub pause: Option<u64>,
}

/// One value that the VM is to have.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Goal {
    /// From what it has to what it is to have.
    pub way: Move,
    /// What became of it; nothing while it is not known.
    pub end: Option<GoalEnd>,
    /// Why it is not reached, or what is to be known of it all the same.
    pub why: Option<String>,
}

/// What became of a goal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GoalEnd {
    /// The config has it, and QEMU.
    Reached,
    /// It has not.
    Missed,
    /// It was not tried.
    Skipped,
}

/// One change, and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ErrandStep {
    /// What was asked for.
    pub step: Move,
    /// What ran on the node for it, as the helper's log has it; empty where nothing did.
    pub argv: Vec<String>,
    /// What came of it, as a stable word.
    pub kind: String,
    /// Whether it was found to be in effect.
    pub verified: bool,
    /// Whether a value of ours was cleared from `[PENDING]`.
    pub reverted: bool,
    /// What came of it, for people.
    pub text: String,
    /// How long it took with all that belongs to it, in milliseconds.
    pub took_ms: u64,
    /// vCPUs or MiB that QEMU has afterwards, where it was asked.
    pub qemu: Option<u32>,
    /// vCPUs or MiB that the guest says it has afterwards, where it was asked.
    pub guest: Option<u32>,
}

/// How an order ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "end", rename_all = "kebab-case")]
pub enum ErrandEnd {
    /// All is reached that was to be.
    Done,
    /// Something is not, and it is not tried any longer.
    Stopped {
        /// Why.
        why: String,
    },
    /// Somebody took it back.
    Cancelled {
        /// Who.
        uid: u32,
    },
}

impl ErrandStatus {
    /// As it stands with the VM meanwhile.
    #[must_use]
    pub fn told(&self) -> String {
        format!("{} ordered by uid {}", self.kind, self.uid)
    }

    /// Whether anything may have been changed for it.
    #[must_use]
    pub fn has_touched(&self) -> bool {
        self.steps.iter().any(|step| !["not-sent", "refused", "locked"].contains(&&*step.kind))
    }

    /// The goal that is being gone for.
    pub(crate) fn goal(&mut self) -> Option<&mut Goal> {
        self.goals.iter_mut().find(|goal| goal.end.is_none())
    }
}
