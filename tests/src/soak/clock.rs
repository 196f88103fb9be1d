//! The lab's own time, which passes as fast as it can, and a wall clock that people set.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;
use vm_autoscale_planner::Moment;
use vm_autoscale_scheduler::Clock;

/// Boot time begins with the lab's.
#[derive(Debug, Clone)]
pub(super) struct Virtual {
    begun: Instant,
    wall: Arc<AtomicU64>,
}

impl Virtual {
    pub(super) fn new(begun: Instant) -> Self {
        Self { begun, wall: Arc::default() }
    }

    /// Seconds since the lab's start.
    pub(super) fn seconds(&self) -> f64 {
        self.begun.elapsed().as_secs_f64()
    }

    /// Somebody sets the wall clock.
    pub(super) fn set_wall(&self, seconds: u64) {
        self.wall.store(seconds, Ordering::Relaxed);
    }
}

impl Clock for Virtual {
    fn now(&self) -> Moment {
        Moment(self.begun.elapsed())
    }

    fn wall(&self) -> u64 {
        self.wall.load(Ordering::Relaxed).saturating_add(self.begun.elapsed().as_secs())
    }

    async fn sleep_until(&self, moment: Moment) {
        // Rounded up to whole milliseconds by the runtime, as the real one is.
        tokio::time::sleep(moment.since(self.now()).max(Duration::from_millis(1))).await;
    }
}
