//! What is told at all: nothing twice in a row, and no flood.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

use super::message::{Message, Subject};

/// Together with one more every two minutes that is at most 60 in any hour.
const AT_ONCE: NonZeroU32 = NonZeroU32::new(30).expect("30 is not 0");
const ONE_MORE: Duration = Duration::from_secs(120);

type Limiter<C> = RateLimiter<NotKeyed, InMemoryState, C, NoOpMiddleware<<C as Clock>::Instant>>;

/// All channels' one gate.
pub(super) struct Gate<C: Clock> {
    dedup: Duration,
    clock: C,
    hourly: Limiter<C>,
    /// When it was told the last time, and how often it was not since. What is older than `dedup`
    /// goes, so that 60 an hour for a week are the most.
    events: HashMap<Subject, (C::Instant, u64)>,
    states: HashMap<Subject, State<C::Instant>>,
    /// By the hourly limit, since the last message.
    left_out: u64,
}

/// What was told of something that is either well or not; at first it is well.
struct State<I> {
    bad: bool,
    /// When it was told to be well, and not to be.
    told: (Option<I>, Option<I>),
}

impl<C: Clock + Clone> Gate<C> {
    pub(super) fn new(dedup: Duration, clock: C) -> Self {
        let quota = Quota::with_period(ONE_MORE).unwrap_or(Quota::per_hour(AT_ONCE));
        let hourly = RateLimiter::direct_with_clock(quota.allow_burst(AT_ONCE), clock.clone());
        let (events, states) = (HashMap::new(), HashMap::new());
        Self { dedup, clock, hourly, events, states, left_out: 0 }
    }

    /// The message as it goes out; nothing when it does not.
    pub(super) fn event(&mut self, message: Message) -> Option<Message> {
        let now = self.clock.now();
        let known = self.events.get_mut(&message.subject);
        if let Some((told, more)) = known
            && is_within(now, *told, self.dedup)
        {
            *more += 1;
            return None;
        }
        if self.hourly.check().is_err() {
            self.left_out += 1;
            return None;
        }
        let again = self.events.insert(message.subject.clone(), (now, 0));
        let dedup = self.dedup;
        // Those that were not told since have nothing to count.
        self.events.retain(|_, (told, more)| *more > 0 || is_within(now, *told, dedup));
        Some(message.noting(again.map_or(0, |(_, more)| more), std::mem::take(&mut self.left_out)))
    }

    /// Whether a state is to be told now, and how many messages were left out before. It is asked
    /// again and again: what cannot be told yet is told later, if it is still so.
    pub(super) fn state(&mut self, subject: Subject, bad: bool) -> Option<u64> {
        let now = self.clock.now();
        let state = self.states.entry(subject).or_insert(State { bad: false, told: (None, None) });
        let last = if bad { &mut state.told.1 } else { &mut state.told.0 };
        let waits = last.is_some_and(|at| is_within(now, at, self.dedup));
        if bad == state.bad || waits || self.hourly.check().is_err() {
            return None;
        }
        *last = Some(now);
        state.bad = bad;
        Some(std::mem::take(&mut self.left_out))
    }
}

fn is_within<I: governor::clock::Reference>(now: I, earlier: I, time: Duration) -> bool {
    Duration::from(now.duration_since(earlier)) < time
}
