//! The real clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nix::time::{ClockId, clock_gettime};
use vm_autoscale_planner::Moment;

use crate::Clock;

/// Seconds since 1970 by a clock that people set, and which may jump: for display, and for what
/// holds by the time of day.
#[must_use]
pub fn wall() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

/// `CLOCK_BOOTTIME`, which is never set and counts while the machine sleeps, and ahead of it by
/// what the journal says, so that moments of before a reboot lie behind those of after it.
#[derive(Debug, Clone)]
pub struct BootClock {
    /// In milliseconds; all copies go together.
    ahead: Arc<AtomicU64>,
    since_boot: fn() -> Duration,
}

impl Default for BootClock {
    fn default() -> Self {
        Self::over(|| {
            // Linux has had this clock since 2.6.39; without it every cooldown would last for
            // ever, which is the safe way to be wrong.
            let now = clock_gettime(ClockId::CLOCK_BOOTTIME).map(Duration::from);
            now.unwrap_or_default()
        })
    }
}

impl BootClock {
    /// Over another time since boot.
    pub(crate) fn over(since_boot: fn() -> Duration) -> Self {
        Self { ahead: Arc::default(), since_boot }
    }

    pub(crate) fn ahead(&self) -> Duration {
        Duration::from_millis(self.ahead.load(Ordering::SeqCst))
    }

    /// Goes on from where a process of before stopped; never back.
    pub(crate) fn go_on(&self, last: Moment, ahead: Duration) {
        let ahead = ahead_of((self.since_boot)(), last, ahead);
        let ahead = ahead.as_millis().try_into().unwrap_or(u64::MAX);
        self.ahead.fetch_max(ahead, Ordering::SeqCst);
    }
}

/// How far to go ahead of the time since boot, where a process that went ahead by `ahead` noted
/// something `last`. Time that passed meanwhile is never overestimated: in the same boot it is what
/// passed, and after a reboot at most as much as the machine runs by now. So it need not be known
/// which of the two it was.
fn ahead_of(since_boot: Duration, last: Moment, ahead: Duration) -> Duration {
    ahead.max(last.0.saturating_sub(since_boot))
}

impl Clock for BootClock {
    fn now(&self) -> Moment {
        Moment((self.since_boot)().saturating_add(self.ahead()))
    }

    async fn sleep_until(&self, moment: Moment) {
        tokio::time::sleep(moment.since(self.now())).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// What passed between the last note of a process at `last` since its boot, and the start of
    /// the next at `now` since its own, by a clock that went ahead by `ahead`.
    fn passed(last: u64, ahead: u64, now: u64) -> Duration {
        let last = Moment(seconds(last + ahead));
        let ahead = ahead_of(seconds(now), last, seconds(ahead));
        Moment(seconds(now) + ahead).since(last)
    }

    #[test]
    fn in_the_same_boot_it_is_what_passed() {
        assert_eq!(passed(1000, 0, 1030), seconds(30));
        assert_eq!(passed(1000, 5000, 1030), seconds(30));
    }

    /// Of a reboot nothing is known but that the machine runs for so long since.
    #[test]
    fn after_a_reboot_it_is_at_most_what_the_machine_runs_by_now() {
        for ahead in [0, 5, 1_000_000] {
            for (last, now) in
                [(1000, 40), (40, 1000), (1000, 1000), (0, 0), (1, u64::from(u32::MAX))]
            {
                assert!(passed(last, ahead, now) <= seconds(now), "{last} {ahead} {now}");
            }
        }
    }

    #[test]
    fn it_goes_on_and_never_back() {
        let clock = BootClock::over(|| seconds(100));
        let copy = clock.clone();
        assert_eq!(copy.now(), Moment(seconds(100)));
        clock.go_on(Moment(seconds(70)), seconds(20));
        assert_eq!(copy.now(), Moment(seconds(120)));
        clock.go_on(Moment(seconds(900)), seconds(20));
        assert_eq!(copy.now(), Moment(seconds(900)));
        clock.go_on(Moment(seconds(500)), seconds(0));
        assert_eq!(copy.now(), Moment(seconds(900)));
    }

    #[test]
    fn the_machine_has_such_a_clock() {
        assert!(BootClock::default().now() > Moment::default());
    }
}
