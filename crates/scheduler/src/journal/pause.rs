//! An administrator's order to leave VMs alone.

use serde::{Deserialize, Serialize};
use vm_autoscale_config::Selection;
use vm_autoscale_planner::Moment;

/// It ends by itself, or holds until it is taken back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pause {
    /// Its number in the journal.
    pub number: u64,
    /// Which VMs, in the words of `select`.
    pub select: Selection,
    /// Why.
    pub reason: String,
    /// Who said so.
    pub uid: u32,
    /// When, in seconds since 1970, for display only.
    pub at: u64,
    /// Until then it holds.
    pub until: Option<Moment>,
}

impl Pause {
    /// Whether it still holds.
    #[must_use]
    pub fn holds(&self, now: Moment) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}
