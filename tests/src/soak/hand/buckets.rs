//! So many changes a minute, as the helper counts them.

use std::collections::BTreeMap;

use vm_autoscale_proxmox::{NodeName, VmId};

use crate::invariants::Rates;

/// What `helper.yaml` would say.
pub(in super::super) const RATES: Rates = Rates { per_vm: 2, per_node: 10, total: 30 };

#[derive(Debug, Default)]
pub(super) struct Buckets {
    levels: BTreeMap<String, (f64, f64)>,
}

impl Buckets {
    /// Counts a change, or says that it has to wait. Reverts have buckets of their own.
    pub(super) fn take(&mut self, now: f64, (node, vmid, revert): (&NodeName, VmId, bool)) -> bool {
        let wanted = [
            (format!("vm {vmid} {revert}"), RATES.per_vm),
            (format!("node {node} {revert}"), RATES.per_node),
            (format!("all {revert}"), RATES.total),
        ];
        // One that was rested for so long is as good as one that was never used.
        self.levels.retain(|_, (at, _)| now - *at < 120.0);
        for (key, limit) in wanted {
            let limit = f64::from(limit);
            let (at, level) = self.levels.get(&key).copied().unwrap_or((now, 0.0));
            let level = (level - (now - at) * limit / 60.0).max(0.0);
            if level + 1.0 > limit {
                return false;
            }
            self.levels.insert(key, (now, level + 1.0));
        }
        true
    }
}
