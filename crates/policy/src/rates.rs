//! So many changes a minute, of one VM, on one node, in all.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::StateStore;
use governor::{Quota, RateLimiter};
use serde::{Deserialize, Serialize};
use vm_autoscale_protocol::Target;

use crate::Rates;

/// In which an empty bucket is full again.
const MINUTE: u64 = 60_000_000_000;

/// All that there is to know of the buckets: a later process goes on with them as if it had been
/// there before.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Buckets {
    full: Full,
    /// Until then nothing is let through, because it is not known what was.
    closed: u64,
}

/// By when each is full again, in nanoseconds of boot time; what is not there is full.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Full(RefCell<BTreeMap<String, u64>>);

impl StateStore for &Full {
    type Key = String;

    fn measure_and_replace<T, F, E>(&self, key: &String, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let before = self.0.borrow().get(key).copied().map(Nanos::from);
        let (measured, after) = measure(before)?;
        self.0.borrow_mut().insert(key.clone(), after.into());
        Ok(measured)
    }
}

/// The time since boot, as it is told.
#[derive(Default)]
struct Told(Cell<Duration>);

impl Clock for Told {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.get()
    }
}

/// Why a change has to wait.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Exceeded {
    /// What was let through before the start is not known.
    #[error("what was changed before the start is not known, so that nothing is for a minute")]
    Closed,
    /// A bucket is empty.
    #[error("{limit} a minute are used up (`rates.{key}`)")]
    Used {
        /// Which.
        key: &'static str,
        /// How much it holds.
        limit: u32,
    },
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

impl Buckets {
    /// All used up.
    pub(crate) fn closed(now: Duration) -> Self {
        Self { closed: nanoseconds(now).saturating_add(MINUTE), ..Self::default() }
    }

    /// Whether one takes longer than any does: the times are of another boot, or made up.
    pub(crate) fn is_ahead(&self, now: Duration) -> bool {
        let latest = nanoseconds(now).saturating_add(MINUTE);
        self.full.0.borrow().values().chain([&self.closed]).any(|full| *full > latest)
    }

    /// Counts a change. A revert clears what a change of ours left behind: it has buckets of its
    /// own, so that it is never held up by the changes.
    pub(crate) fn take(
        &mut self,
        rates: &Rates,
        now: Duration,
        (Target { cluster, node, vmid, .. }, revert): (&Target, bool),
    ) -> Result<(), Exceeded> {
        if nanoseconds(now) < self.closed {
            return Err(Exceeded::Closed);
        }
        self.full.0.borrow_mut().retain(|_, full| *full > nanoseconds(now));
        let kind = if revert { "reverts" } else { "changes" };
        for (key, limit, bucket) in [
            ("per_vm", rates.per_vm, format!("{kind} vm {cluster} {vmid}")),
            ("per_node", rates.per_node, format!("{kind} node {cluster} {node}")),
            ("total", rates.total, kind.to_owned()),
        ] {
            // Made when the machine was, so that its times are those of the boot.
            let limiter: RateLimiter<_, _, _, NoOpMiddleware<Duration>> =
                RateLimiter::new(Quota::per_minute(limit), &self.full, Told::default());
            limiter.clock().0.set(now);
            let taken = limiter.check_key(&bucket);
            taken.map_err(|_| Exceeded::Used { key, limit: limit.get() })?;
        }
        Ok(())
    }
}

fn nanoseconds(time: Duration) -> u64 {
    time.as_nanos().try_into().unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
