//! Real time that passes faster for whoever asks, so that a minute of waiting for a command that
//! was cut off takes seconds where the commands themselves are faster, too.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use vm_autoscale_planner::Moment;
use vm_autoscale_scheduler::Clock;

/// A clock that is so many times as fast as the real one.
#[derive(Debug, Clone, Copy)]
pub struct ScaledClock {
    begun: Instant,
    factor: u32,
}

impl ScaledClock {
    /// It begins now.
    #[must_use]
    pub fn start(factor: u32) -> Self {
        Self { begun: Instant::now(), factor: factor.max(1) }
    }

    /// How long that really takes.
    #[must_use]
    pub fn really(&self, time: Duration) -> Duration {
        time.checked_div(self.factor).unwrap_or(time)
    }
}

impl Clock for ScaledClock {
    fn now(&self) -> Moment {
        Moment(self.begun.elapsed().saturating_mul(self.factor))
    }

    async fn sleep_until(&self, moment: Moment) {
        sleep(self.really(moment.since(self.now()))).await;
    }
}
