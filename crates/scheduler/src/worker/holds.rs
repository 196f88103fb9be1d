//! What keeps a decided change from being sent, and how long those under way are waited for.

use std::time::Duration;

use super::Worker;
use crate::view::{InFlight, Nameable};
use crate::{Clock, Helper, Journal};

/// Told to stop, changes under way are read back for so long; the units' `TimeoutStopSec=` is
/// longer. It is the helper's own time for the same.
pub(crate) const DRAIN: Duration = Duration::from_secs(75);

impl<C: Clock, H: Helper, J: Journal> Worker<C, H, J> {
    /// Why a change of this VM must not be sent any more, asked at the moment when it would be: an
    /// order that was answered meanwhile holds for it, too.
    pub(super) fn held(
        &self,
        vm: Option<Nameable>,
    ) -> impl Fn() -> Option<String> + Send + Sync + use<C, H, J> {
        let (clock, journal, stop) = (self.clock.clone(), self.journal.clone(), self.stop.clone());
        move || {
            if *stop.borrow() {
                return Some("stopping".to_owned());
            }
            let paused = vm.as_ref()?.held_by(&journal.pauses(clock.now()))?;
            Some(format!("paused: {paused}"))
        }
    }
}

/// Says what is not waited for any more.
pub(super) fn leave(in_flight: &InFlight) {
    for (vmid, node) in in_flight {
        tracing::warn!(%vmid, %node, kind = "left", "stopping: what became of a change under way is not known yet; the next start reads it, and does not make it again");
    }
}
