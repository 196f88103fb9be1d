//! What the file says, in memory: it answers at once, and what could not be written stays here.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use vm_autoscale_planner::Moment;
use vm_autoscale_proxmox::{ClusterName, VmId};

use crate::act::Settled;
use crate::{Counts, Event, Intent, Notes, Pause, Recalled, VmRecord};

/// So many events are told.
pub(super) const EVENTS: usize = 200;

/// There is at most one a change under way, and no change begins while there are any: the bound
/// is for what nobody thought of.
const LATE: usize = 4096;

/// A change that was intended.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Intended {
    pub(super) moment: Moment,
    pub(super) wall: u64,
    pub(super) intent: Intent,
}

/// What is remembered of a cluster.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    /// When it was noted the last time: the moment, and by the wall.
    pub(super) last: Option<(Moment, u64)>,
    pub(super) vms: BTreeMap<VmId, Arc<VmRecord>>,
}

/// A change that ended.
#[derive(Debug, Clone)]
pub(super) struct Ended {
    pub(super) moment: Moment,
    /// When it was intended.
    pub(super) asked: Moment,
    pub(super) event: Event,
    pub(super) intent: Intent,
    pub(super) settled: Settled,
}

/// What is to be written before anything else.
#[derive(Debug, Clone)]
pub(super) enum Late {
    /// What became of a change.
    Settled(u64, Box<Ended>),
    /// It is not known whether this intent was written; nothing was asked for.
    Void(u64),
}

#[derive(Debug, Default)]
pub(super) struct Memory {
    pub(super) counts: Counts,
    pub(super) events: VecDeque<Event>,
    /// The last one that was given to an event, an intent and a pause.
    pub(super) numbers: [u64; 3],
    /// Until what follows from them is in what is remembered of their VMs.
    pub(super) open: BTreeMap<u64, Intended>,
    /// Open ones whose outcome was noted, and as which event: a crash may have them judged anew.
    pub(super) told: BTreeMap<u64, u64>,
    pub(super) clusters: BTreeMap<ClusterName, Known>,
    /// Those of which it was asked what is remembered: nothing is remembered of others.
    pub(super) recalled: BTreeSet<ClusterName>,
    pub(super) pauses: Vec<Pause>,
    pub(super) late: VecDeque<Late>,
    /// Whether the file was read. It is read once: from then on this is what holds.
    pub(super) loaded: bool,
    /// Whether the file may say something else than this.
    pub(super) stale: bool,
    /// Why nothing can be written.
    pub(super) trouble: Option<String>,
    /// What became of files that could not be read.
    pub(super) aside: Vec<String>,
}

impl Memory {
    /// The next number of an event, an intent or a pause.
    pub(super) fn next(&mut self, of: usize) -> u64 {
        let Some(number) = self.numbers.get_mut(of) else { return 0 };
        *number = number.saturating_add(1);
        *number
    }

    pub(super) fn push_late(&mut self, late: Late) {
        if self.late.len() < LATE {
            self.late.push_back(late);
        } else {
            // The intent stays open in the file: the next start looks what became of it.
            tracing::error!("the journal cannot be written, and too much waits for it");
        }
    }

    /// The intents that are to be taken back.
    pub(super) fn void(&self) -> Vec<u64> {
        let void = |late: &Late| if let Late::Void(id) = late { Some(*id) } else { None };
        self.late.iter().filter_map(void).collect()
    }

    /// A change has ended; it stays open. One change is one event and counted once: what is said of
    /// it a second time replaces what was said.
    pub(super) fn end(&mut self, now: (Moment, u64), id: u64, intent: &Intent, settled: &Settled) {
        let (moment, wall) = now;
        let Some(Intended { moment: asked, .. }) = self.open.get(&id) else { return };
        let asked = *asked;
        let before = self.told.get(&id).copied();
        let number = before.unwrap_or_else(|| self.next(EVENT));
        let event = Event::of(number, wall, intent, settled);
        if before.is_none() {
            self.told.insert(id, number);
            self.counts.add(settled);
            self.events.push_back(event.clone());
        } else if let Some(told) = self.events.iter_mut().find(|told| told.number == number) {
            *told = event.clone();
        }
        while self.events.len() > EVENTS {
            self.events.pop_front();
        }
        let (intent, settled) = (intent.clone(), settled.clone());
        self.push_late(Late::Settled(
            id,
            Box::new(Ended { moment, asked, event, intent, settled }),
        ));
    }

    /// What holds now: all but history.
    pub(super) fn state(&self) -> Self {
        Self {
            open: self.open.clone(),
            clusters: self.clusters.clone(),
            pauses: self.pauses.clone(),
            ..Self::default()
        }
    }

    /// What was noted of a cluster, and what it ends; the pauses that are over by now are returned.
    pub(super) fn note(&mut self, notes: &Notes, wall: u64) -> Vec<u64> {
        let known = self.clusters.entry(notes.cluster.clone()).or_default();
        known.last = Some((notes.now, wall));
        for (vmid, record) in &notes.vms {
            match record {
                Some(record) => known.vms.insert(*vmid, record.clone()),
                None => known.vms.remove(vmid),
            };
        }
        for id in &notes.ended {
            self.open.remove(id);
            self.told.remove(id);
        }
        let over = self.pauses.extract_if(.., |pause| !pause.holds(notes.now));
        over.map(|pause| pause.number).collect()
    }

    pub(super) fn recalled(&mut self, cluster: &ClusterName) -> Recalled {
        self.recalled.insert(cluster.clone());
        let known = self.clusters.get(cluster).cloned().unwrap_or_default();
        let open = self.open.iter().filter(|(_, open)| open.intent.cluster == *cluster);
        let open = open.map(|(id, open)| (*id, open.moment, open.intent.clone())).collect();
        Recalled { last: known.last.map(|(moment, _)| moment), vms: known.vms, open }
    }
}

/// Which of [`Memory::numbers`].
pub(super) const EVENT: usize = 0;
pub(super) const INTENT: usize = 1;
pub(super) const PAUSE: usize = 2;
