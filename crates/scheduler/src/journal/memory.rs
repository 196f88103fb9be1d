//! A journal that is gone with the process.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use vm_autoscale_planner::Moment;
use vm_autoscale_proxmox::ClusterName;

use super::{Counts, Event, Journal, JournalError, Notes, Pause, Recalled};
use crate::act::Settled;
use crate::{Intent, wall};

/// So many events are kept.
const KEPT: usize = 200;

/// Whatever a [`Journal`] keeps, for as long as somebody has it.
#[derive(Debug, Clone, Default)]
pub struct MemoryJournal(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    counts: Counts,
    events: VecDeque<Event>,
    number: u64,
    clusters: BTreeMap<ClusterName, Recalled>,
    pauses: Vec<Pause>,
    /// Why it takes nothing.
    broken: Option<String>,
}

impl MemoryJournal {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        // What is in it is whole after every statement.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on it takes nothing, for this reason; or everything again.
    pub fn break_down(&self, why: Option<&str>) {
        self.lock().broken = why.map(str::to_owned);
    }

    fn working(&self) -> Result<MutexGuard<'_, Inner>, JournalError> {
        let inner = self.lock();
        match &inner.broken {
            Some(why) => Err(JournalError(why.clone())),
            None => Ok(inner),
        }
    }
}

impl Journal for MemoryJournal {
    async fn recall(&self, cluster: &ClusterName) -> Result<Recalled, JournalError> {
        Ok(self.working()?.clusters.get(cluster).cloned().unwrap_or_default())
    }

    async fn intend(&self, now: Moment, intent: &Intent) -> Result<u64, JournalError> {
        let mut inner = self.working()?;
        inner.counts.asked += 1;
        let id = inner.counts.asked;
        let cluster = inner.clusters.entry(intent.cluster.clone()).or_default();
        cluster.open.push((id, now, intent.clone()));
        Ok(id)
    }

    async fn settle(&self, _now: Moment, _id: u64, intent: &Intent, settled: &Settled) {
        let mut inner = self.lock();
        inner.counts.add(settled);
        inner.number += 1;
        let event = Event::of(inner.number, wall(), intent, settled);
        inner.events.push_back(event);
        if inner.events.len() > KEPT {
            inner.events.pop_front();
        }
    }

    async fn keep(&self, notes: Notes) -> Result<(), JournalError> {
        let mut inner = self.working()?;
        let cluster = inner.clusters.entry(notes.cluster).or_default();
        cluster.last = Some(notes.now);
        cluster.open.retain(|(open, _, _)| !notes.ended.contains(open));
        for (vmid, record) in notes.vms {
            match record {
                Some(record) => cluster.vms.insert(vmid, record),
                None => cluster.vms.remove(&vmid),
            };
        }
        Ok(())
    }

    async fn pause(&self, mut pause: Pause) -> Result<Pause, JournalError> {
        let mut inner = self.working()?;
        inner.number += 1;
        pause.number = inner.number;
        inner.pauses.push(pause.clone());
        Ok(pause)
    }

    async fn resume(&self, numbers: Vec<u64>, _: Option<u32>) -> Result<Vec<Pause>, JournalError> {
        let mut inner = self.working()?;
        let all = std::mem::take(&mut inner.pauses);
        let (ended, left) = all.into_iter().partition(|pause| numbers.contains(&pause.number));
        inner.pauses = left;
        Ok(ended)
    }

    fn pauses(&self, now: Moment) -> Vec<Pause> {
        self.lock().pauses.iter().filter(|pause| pause.holds(now)).cloned().collect()
    }

    fn counts(&self) -> Counts {
        self.lock().counts
    }

    fn recent(&self) -> Vec<Event> {
        self.lock().events.iter().cloned().collect()
    }
}
