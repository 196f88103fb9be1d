//! The real clock.

use std::time::Duration;

use nix::time::{ClockId, clock_gettime};
use vm_autoscale_planner::Moment;

use crate::Clock;

/// `CLOCK_BOOTTIME`: never set, and it counts while the machine sleeps.
#[derive(Debug, Clone, Copy, Default)]
pub struct BootClock;

impl Clock for BootClock {
    fn now(&self) -> Moment {
        // Linux has had this clock since 2.6.39; without it every cooldown would last for ever,
        // which is the safe way to be wrong.
        let now = clock_gettime(ClockId::CLOCK_BOOTTIME).map(Duration::from);
        Moment(now.unwrap_or_default())
    }

    async fn sleep_until(&self, moment: Moment) {
        tokio::time::sleep(moment.since(self.now())).await;
    }
}
