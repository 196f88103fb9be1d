//! The journal in memory: it is gone with the process, so that after a start nothing acts before
//! one cooldown.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::{Counts, Event, Intent, Journal, JournalError, Outcome};

/// So many events are kept.
const KEPT: usize = 200;

/// Intents and outcomes of this process.
#[derive(Debug, Clone, Default)]
pub struct MemoryJournal(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    counts: Counts,
    events: VecDeque<Event>,
    number: u64,
}

impl MemoryJournal {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        // What is in it is whole after every statement.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Journal for MemoryJournal {
    fn intend(&self, _intent: &Intent) -> Result<u64, JournalError> {
        let mut inner = self.lock();
        inner.counts.asked += 1;
        Ok(inner.counts.asked)
    }

    fn settle(&self, _id: u64, intent: &Intent, outcome: &Outcome, reverted: bool) {
        let mut inner = self.lock();
        match outcome {
            Outcome::Applied => inner.counts.verified += 1,
            _ => inner.counts.failed += 1,
        }
        inner.counts.reverted += u64::from(reverted);
        inner.number += 1;
        let event = Event {
            number: inner.number,
            at: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs()),
            cluster: intent.cluster.clone(),
            vmid: intent.vmid,
            step: intent.step,
            verified: *outcome == Outcome::Applied,
            text: intent.told(outcome, reverted),
        };
        inner.events.push_back(event);
        if inner.events.len() > KEPT {
            inner.events.pop_front();
        }
    }

    fn counts(&self) -> Counts {
        self.lock().counts
    }

    fn recent(&self) -> Vec<Event> {
        self.lock().events.iter().cloned().collect()
    }
}
