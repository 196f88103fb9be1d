//! Telling people: messages on a change of state, by mail, Gotify, ntfy and webhook, a digest, and a
//! sign of life. Never in the way of a cycle: a worker leaves word, one thread gathers what belongs
//! together, and each channel has a thread that delivers.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use vm_autoscale_proxmox::ClusterName;

mod blocked;
mod bounded;
mod channel;
mod digest;
mod gate;
mod gotify;
mod groups;
mod http;
mod mail;
mod message;
mod ntfy;
mod pulse;
mod said;
mod start;
mod tally;
mod target;
mod teller;
mod trial;
mod trust;
mod undelivered;
mod webhook;

pub(crate) use blocked::Blocked;
use channel::Channel;
use pulse::{Pulse, Sign};
pub use tally::ChannelStatus;
pub(crate) use tally::Tallies;
use teller::{Shared, Teller};
pub use trial::{Tried, try_channels};
use undelivered::Undelivered;

/// At a stop the channels have so long in all.
pub(crate) const LAST: Duration = Duration::from_secs(2);

/// Where workers say what happened; without any channel it does nothing.
#[derive(Clone)]
pub(crate) struct Notifier(Option<Arc<Inner>>, Arc<Shared>);

struct Inner {
    teller: Teller,
    pulse: Option<(Mutex<Pulse>, Vec<Channel<Sign>>)>,
}

impl Default for Notifier {
    fn default() -> Self {
        Self(None, Arc::new(Shared::new(Duration::ZERO, Blocked::default())))
    }
}

impl Notifier {
    /// The clusters whose cycles make one sign of life.
    pub(crate) fn expect<'c>(&self, clusters: impl Iterator<Item = &'c ClusterName>) {
        if let Some((pulse, _)) = self.0.as_ref().and_then(|inner| inner.pulse.as_ref()) {
            lock(pulse).expect(clusters);
        }
    }

    /// A cycle is complete: whether it saw the cluster, and how many milliseconds it took.
    pub(crate) fn cycle(&self, cluster: &ClusterName, seen: bool, ms: u64) {
        let Some((pulse, channels)) = self.0.as_ref().and_then(|inner| inner.pulse.as_ref()) else {
            return;
        };
        if let Some(sign) = lock(pulse).cycle(cluster, (seen, ms), Instant::now()) {
            for channel in channels {
                channel.put(sign.clone());
            }
        }
    }

    /// What became of messages.
    pub(crate) fn tallies(&self) -> Arc<Tallies> {
        self.1.tallies.clone()
    }

    /// Delivers what can be delivered in a moment. Nothing is taken any more.
    pub(crate) fn stop(&self) {
        let Some(inner) = &self.0 else { return };
        let until = Instant::now() + LAST;
        let signs = inner.pulse.iter().flat_map(|(_, channels)| channels);
        // First told, then waited for: they have the time together.
        inner.teller.close();
        signs.clone().for_each(Channel::close);
        inner.teller.wait(until);
        signs.for_each(|channel| channel.wait(until));
    }

    /// As if others of their kind had been waited for.
    #[cfg(test)]
    fn flush(&self) {
        self.0.as_ref().unwrap().teller.flush();
    }
}

/// What is behind these locks is whole after every statement.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
pub(crate) mod tests;
