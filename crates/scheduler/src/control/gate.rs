//! Whose orders are taken, and what an order that is refused costs: no second thread, no flood of
//! lines.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::rights::may_order;

/// For the user database, with what the lookup waits for the one before.
const LOOKUP: Duration = Duration::from_secs(5);
/// Refusals are told in the log at most so often.
const TOLD_EVERY: Duration = Duration::from_secs(60);

/// What is known of somebody who gives an order.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum May {
    Yes,
    No,
    /// The user database does not answer.
    Unknown,
}

/// Asks for rights, one lookup at a time.
pub(super) struct Gate {
    rights: fn(u32) -> bool,
    lookup: Duration,
    /// Whoever looks up holds it until that has ended, also where nobody waits any more: a database
    /// that hangs takes one thread and no more.
    room: Arc<Semaphore>,
    refusals: Mutex<Refusals>,
}

#[derive(Default)]
struct Refusals {
    told: Option<Instant>,
    untold: u64,
}

impl Gate {
    pub(super) fn new(rights: fn(u32) -> bool, lookup: Duration) -> Self {
        let room = Arc::new(Semaphore::new(1));
        Self { rights, lookup, room, refusals: Mutex::default() }
    }

    /// Root needs no user database.
    pub(super) async fn may(&self, uid: u32) -> May {
        if uid == 0 {
            return May::Yes;
        }
        let may = timeout(self.lookup, self.look_up(uid)).await.ok().flatten();
        match may {
            Some(true) => return May::Yes,
            Some(false) => self.tell(uid, "neither root nor in the group vm-autoscale-admin"),
            None => self.tell(uid, "the user database does not answer"),
        }
        if may.is_some() { May::No } else { May::Unknown }
    }

    /// Nothing where it did not come about.
    async fn look_up(&self, uid: u32) -> Option<bool> {
        let turn = self.room.clone().acquire_owned().await.ok()?;
        let rights = self.rights;
        let look = move || {
            let may = rights(uid);
            drop(turn);
            may
        };
        tokio::task::spawn_blocking(look).await.ok()
    }

    fn tell(&self, uid: u32, why: &str) {
        let count = {
            // What is in it is whole after every statement.
            let mut refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
            refusals.count(Instant::now())
        };
        match count {
            Some(0) => tracing::warn!(uid, "refused an order: {why}"),
            Some(more) => {
                tracing::warn!(uid, "refused an order: {why} (and {more} before it untold)");
            }
            None => {}
        }
    }
}

impl Default for Gate {
    fn default() -> Self {
        Self::new(may_order, LOOKUP)
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate").finish_non_exhaustive()
    }
}

impl Refusals {
    /// One more: how many before it were not told, where it is to be told.
    fn count(&mut self, now: Instant) -> Option<u64> {
        if self.told.is_some_and(|told| now.duration_since(told) < TOLD_EVERY) {
            self.untold += 1;
            return None;
        }
        self.told = Some(now);
        Some(std::mem::take(&mut self.untold))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn a_flood_of_refusals_is_a_line_a_minute() {
        let (mut refusals, begun) = (Refusals::default(), Instant::now());
        let mut count = |at| refusals.count(begun + Duration::from_secs(at));
        assert_eq!((count(0), count(1), count(59)), (Some(0), None, None));
        assert_eq!((count(60), count(61), count(130)), (Some(2), None, Some(1)));
    }

    static LOOKUPS: AtomicUsize = AtomicUsize::new(0);

    #[tokio::test]
    async fn a_user_database_that_hangs_takes_one_thread_and_holds_up_no_root() {
        let hangs = |_| {
            LOOKUPS.fetch_add(1, Ordering::SeqCst);
            std::thread::park_timeout(Duration::from_secs(1));
            true
        };
        let gate = Gate::new(hangs, Duration::from_millis(20));
        for _ in 0..5 {
            assert_eq!(gate.may(1000).await, May::Unknown);
        }
        assert_eq!((gate.may(0).await, LOOKUPS.load(Ordering::SeqCst)), (May::Yes, 1));
    }
}
