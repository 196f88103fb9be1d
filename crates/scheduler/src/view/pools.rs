//! When the pools were read, and of what.

use std::time::Duration;

use vm_autoscale_planner::Moment;
use vm_autoscale_proxmox::NodeName;

/// What could not be read, or has no counter that says whether it moved, is read again after this.
const AGAIN: Duration = Duration::from_secs(60);

/// The last attempt.
#[derive(Debug, Default)]
pub(crate) struct PoolsRead(Option<Attempt>);

#[derive(Debug)]
struct Attempt {
    at: Moment,
    /// The node's word, since its pmxcfs start: counters compare only within one of these.
    entry: (NodeName, u64),
    user_cfg: Option<u64>,
    succeeded: bool,
}

impl PoolsRead {
    /// Whether they are to be read now; it counts as tried then.
    pub(crate) fn is_due(
        &mut self,
        now: Moment,
        entry: (NodeName, u64),
        user_cfg: Option<u64>,
    ) -> bool {
        let due = self.0.as_ref().is_none_or(|last| {
            let moved = last.entry != entry || last.user_cfg != user_cfg;
            let sure = last.succeeded && user_cfg.is_some();
            moved || (!sure && now.since(last.at) >= AGAIN)
        });
        if due {
            self.0 = Some(Attempt { at: now, entry, user_cfg, succeeded: false });
        }
        due
    }

    /// The last attempt brought them.
    pub(crate) fn succeeded(&mut self) {
        if let Some(last) = &mut self.0 {
            last.succeeded = true;
        }
    }
}
