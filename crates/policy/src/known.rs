//! What the helper knows beside its rules.

use std::cell::RefCell;
use std::time::Duration;

use vm_autoscale_node::{ClusterName, Digest, VmConfig, VmId};

use crate::totals::Mark;
use crate::{Changes, Policy, Seen, Totals};

/// What it read, and what it did.
pub struct Known {
    pub(crate) seen: Seen,
    /// The sums.
    pub totals: Totals,
    /// The last changes.
    pub changes: RefCell<Changes>,
}

impl Known {
    /// Nothing is read yet; an earlier process made those changes.
    #[must_use]
    pub fn new(policy: &Policy, changes: Changes, now: Duration) -> Self {
        let totals = Totals::default();
        for cluster in policy.clusters.iter().filter(|of| of.max_total_memory.is_some()) {
            totals.add(cluster);
            for (vmid, asked) in changes.memory(&cluster.name) {
                totals.recall(&cluster.name, vmid, asked, now);
            }
        }
        Self { seen: Seen::default(), totals, changes: RefCell::new(changes) }
    }

    /// A config was read; `None` where there is none, or none that can be understood.
    pub fn read(
        &self,
        (cluster, vmid): (&ClusterName, VmId),
        mark: Mark,
        now: Duration,
        config: Option<(Digest, VmConfig)>,
    ) {
        let Some((digest, config)) = config else {
            self.seen.forget(cluster, vmid);
            return self.totals.note((cluster, vmid), mark, now, None);
        };
        let sizes = self.seen.note(cluster, vmid, digest, &config);
        self.totals.note((cluster, vmid), mark, now, sizes.most_memory());
    }
}
