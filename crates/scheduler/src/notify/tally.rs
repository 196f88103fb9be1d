//! What became of messages, channel by channel.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};

use super::lock;

/// What became of a channel's messages since the start.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ChannelStatus {
    /// Its name: `mail`, `gotify`, `ntfy`, `webhook`, `uptime_kuma_url`, `healthchecks_url`.
    pub name: String,
    /// Delivered.
    pub sent: u64,
    /// Given up, after every attempt that made sense.
    pub failed: u64,
    /// Not taken, because too many waited.
    pub dropped: u64,
    /// Waiting now.
    pub queued: u64,
    /// What happened, of which a message to all channels told the number only.
    pub unlisted: u64,
    /// Why the last one was not delivered.
    pub problem: Option<String>,
}

/// The same, while it goes on.
#[derive(Debug, Default)]
pub(super) struct Tally {
    sent: AtomicU64,
    failed: AtomicU64,
    dropped: AtomicU64,
    queued: AtomicU64,
    problem: Mutex<Option<String>>,
}

impl Tally {
    pub(super) fn waits(&self) {
        self.queued.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn taken(&self) {
        self.queued.fetch_sub(1, Ordering::Relaxed);
    }

    /// It was counted as waiting.
    pub(super) fn refused(&self) {
        self.taken();
        self.dropped.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn ended(&self, why: Option<&str>) {
        let count = if why.is_none() { &self.sent } else { &self.failed };
        count.fetch_add(1, Ordering::Relaxed);
        *lock(&self.problem) = why.map(str::to_owned);
    }

    /// The channel is no more: it has no trouble either.
    pub(super) fn closed(&self) {
        lock(&self.problem).take();
    }

    fn status(&self, name: &str, unlisted: u64) -> ChannelStatus {
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        ChannelStatus {
            name: name.to_owned(),
            sent: of(&self.sent),
            failed: of(&self.failed),
            dropped: of(&self.dropped),
            queued: of(&self.queued),
            unlisted,
            problem: lock(&self.problem).clone(),
        }
    }
}

/// Of all channels that there are or were since the start: a reload forgets none.
#[derive(Debug, Default)]
pub(crate) struct Tallies {
    channels: Mutex<BTreeMap<&'static str, Arc<Tally>>>,
    unlisted: AtomicU64,
}

impl Tallies {
    pub(super) fn of(&self, name: &'static str) -> Arc<Tally> {
        lock(&self.channels).entry(name).or_default().clone()
    }

    /// With a channel that was asked for nothing yet.
    #[cfg(test)]
    pub(crate) fn with(name: &'static str) -> Self {
        let tallies = Self::default();
        tallies.of(name);
        tallies
    }

    pub(super) fn unlisted(&self, more: u64) {
        self.unlisted.fetch_add(more, Ordering::Relaxed);
    }

    /// By name.
    pub(crate) fn report(&self) -> Vec<ChannelStatus> {
        let unlisted = self.unlisted.load(Ordering::Relaxed);
        lock(&self.channels).iter().map(|(name, tally)| tally.status(name, unlisted)).collect()
    }
}
