//! A journal beside which every intent is noted for the checker.

use std::sync::{Arc, Mutex, PoisonError};

use vm_autoscale_planner::{Moment, Move};
use vm_autoscale_proxmox::ClusterName;
use vm_autoscale_scheduler::{
    Counts, Event, Intent, Journal, JournalError, Notes, Pause, Recalled, Settled,
};

use crate::invariants::Intended;

#[derive(Debug, Clone)]
pub(super) struct Noted<J> {
    pub(super) inner: J,
    intents: Arc<Mutex<Vec<Intended>>>,
}

impl<J> Noted<J> {
    pub(super) fn new(inner: J) -> Self {
        Self { inner, intents: Arc::default() }
    }

    /// Those that were made durable since the last time.
    pub(super) fn take(&self) -> Vec<Intended> {
        std::mem::take(&mut *self.intents.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<J: Journal> Journal for Noted<J> {
    async fn recall(&self, cluster: &ClusterName) -> Result<Recalled, JournalError> {
        self.inner.recall(cluster).await
    }

    async fn intend(&self, now: Moment, intent: &Intent) -> Result<u64, JournalError> {
        let id = self.inner.intend(now, intent).await?;
        let (key, to) = match intent.step {
            Move::Cpu { to, .. } => ("vcpus", to.get()),
            Move::Memory { to, .. } => ("memory", to.get()),
        };
        let intended = Intended { vmid: intent.vmid, key, to, at: now.0.as_secs_f64() };
        self.intents.lock().unwrap_or_else(PoisonError::into_inner).push(intended);
        Ok(id)
    }

    async fn settle(&self, now: Moment, id: u64, intent: &Intent, settled: &Settled) {
        self.inner.settle(now, id, intent, settled).await;
    }

    async fn keep(&self, notes: Notes) -> Result<(), JournalError> {
        self.inner.keep(notes).await
    }

    async fn pause(&self, pause: Pause) -> Result<Pause, JournalError> {
        self.inner.pause(pause).await
    }

    async fn resume(&self, numbers: Vec<u64>, by: Option<u32>) -> Result<Vec<Pause>, JournalError> {
        self.inner.resume(numbers, by).await
    }

    fn pauses(&self, now: Moment) -> Vec<Pause> {
        self.inner.pauses(now)
    }

    fn counts(&self) -> Counts {
        self.inner.counts()
    }

    fn recent(&self) -> Vec<Event> {
        self.inner.recent()
    }
}
