//! So many changes a minute, of one VM, on one node, in all.

use std::cell::Cell;
use std::num::NonZeroU32;
use std::rc::Rc;
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{NotUntil, Quota, RateLimiter};
use vm_autoscale_node::{ClusterName, NodeName, VmId};

use crate::Rates;
use crate::changes::Sent;

/// In which an empty bucket is full again.
pub(crate) const MINUTE: Duration = Duration::from_secs(60);

/// The time that the limiters are told: boot time, which goes on over a restart of the helper.
#[derive(Clone, Default)]
struct Told(Rc<Cell<Duration>>);

impl Clock for Told {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.get()
    }
}

type Keyed<K> = RateLimiter<K, HashMapStateStore<K>, Told, NoOpMiddleware<Duration>>;
type OfVm = (ClusterName, VmId, bool);
type OfNode = (ClusterName, NodeName, bool);

/// The three buckets. A revert clears what a change of ours left behind: it has buckets of its
/// own, so that it is never held up by the changes.
pub struct Limiters {
    per_vm: Keyed<OfVm>,
    per_node: Keyed<OfNode>,
    total: Keyed<bool>,
    rates: Rates,
    clock: Told,
    /// Until then nothing is let through, because it is not known what was.
    closed: Duration,
}

/// Why a change has to wait.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Exceeded {
    /// A bucket is empty.
    #[error("{limit} a minute are used up (`rates.{key}`)")]
    Used {
        /// Which.
        key: &'static str,
        /// How much it holds.
        limit: u32,
    },
    /// What was let through before the start is not known.
    #[error("the last changes before the start are not known, so that there are none for a minute")]
    Closed,
}

impl Exceeded {
    /// The key of `rates` that says so.
    #[must_use]
    pub fn key(&self) -> &'static str {
        match self {
            Self::Used { key, .. } => key,
            Self::Closed => "",
        }
    }
}

impl Limiters {
    /// As they are by `now` after what was sent in the time before that counts.
    #[must_use]
    pub fn after<'a>(rates: Rates, now: Duration, sent: impl Iterator<Item = &'a Sent>) -> Self {
        let clock = Told::default();
        let limiters = Self {
            per_vm: keyed(rates.per_vm, &clock),
            per_node: keyed(rates.per_node, &clock),
            total: keyed(rates.total, &clock),
            rates,
            clock,
            closed: Duration::ZERO,
        };
        let begin = now.saturating_sub(Sent::COUNTS);
        sent.for_each(|sent| limiters.replay(begin, sent));
        limiters
    }

    /// All used up by `now`.
    #[must_use]
    pub fn closed(rates: Rates, now: Duration) -> Self {
        Self { closed: now + MINUTE, ..Self::after(rates, now, std::iter::empty()) }
    }

    /// Counts a change.
    ///
    /// # Errors
    /// It has to wait.
    pub fn take(
        &self,
        now: Duration,
        (cluster, node, vmid): (&ClusterName, &NodeName, VmId),
        revert: bool,
    ) -> Result<(), Exceeded> {
        if now < self.closed {
            return Err(Exceeded::Closed);
        }
        self.clock.0.set(now);
        let used = |key, limit: NonZeroU32| Exceeded::Used { key, limit: limit.get() };
        let vm = self.per_vm.check_key(&(cluster.clone(), vmid, revert));
        vm.map_err(|_| used("per_vm", self.rates.per_vm))?;
        let node = self.per_node.check_key(&(cluster.clone(), node.clone(), revert));
        node.map_err(|_| used("per_node", self.rates.per_node))?;
        self.total.check_key(&revert).map_err(|_| used("total", self.rates.total))
    }

    /// Counts what an earlier process sent. Of what it sent before `begin` the worst is assumed: a
    /// bucket that was used since was empty then.
    fn replay(&self, begin: Duration, sent: &Sent) {
        let Sent { cluster, node, vmid, revert, .. } = sent;
        self.count(
            begin,
            sent,
            &self.per_vm,
            self.rates.per_vm,
            &(cluster.clone(), *vmid, *revert),
        );
        let of_node = (cluster.clone(), node.clone(), *revert);
        self.count(begin, sent, &self.per_node, self.rates.per_node, &of_node);
        self.count(begin, sent, &self.total, self.rates.total, revert);
    }

    fn count<K: std::hash::Hash + Eq + Clone>(
        &self,
        begin: Duration,
        sent: &Sent,
        bucket: &Keyed<K>,
        limit: NonZeroU32,
        key: &K,
    ) {
        self.clock.0.set(begin);
        // Only of a bucket that was not used yet there is all that it holds.
        let _ = bucket.check_key_n(key, limit);
        self.clock.0.set(sent.at());
        if let Err(until) = bucket.check_key(key) {
            // It was let through under other rates: it counts all the same.
            self.clock.0.set(NotUntil::earliest_possible(&until));
            let _ = bucket.check_key(key);
        }
    }
}

fn keyed<K: std::hash::Hash + Eq + Clone>(limit: NonZeroU32, clock: &Told) -> Keyed<K> {
    RateLimiter::hashmap_with_clock(Quota::per_minute(limit), clock.clone())
}

#[cfg(test)]
mod tests;
