//! After memory was taken the guest is asked a few times whether it can do without.

use std::fmt;
use std::time::Duration;

use vm_autoscale_proxmox::MemoryMib;

use super::GuestSense;
use super::says::Said;
use crate::Moment;

/// When, in seconds after the shrink; and at once where nothing was said before it that rates could
/// count from.
const TIMES: [u64; 5] = [30, 60, 120, 300, 600];
/// Who was not asked by then (nobody could ask) is not watched any more.
const OVER: Duration = Duration::from_secs(900);
/// Shorter times between two answers tell no rate.
const RATE_OVER: Duration = Duration::from_secs(20);
/// Swapped in and out, in bytes a second: a guest at rest moves a page now and then, one that is
/// short moves megabytes.
const SWAPS: u64 = 64 * 1024;
/// Waits for the disk a second. A program that starts makes some hundred once; 20 a second over
/// half a minute are a guest that reads back what it had to drop.
const FAULTS: u64 = 20;
/// What must stay available: so many MiB, or this share.
const LEAST_MIB: u32 = 128;
const LEAST_SHARE: u32 = 20;
/// So long nothing is taken below the size that was needed.
const REMEMBERED: Duration = Duration::from_secs(24 * 3600);

/// A shrink that is being watched.
#[derive(Debug, Clone, Copy)]
pub(super) struct Watch {
    pub(super) since: Moment,
    pub(super) before: MemoryMib,
    times: usize,
    /// Asked at once.
    begun: bool,
    heard: bool,
    /// The last answer that rates count from.
    base: Option<Base>,
}

#[derive(Debug, Clone, Copy)]
struct Base {
    at: Moment,
    swapped: Option<u64>,
    faults: Option<u64>,
}

/// What showed that a guest needs what was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shortage {
    /// Bytes swapped a second.
    Swaps(u64),
    /// Waits for the disk a second.
    Faults(u64),
    /// MiB available, and what should be.
    Available(u32, u32),
}

/// Memory that is to be given back.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Undo {
    pub(crate) to: MemoryMib,
    pub(crate) why: Shortage,
    /// How long after the shrink it showed, and when that was.
    pub(crate) after: Duration,
    pub(super) at: Moment,
}

impl Watch {
    /// `said` is what the shrink was decided on.
    pub(super) fn new(since: Moment, before: MemoryMib, said: Option<Said>) -> Self {
        let base = said.map(Base::of);
        Self { since, before, times: 0, begun: base.is_some(), heard: false, base }
    }

    /// One shrink more. What is taken step by step is given back as a whole.
    pub(super) fn after(
        watched: Option<Self>,
        (now, from): (Moment, MemoryMib),
        said: Option<Said>,
    ) -> Self {
        let next = Self::new(now, from, said);
        match watched.filter(|watched| !watched.is_over(now)) {
            Some(Self { before, base, .. }) => {
                let base = base.or(next.base);
                Self { before: before.max(from), begun: base.is_some(), base, ..next }
            }
            None => next,
        }
    }

    pub(super) fn is_due(&self, now: Moment) -> bool {
        !self.begun || self.is_time(now)
    }

    fn is_time(&self, now: Moment) -> bool {
        TIMES.get(self.times).is_some_and(|time| now.since(self.since).as_secs() >= *time)
    }

    fn is_over(&self, now: Moment) -> bool {
        self.times >= TIMES.len() || now.since(self.since) > OVER
    }

    /// What an answer shows.
    fn heed(&mut self, now: Moment, said: &Said) -> Option<Shortage> {
        self.heard = true;
        let next = Base::of(*said);
        let rates = self.base.and_then(|base| base.rates(now, next));
        if rates.is_some() || self.base.is_none() {
            self.base = Some(Base { at: now, ..next });
        }
        let least = LEAST_MIB.max(said.size.get() / LEAST_SHARE);
        let (swaps, faults) = rates.unwrap_or_default();
        let short = (said.available < least).then_some(Shortage::Available(said.available, least));
        let swaps = (swaps >= SWAPS).then_some(Shortage::Swaps(swaps));
        short.or(swaps).or((faults >= FAULTS).then_some(Shortage::Faults(faults)))
    }
}

impl Base {
    fn of(said: Said) -> Self {
        Self { at: said.at, swapped: said.swapped, faults: said.major_faults }
    }

    /// Bytes swapped and waits for the disk, a second. A guest that booted meanwhile counts anew.
    fn rates(self, now: Moment, next: Self) -> Option<(u64, u64)> {
        let time = now.since(self.at);
        let rate = |from: Option<u64>, to: Option<u64>| {
            let more = from.zip(to).map_or(0, |(from, to)| to.saturating_sub(from));
            more / time.as_secs().max(1)
        };
        (time >= RATE_OVER)
            .then(|| (rate(self.swapped, next.swapped), rate(self.faults, next.faults)))
    }
}

impl GuestSense {
    /// Has it asked when it is time to. Who is not changed any more is not watched.
    pub(crate) fn watch(&mut self, now: Moment, is_changed: bool) {
        self.watch = self.watch.filter(|_| is_changed);
        let Some(watch) = self.watch else { return };
        if watch.is_over(now) {
            (self.unheard, self.watch) = (!watch.heard, None);
        } else {
            self.asks |= watch.is_due(now);
        }
    }

    /// What an answer, or none, says of a shrink.
    pub(super) fn heed(&mut self, now: Moment, said: Option<Said>) {
        let Some(watch) = &mut self.watch else { return };
        if watch.is_time(now) {
            watch.times += 1;
        }
        watch.begun = true;
        let Some(why) = said.and_then(|said| watch.heed(now, &said)) else { return };
        let after = now.since(watch.since);
        self.floor = Some((watch.before, now.after(REMEMBERED)));
        self.undo = Some(Undo { to: watch.before, why, after, at: now });
        self.watch = None;
    }

    /// Whether memory was taken of late.
    pub(crate) fn is_watched(&self) -> bool {
        self.watch.is_some()
    }
}

impl fmt::Display for Shortage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Swaps(bytes) => write!(f, "it swaps {} KiB a second", bytes / 1024),
            Self::Faults(count) => write!(f, "it waits for the disk {count} times a second"),
            Self::Available(has, least) => write!(f, "{has} MiB available, less than {least}"),
        }
    }
}
