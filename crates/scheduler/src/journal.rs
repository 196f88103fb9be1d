//! What outlives the process: changes from before they are made, what became of them, what was
//! learnt of each VM, and who paused what.

use std::fmt;
use std::future::Future;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use vm_autoscale_planner::{Moment, Move, Resource};
use vm_autoscale_proxmox::{ClusterName, VmId};

use crate::act::Settled;
use crate::samples::Body;
use crate::{ClusterStatus, Intent, VmNeeds, VmUse};

mod memory;
mod pause;
mod record;
mod sqlite;

pub use memory::MemoryJournal;
pub use pause::Pause;
pub use record::{Compare, Duty, LastChange, Quarantine, Recalled, Standing, VmRecord};
pub use sqlite::{
    Block, Ended, LastKnown, LastPicture, Ledger, Moved, PastUse, SqliteJournal, Stands,
    last_pictures, moved, moved_ever, past_use, read_ledger, read_past, schema_of, schema_written,
};
pub(crate) use sqlite::{blocks_beside, past_beside};

/// Where it is kept. Moments are of the clock that [`Journal`] itself says goes on from process to
/// process; they never jump.
pub trait Journal: Clone + Send + Sync + 'static {
    /// What is known of a cluster from before. Nothing is changed there until this succeeded once.
    fn recall(
        &self,
        cluster: &ClusterName,
    ) -> impl Future<Output = Result<Recalled, JournalError>> + Send;
    /// Makes an intent durable and gives it a number. Without it nothing is changed, nor where an
    /// outcome of before could not be written down.
    fn intend(
        &self,
        now: Moment,
        intent: &Intent,
    ) -> impl Future<Output = Result<u64, JournalError>> + Send;
    /// Notes what became of it; the intent stays open until [`Notes::ended`] names it. What cannot be
    /// written now is written with the next note.
    fn settle(
        &self,
        now: Moment,
        id: u64,
        intent: &Intent,
        settled: &Settled,
    ) -> impl Future<Output = ()> + Send;
    /// Notes a cycle. Its success says that intents can be taken. Of a cluster that was not recalled
    /// nothing is noted: it would be noted over what is not known.
    fn keep(&self, notes: Notes) -> impl Future<Output = Result<(), JournalError>> + Send;
    /// Makes a pause durable and gives it its number.
    fn pause(&self, pause: Pause) -> impl Future<Output = Result<Pause, JournalError>> + Send;
    /// Ends pauses; it says which of them were there.
    fn resume(
        &self,
        numbers: Vec<u64>,
        by: Option<u32>,
    ) -> impl Future<Output = Result<Vec<Pause>, JournalError>> + Send;
    /// The pauses that hold at that moment.
    fn pauses(&self, now: Moment) -> Vec<Pause>;
    /// What happened since the start.
    fn counts(&self) -> Counts;
    /// The last events, oldest first.
    fn recent(&self) -> Vec<Event>;
    /// The file that it is kept in, where it is one that [`past`](crate::past) can be read from.
    fn file(&self) -> Option<&Path> {
        None
    }
    /// What is wrong with it, as told to people.
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }
}

/// What a cycle adds.
#[derive(Debug, Clone, PartialEq)]
pub struct Notes {
    /// Where.
    pub cluster: ClusterName,
    /// When.
    pub now: Moment,
    /// Decisions that are other ones than before.
    pub decisions: Vec<Decided>,
    /// What is remembered of VMs now, where that changed; nothing where it is forgotten.
    pub vms: Vec<(VmId, Option<Arc<VmRecord>>)>,
    /// Intents whose outcome is in what is remembered of their VMs by now. Until they are named here
    /// they are open, so that nothing of what follows from them is lost to a crash.
    pub ended: Vec<u64>,
    /// The whole picture, now and then, for when the daemon is down.
    pub picture: Option<ClusterStatus>,
    /// What the VMs used, now and then.
    pub samples: Vec<Arc<Samples>>,
}

/// What the VMs of a cluster used in a block of some minutes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Samples {
    /// When it ended.
    pub moment: Moment,
    /// When it ended, in seconds since 1970, for display only.
    pub wall: u64,
    /// So long it was.
    pub seconds: u32,
    /// As [`VmUse`] is written down.
    pub(crate) body: Vec<u8>,
}

impl Samples {
    /// Of VMs in the order of their numbers.
    #[must_use]
    pub fn new(moment: Moment, wall: u64, seconds: u32, vms: &[VmUse]) -> Self {
        let vms: Vec<(VmUse, VmNeeds)> = vms.iter().map(|vm| (*vm, VmNeeds::default())).collect();
        Self::with_needs(moment, wall, seconds, &vms)
    }

    /// The same with what was held to be needed.
    #[must_use]
    pub fn with_needs(moment: Moment, wall: u64, seconds: u32, vms: &[(VmUse, VmNeeds)]) -> Self {
        let mut body = Body::new(0);
        for (vm, needs) in vms {
            body.push(vm, *needs);
        }
        Self { moment, wall, seconds, body: body.bytes() }
    }
}

/// A decision that is another one than before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// On which VM.
    pub vmid: VmId,
    /// On what of it.
    pub resource: Resource,
    /// A stable word for programs.
    pub kind: String,
    /// What and why, as told to people.
    pub text: String,
}

impl Decided {
    /// Whether a VM is left alone because somebody else changed it.
    pub(crate) fn is_by_others(&self) -> bool {
        self.kind == "changed-by-others"
    }
}

/// The journal does not work: nothing is changed meanwhile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the journal takes nothing: {0}")]
pub struct JournalError(pub String);

/// How many changes there were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Asked for.
    pub asked: u64,
    /// Found to be in effect by reading back.
    pub verified: u64,
    /// All others.
    pub failed: u64,
    /// Those of which a pending value was cleared.
    pub reverted: u64,
}

impl Counts {
    /// One more has ended.
    pub(crate) fn add(&mut self, settled: &Settled) {
        let verified = settled.outcome == crate::Outcome::Applied;
        self.verified += u64::from(verified);
        self.failed += u64::from(!verified);
        self.reverted += u64::from(settled.reverted);
    }
}

/// Something that happened, as told to people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Rises by one from event to event.
    pub number: u64,
    /// Seconds since 1970, for display only.
    pub at: u64,
    /// Where.
    pub cluster: ClusterName,
    /// Of which VM.
    pub vmid: VmId,
    /// What was asked for.
    pub step: Move,
    /// Whether it was found to be in effect.
    pub verified: bool,
    /// What came of it and why it was asked for.
    pub text: String,
}

impl Event {
    /// That a change has ended.
    pub(crate) fn of(number: u64, at: u64, intent: &Intent, settled: &Settled) -> Self {
        Self {
            number,
            at,
            cluster: intent.cluster.clone(),
            vmid: intent.vmid,
            step: intent.step,
            verified: settled.outcome == crate::Outcome::Applied,
            text: intent.told(&settled.outcome, settled.reverted),
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VM {}: {} {}", self.vmid, self.step, self.text)
    }
}
