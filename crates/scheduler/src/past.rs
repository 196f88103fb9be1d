//! What is told of the past: what VMs used, what was decided on them, and what became of changes.
//! The journal's file has it, whether a daemon runs or not.

use serde::{Deserialize, Serialize};
use vm_autoscale_planner::{Move, Resource};
use vm_autoscale_proxmox::{ClusterName, VmId};

use crate::JournalError;
pub use crate::control::fetch_past;
pub use crate::journal::read_past;

/// The finest that a week can be told in: what VMs used is noted every five minutes.
const POINTS: u32 = 2016;
/// More are not asked for by their numbers; whoever wants more wants all.
const NAMED: usize = 500;
/// The year 9999.
const LATEST: u64 = 253_402_300_799;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PastOrder {
    /// Of these VMs, at most 500; empty for all.
    #[serde(default)]
    pub vms: Vec<VmId>,
    /// Only of this cluster.
    #[serde(default)]
    pub cluster: Option<ClusterName>,
    /// From then on, in seconds since 1970.
    pub since: u64,
    /// Until before then, in seconds since 1970.
    pub until: u64,
    /// What was used, in so many columns of the same width, at most 2016; 0 for nothing of it.
    #[serde(default)]
    pub points: u32,
    /// Changes that have ended.
    #[serde(default)]
    pub events: bool,
    /// Decisions that were other ones than before.
    #[serde(default)]
    pub decisions: bool,
    /// At most so many changes in all, and so many decisions: the newest.
    #[serde(default)]
    pub limit: usize,
}

/// What is known of that.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Past {
    /// As it was asked for.
    pub since: u64,
    /// As it was asked for.
    pub until: u64,
    /// Of each cluster that has something, by name.
    pub clusters: Vec<PastCluster>,
    /// Whether there is more than could be told: columns of further VMs, older changes or decisions.
    pub truncated: bool,
}

/// One cluster.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PastCluster {
    /// Its name in `helper.yaml`.
    pub name: ClusterName,
    /// The VMs of which something is known, in the order of their numbers.
    pub vms: Vec<PastVm>,
    /// Blocks of minutes that could not be believed and are left out.
    pub unreadable: u32,
}

/// One VM.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PastVm {
    /// Its number.
    pub vmid: VmId,
    /// Its name when the cluster was noted last.
    pub name: Option<String>,
    /// What it used: as many as were asked for, or none where nothing is known.
    pub columns: Vec<Column>,
    /// What became of our changes, oldest first.
    pub events: Vec<PastEvent>,
    /// What was decided, oldest first.
    pub decisions: Vec<PastDecision>,
    /// Whether something is left out because another VM had the number then, or may have had it.
    pub of_others: bool,
}

/// What was used in a column; nothing where nothing was measured.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Column {
    /// Of the vCPUs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu: Option<ColumnUse>,
    /// Of the memory, as Proxmox counts it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<ColumnUse>,
}

/// What was used of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ColumnUse {
    /// On average, in percent of what was plugged then.
    pub mean: f64,
    /// In the highest sample, in percent of what was plugged then.
    pub most: f64,
    /// What was plugged at the end, in vCPUs or MiB.
    pub plugged: u32,
    /// Whether nearly all of it was in use at some time.
    pub saturated: bool,
}

/// A change that has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastEvent {
    /// Rises by one from event to event.
    pub number: u64,
    /// When it ended, in seconds since 1970.
    pub at: u64,
    /// What was asked for.
    pub step: Move,
    /// A stable word for what became of it: [`crate::Outcome::kind`].
    pub kind: String,
    /// Whether it was found to be in effect.
    pub verified: bool,
    /// Whether a value of ours was cleared from `[PENDING]`.
    pub reverted: bool,
    /// Why it was asked for.
    pub reason: String,
    /// What came of it and why it was asked for, as told to people.
    pub text: String,
    /// Seconds from the intent to the end; a daemon of before did not note when it began.
    pub took_s: Option<u64>,
}

/// A decision that was another one than before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastDecision {
    /// When, in seconds since 1970.
    pub at: u64,
    /// On what.
    pub resource: Resource,
    /// A stable word for programs.
    pub kind: String,
    /// What and why, as told to people.
    pub text: String,
}

/// How much is told at once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Columns of all VMs.
    pub(crate) columns: usize,
    /// Changes, and decisions.
    pub(crate) rows: usize,
    /// Of the words of either.
    pub(crate) bytes: usize,
}

impl Bounds {
    /// Of a program that ends after it: about 100 MiB.
    pub(crate) const ALONE: Self = Self { columns: 1_000_000, rows: 100_000, bytes: 32 << 20 };
    /// Of the daemon, whose memory is promised to be small: about 8 MiB with what is sent.
    pub(crate) const BESIDE: Self = Self { columns: 20_000, rows: 5_000, bytes: 1 << 20 };
}

impl PastOrder {
    /// What is wrong with it.
    pub(crate) fn check(&self) -> Result<(), JournalError> {
        let span = self.until.checked_sub(self.since).filter(|_| self.until <= LATEST);
        let wrong = if span.is_none_or(|span| span < u64::from(self.points).max(1)) {
            "the time that is asked for is none, or shorter than a second a column"
        } else if self.points > POINTS {
            "more than 2016 columns are asked for"
        } else if self.vms.len() > NAMED {
            "more than 500 VMs are asked for by their numbers"
        } else {
            return Ok(());
        };
        Err(JournalError(wrong.to_owned()))
    }
}
