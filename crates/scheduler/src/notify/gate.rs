//! What is told at all: nothing twice in a row, several of one kind as one, and no flood.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

use super::groups::Group;
use super::message::{Level, Message, Subject};

/// Together with one more every two minutes that is at most 60 in any hour.
const AT_ONCE: NonZeroU32 = NonZeroU32::new(30).expect("30 is not 0");
const ONE_MORE: Duration = Duration::from_secs(120);
/// Of these at most 40 are of changes that went well: the rest is for what somebody has to know.
const ROUTINE_AT_ONCE: NonZeroU32 = NonZeroU32::new(20).expect("20 is not 0");
const ROUTINE_ONE_MORE: Duration = Duration::from_secs(180);
/// What is not well is told when so many looks in a row said so, or one after so long.
const SURE: u32 = 3;
const SURE_AFTER: Duration = Duration::from_secs(30);
/// For so long others of the same kind are waited for.
pub(super) const TOGETHER: Duration = Duration::from_secs(5);

pub(super) type Limiter<C> =
    RateLimiter<NotKeyed, InMemoryState, C, NoOpMiddleware<<C as Clock>::Instant>>;

/// All channels' one gate.
pub(super) struct Gate<C: Clock> {
    dedup: Duration,
    clock: C,
    hourly: Limiter<C>,
    routine: Limiter<C>,
    /// When it was told the last time, and how often it was not since. What is older than `dedup`
    /// goes, and twice that where there is something to count: so that what was so within two weeks
    /// is the most.
    events: HashMap<Subject, (C::Instant, u64)>,
    states: HashMap<Subject, State<C::Instant>>,
    /// One for each kind, cluster and channel that is left out: not many.
    groups: Vec<Group<C::Instant>>,
}

/// What was told of something that is either well or not; at first it is well.
struct State<I> {
    bad: bool,
    /// When it was told to be well again.
    well: Option<I>,
    /// Since when, and how often in a row, it was found not to be well.
    found: Option<(I, u32)>,
}

impl<C: Clock + Clone> Gate<C> {
    pub(super) fn new(dedup: Duration, clock: C) -> Self {
        let routine = limiter(ROUTINE_AT_ONCE, ROUTINE_ONE_MORE, &clock);
        let (hourly, groups) = (hourly(&clock), Vec::new());
        let (events, states) = (HashMap::new(), HashMap::new());
        Self { dedup, clock, hourly, routine, events, states, groups }
    }

    /// From now on this long.
    pub(super) fn remember_for(&mut self, dedup: Duration) {
        self.dedup = dedup;
    }

    /// Something happened. Whether it is told.
    pub(super) fn event(&mut self, message: Message) -> bool {
        let now = self.clock.now();
        let known = self.events.get_mut(&message.subject);
        if let Some((told, more)) = known
            && is_within(now, *told, self.dedup)
        {
            *more += 1;
            return false;
        }
        let again = self.events.insert(message.subject.clone(), (now, 0));
        let dedup = self.dedup;
        self.events.retain(|_, (told, more)| {
            is_within(now, *told, if *more > 0 { dedup * 2 } else { dedup })
        });
        self.add(message.noting(again.map_or(0, |(_, more)| more)));
        true
    }

    /// Whether a state is to be told now. It is asked again and again, and believed at the third
    /// time, but for where the first one is sure. What is not well is never withheld from those who
    /// were told that it is; what flaps is told to be well again once in `dedup`.
    pub(super) fn state(&mut self, subject: Subject, bad: bool, sure: bool) -> bool {
        let now = self.clock.now();
        let fresh = State { bad: false, well: None, found: None };
        let state = self.states.entry(subject).or_insert(fresh);
        let (since, looks) = state.found.take().unwrap_or((now, 0));
        if bad {
            state.found = Some((since, looks.saturating_add(1)));
        }
        let waits = if bad {
            !sure && looks.saturating_add(1) < SURE && is_within(now, since, SURE_AFTER)
        } else {
            state.well.is_some_and(|at| is_within(now, at, self.dedup))
        };
        if bad == state.bad || waits {
            return false;
        }
        if !bad {
            state.well = Some(now);
        }
        state.bad = bad;
        true
    }

    /// To be told, soon.
    pub(super) fn add(&mut self, message: Message) {
        match self.groups.iter_mut().find(|group| group.is_of(&message)) {
            Some(group) => group.add(&message),
            None => self.groups.push(Group::of(message, self.clock.now())),
        }
    }

    /// What is told now. What is too much for the hour waits, and what comes meanwhile joins it.
    pub(super) fn due(&mut self, at_once: bool) -> Vec<Message> {
        let now = self.clock.now();
        let (mut due, mut waiting) = (Vec::new(), Vec::new());
        for group in std::mem::take(&mut self.groups) {
            let is_early = !at_once && is_within(now, group.since, TOGETHER);
            let is_routine = group.level() == Level::Routine;
            let is_much = || is_routine && self.routine.check().is_err();
            if is_early || is_much() || self.hourly.check().is_err() {
                waiting.push(group);
            } else {
                due.push(group.message());
            }
        }
        self.groups = waiting;
        due
    }

    /// What waits for its turn, at the end.
    pub(super) fn waiting(&self) -> usize {
        self.groups.len()
    }
}

/// At most 60 in any hour.
pub(super) fn hourly<C: Clock + Clone>(clock: &C) -> Limiter<C> {
    limiter(AT_ONCE, ONE_MORE, clock)
}

fn limiter<C: Clock + Clone>(at_once: NonZeroU32, one_more: Duration, clock: &C) -> Limiter<C> {
    let quota = Quota::with_period(one_more).unwrap_or(Quota::per_hour(at_once));
    RateLimiter::direct_with_clock(quota.allow_burst(at_once), clock.clone())
}

fn is_within<I: governor::clock::Reference>(now: I, earlier: I, time: Duration) -> bool {
    Duration::from(now.duration_since(earlier)) < time
}
