//! So many changes a minute, of one VM, on one node, in all.

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use vm_autoscale_node::{ClusterName, NodeName, VmId};

use crate::Rates;

type Keyed<K, C> = RateLimiter<K, HashMapStateStore<K>, C, NoOpMiddleware<<C as Clock>::Instant>>;

/// The three buckets. A revert clears what a change of ours left behind: it has buckets of its
/// own, so that it is never held up by the changes.
pub struct Limiters<C: Clock> {
    per_vm: Keyed<(ClusterName, VmId, bool), C>,
    per_node: Keyed<(ClusterName, NodeName, bool), C>,
    total: Keyed<bool, C>,
    rates: Rates,
}

/// Which bucket is empty.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`rates.{key}` {limit} a minute is used up")]
pub struct Exceeded {
    key: &'static str,
    limit: u32,
}

impl<C: Clock + Clone> Limiters<C> {
    /// All full.
    #[must_use]
    pub fn new(rates: Rates, clock: C) -> Self {
        Self {
            per_vm: RateLimiter::hashmap_with_clock(Quota::per_minute(rates.per_vm), clock.clone()),
            per_node: RateLimiter::hashmap_with_clock(
                Quota::per_minute(rates.per_node),
                clock.clone(),
            ),
            total: RateLimiter::hashmap_with_clock(Quota::per_minute(rates.total), clock),
            rates,
        }
    }

    /// Counts a change.
    ///
    /// # Errors
    /// It has to wait.
    pub fn take(
        &self,
        (cluster, node, vmid): (&ClusterName, &NodeName, VmId),
        revert: bool,
    ) -> Result<(), Exceeded> {
        let empty = |key, limit: std::num::NonZeroU32| Exceeded { key, limit: limit.get() };
        let vm = self.per_vm.check_key(&(cluster.clone(), vmid, revert));
        vm.map_err(|_| empty("per_vm", self.rates.per_vm))?;
        let node = self.per_node.check_key(&(cluster.clone(), node.clone(), revert));
        node.map_err(|_| empty("per_node", self.rates.per_node))?;
        self.total.check_key(&revert).map_err(|_| empty("total", self.rates.total))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use governor::clock::FakeRelativeClock;

    use super::*;

    #[test]
    fn each_bucket_empties_and_fills() {
        let some = |n| std::num::NonZeroU32::new(n).unwrap();
        let clock = FakeRelativeClock::default();
        let rates = Rates { per_vm: some(2), per_node: some(3), total: some(4) };
        let limiters = Limiters::new(rates, clock.clone());
        let cluster = ClusterName::try_from("home").unwrap();
        let nodes = ["pve1", "pve2"].map(|name| NodeName::try_from(name).unwrap());
        let take = |node: usize, vmid: u32| {
            limiters
                .take((&cluster, &nodes[node], vmid.try_into().unwrap()), false)
                .map_err(|e| e.key)
        };
        assert_eq!([take(0, 101), take(0, 101), take(0, 101)], [Ok(()), Ok(()), Err("per_vm")]);
        assert_eq!([take(0, 102), take(0, 103)], [Ok(()), Err("per_node")]);
        assert_eq!([take(1, 104), take(1, 105)], [Ok(()), Err("total")]);
        let revert = limiters.take((&cluster, &nodes[0], 101u32.try_into().unwrap()), true);
        assert_eq!(revert, Ok(()), "the changes do not hold up a revert");
        clock.advance(Duration::from_secs(60));
        assert_eq!(take(0, 101), Ok(()));
    }
}
