//! What a worker remembers from cycle to cycle.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use vm_autoscale_planner::{Decision, Moment, Move, Planner, PlannerConfig, Resource};
use vm_autoscale_proxmox::{Failure, Identity, VmId};

use crate::act::Settled;
use crate::journal::{Compare, Decided, Duty, LastChange, Quarantine, Recalled, VmRecord};
use crate::outcome::Then;
use crate::view::{InFlight, View};
use crate::worker::learn::Lessons;
use crate::worker::usage::Usage;
use crate::{Intent, Outcome};

mod duties;
mod errands;
mod notes;
mod quarantine;
mod stuck;

use errands::Errands;
pub(super) use errands::{Heard, Next};
pub(super) use notes::{Taken, complete};
pub(super) use quarantine::Suspect;

/// A command whose end was not seen may be at work still, and fail, and leave its value then.
const UNSURE: Duration = Duration::from_secs(600);
/// What could not be begun is told when it happens so often in a row.
const TELLING: u32 = 3;
/// A guest that did not release something in time may do so later: QEMU is asked after so long, and
/// then so often more, twice as long each time: over an hour in all.
const LATE: Duration = Duration::from_secs(60);
const LATER: u32 = 5;
/// A restart that took no longer interrupts no counting.
const SOON: Duration = Duration::from_secs(60);

/// All of it.
pub(crate) struct Memory {
    pub(crate) planner: Planner,
    pub(crate) view: View,
    pub(crate) decisions: Vec<Decision>,
    pub(crate) in_flight: InFlight,
    /// Guests that are asked of their memory: on which node.
    pub(crate) asked: InFlight,
    /// What administrators ordered for single VMs.
    errands: Errands,
    /// What outlives the process.
    pub(crate) records: BTreeMap<VmId, Arc<VmRecord>>,
    /// As they are in the journal.
    saved: BTreeMap<VmId, Arc<VmRecord>>,
    /// VMs that are in quarantine, or were since the start.
    once_confined: BTreeSet<VmId>,
    stuck: stuck::Stuck,
    /// What something keeps from being looked after.
    blocked: BTreeSet<(VmId, Resource)>,
    /// Whether the journal said what it knows.
    pub(crate) recalled: bool,
    /// Changes of before of which it is not known what became of them.
    pub(crate) open: Vec<(u64, Moment, Intent)>,
    /// Decisions that the journal has not taken yet.
    unsaid: Vec<Decided>,
    /// What the VMs use.
    pub(super) usage: Usage,
    /// Who is still to be taught what was seen before the start.
    pub(super) lessons: Lessons,
    /// Of changes that have ended, what the journal is still to close.
    ended: Vec<u64>,
    /// Why the journal takes nothing.
    pub(crate) journal: Option<String>,
    pub(crate) generation: u64,
    pub(crate) looks: u64,
    pub(crate) problem: Option<String>,
    /// Since when the cluster is not looked after as it should be.
    pub(super) ill_since: Option<Moment>,
    /// When the whole picture was given to the journal the last time.
    pub(crate) pictured: Option<Moment>,
}

impl Memory {
    pub(crate) fn new(config: PlannerConfig, generation: u64) -> Self {
        Self {
            planner: Planner::new(config),
            view: View::default(),
            decisions: Vec::new(),
            in_flight: InFlight::new(),
            asked: InFlight::new(),
            errands: Errands::default(),
            records: BTreeMap::new(),
            saved: BTreeMap::new(),
            once_confined: BTreeSet::new(),
            stuck: stuck::Stuck::default(),
            blocked: BTreeSet::new(),
            recalled: false,
            open: Vec::new(),
            unsaid: Vec::new(),
            usage: Usage::default(),
            lessons: Lessons::default(),
            ended: Vec::new(),
            journal: None,
            generation,
            looks: 0,
            problem: None,
            ill_since: None,
            pictured: None,
        }
    }

    /// Goes on where the process of before ended. Without one nothing acts for one cooldown.
    pub(super) fn recall(&mut self, now: Moment, recalled: Recalled) {
        self.recalled = true;
        let Recalled { last, vms, open } = recalled;
        let Some(last) = last else {
            self.planner.started(now);
            return;
        };
        let soon = now.since(last) <= SOON;
        self.saved.clone_from(&vms);
        for (vmid, record) in vms {
            // Where the journal comes late, the VM may have been seen already.
            let seen = self.view.vms.get(&vmid).and_then(|vm| vm.identity.as_ref());
            if seen.is_some() && Identity::is_another(record.identity.as_ref(), seen) {
                continue;
            }
            self.planner.again(vmid, &record.planner, now, soon);
            self.lessons.expect(vmid, now);
            self.view.remember(vmid, record.identity.clone());
            self.records.insert(vmid, record);
        }
        for (_, _, intent) in &open {
            // What it made of the VM is ours, also when it shows before it is settled.
            self.planner.expect(intent.vmid, intent.step, now.after(UNSURE));
        }
        self.open = open;
    }

    /// Nothing that is remembered of a number holds for the next VM of it.
    pub(super) fn forget_strangers(&mut self) {
        for vmid in self.view.take_strangers() {
            self.forget(vmid);
        }
    }

    fn forget(&mut self, vmid: VmId) {
        self.planner.forget(vmid);
        self.usage.forget(vmid);
        self.lessons.forget(vmid);
        self.records.remove(&vmid);
        self.blocked.retain(|(blocked, _)| *blocked != vmid);
    }

    /// A change has ended. Whether people are to be told.
    pub(super) fn ended(
        &mut self,
        now: Moment,
        at: u64,
        intent: &Intent,
        (id, settled): (Option<u64>, &Settled),
    ) -> bool {
        self.ended.extend(id);
        let Intent { vmid, step, identity, .. } = intent;
        self.free(*vmid);
        let Settled { outcome, .. } = settled;
        let consequence = outcome.consequence();
        if matches!(outcome, Outcome::Gone | Outcome::Replaced) {
            self.forget(*vmid);
            self.view.forget(*vmid);
            return consequence.tell;
        }
        if self.view.vms.contains_key(vmid) && !self.view.is_still(*vmid, identity.as_ref()) {
            return consequence.tell;
        }
        let resource = step.resource();
        let tries = match consequence.then {
            Then::RestLonger
                if matches!(outcome, Outcome::Refused(_))
                    && self.planner.refused_by_rule(*vmid, *step, now) =>
            {
                0
            }
            Then::RestLonger if outcome.is_kept() && step.is_unplug() => {
                self.planner.unplug_refused(*vmid, *step, now);
                0
            }
            Then::Rest | Then::RestLonger => {
                let went_well = consequence.then == Then::Rest;
                self.planner.changed(*vmid, *step, went_well, now);
                0
            }
            Then::TryAgain => self.planner.refused(*vmid, resource, now),
            Then::Nothing => 0,
        };
        self.record(now, at, intent, settled);
        if let (true, Outcome::Differs(config, qemu)) = (consequence.quarantine, outcome) {
            self.confine(now, at, *vmid, resource, (*config, *qemu));
        }
        consequence.tell || tries == TELLING
    }

    /// What of an end outlives the process.
    fn record(&mut self, now: Moment, at: u64, intent: &Intent, settled: &Settled) {
        let Intent { vmid, step, identity, .. } = intent;
        let Settled { outcome, duty, .. } = settled;
        let compare = compare_after(*step, outcome, now);
        // It may be at work still, and what it makes of the VM then is ours.
        let unsure = compare.filter(|asks| asks.holds).map(|asks| asks.at);
        let until = unsure.or_else(|| may_come(outcome).then(|| now.after(UNSURE)));
        if let Some(until) = until {
            self.planner.expect(*vmid, *step, until);
        }
        let record = record_of(&mut self.records, *vmid);
        record.identity = record.identity.take().or_else(|| identity.clone());
        record.last = Some(LastChange::of(at, *step, outcome));
        if *duty || until.is_some() {
            record.duty = Some(Duty { step: *step, until: until.unwrap_or(now) });
        }
        record.compare = compare.or(record.compare);
        if *duty && !self.view.vms.contains_key(vmid) {
            tracing::warn!(%vmid, kind = "leftover", "it is not looked after any more, and a value of ours may wait in its [PENDING]: see `qm pending {vmid}`");
            self.view.remember(*vmid, identity.clone());
        }
    }

    /// Where it is, for the log.
    fn node_of(&self, vmid: VmId) -> Option<&str> {
        self.view.vms.get(&vmid).map(|vm| vm.node.as_str())
    }

    /// Nothing is under way on it any more.
    pub(super) fn free(&mut self, vmid: VmId) {
        self.in_flight.remove(&vmid);
        // Whatever was known of its config is of before the change.
        if let Some(vm) = self.view.vms.get_mut(&vmid) {
            vm.config = None;
        }
    }
}

/// Whether QEMU is to be asked later what it has: nobody could say, or the guest may still do what
/// it was asked for.
fn compare_after(step: Move, outcome: &Outcome, now: Moment) -> Option<Compare> {
    let resource = step.resource();
    let of = |wait, holds, more| Some(Compare { resource, at: now.after(wait), holds, more });
    match outcome {
        Outcome::Unknown | Outcome::Moved { tried: true, .. } => of(UNSURE, true, 0),
        Outcome::Unconfirmed => of(LATE, false, 0),
        Outcome::Failed(_) | Outcome::AppliedInPart(..) if step.is_unplug() => {
            of(LATE, false, LATER)
        }
        _ => None,
    }
}

/// Whether what was not there when it was looked for may come all the same: nobody saw the command
/// end, and one that hangs for minutes may be at work still.
fn may_come(outcome: &Outcome) -> bool {
    let (Outcome::Failed(failure) | Outcome::AppliedInPart(_, Some(failure))) = outcome else {
        return false;
    };
    *failure == Failure::Unseen
}

/// What is remembered of a VM, to be changed.
fn record_of(records: &mut BTreeMap<VmId, Arc<VmRecord>>, vmid: VmId) -> &mut VmRecord {
    Arc::make_mut(records.entry(vmid).or_default())
}

/// The quarantine of one of a VM's resources.
fn quarantine_of(record: &mut VmRecord, resource: Resource) -> &mut Option<Quarantine> {
    let [cpu, memory] = &mut record.quarantine;
    match resource {
        Resource::Cpu => cpu,
        Resource::Memory => memory,
    }
}

#[cfg(test)]
mod tests;
