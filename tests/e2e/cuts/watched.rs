//! The journal as the scheduler has it, with somebody who reads along.

use std::sync::Arc;

use vm_autoscale_planner::Moment;
use vm_autoscale_proxmox::ClusterName;
use vm_autoscale_scheduler::{
    Counts, Event, Intent, Journal, JournalError, MemoryJournal, Notes, Pause, Recalled, Settled,
};

use super::hands::Wires;

/// A journal that is looked over the shoulder.
#[derive(Clone)]
pub(super) struct Watched(pub(super) MemoryJournal, pub(super) Arc<Wires>);

impl Journal for Watched {
    async fn recall(&self, cluster: &ClusterName) -> Result<Recalled, JournalError> {
        self.0.recall(cluster).await
    }

    async fn intend(&self, now: Moment, intent: &Intent) -> Result<u64, JournalError> {
        let id = self.0.intend(now, intent).await?;
        self.1.books().intended(intent);
        Ok(id)
    }

    async fn settle(&self, now: Moment, id: u64, intent: &Intent, settled: &Settled) {
        self.1.books().settled(intent, &settled.outcome);
        self.0.settle(now, id, intent, settled).await;
    }

    async fn keep(&self, notes: Notes) -> Result<(), JournalError> {
        self.0.keep(notes).await
    }

    async fn pause(&self, pause: Pause) -> Result<Pause, JournalError> {
        self.0.pause(pause).await
    }

    async fn resume(&self, all: Vec<u64>, by: Option<u32>) -> Result<Vec<Pause>, JournalError> {
        self.0.resume(all, by).await
    }

    fn pauses(&self, now: Moment) -> Vec<Pause> {
        self.0.pauses(now)
    }

    fn counts(&self) -> Counts {
        self.0.counts()
    }

    fn recent(&self) -> Vec<Event> {
        self.0.recent()
    }
}
