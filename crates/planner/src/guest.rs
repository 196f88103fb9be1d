//! What guests say of their memory, and what follows from it.
//!
//! Proxmox's figure is the guest's total less what nobody uses: page cache counts as used, and a
//! guest that reads files looks full. What programs could still get is known only to the guest. It
//! is asked when its memory is about to be changed, and after some was taken; between two answers
//! the share that was page cache is left out of Proxmox's figure.

use std::time::Duration;

use vm_autoscale_proxmox::MemoryMib;

use crate::budget::whole;
use crate::reason::{Percent, Signal};
use crate::{Allow, Kept, Moment, Reason};

mod gate;
mod order;
mod says;
mod watch;

pub(crate) use gate::Wish;
use says::Said;
pub use says::{GuestAnswer, GuestSays};
pub use watch::Shortage;
use watch::{Undo, Watch};

/// A change is decided on what was said no longer ago.
const FRESH: Duration = Duration::from_secs(15);
/// A guest that only looks full is asked again after so long, then after twice as long each time.
const FIRST_WAIT: Duration = Duration::from_secs(60);
const MAX_WAIT: Duration = Duration::from_secs(900);
/// And where nothing is done whatever it says: its answer only makes a recommendation right.
const IDLE_WAIT: Duration = Duration::from_secs(3600);
/// One that needs more than this share may soon be short, and where page cache gives way to
/// programs Proxmox's figure does not show it: its wait is no longer than this.
const NEAR: f64 = 0.75;
const NEAR_WAIT: Duration = Duration::from_secs(120);
/// One that needs so much more of its memory than at the last answer is not at rest.
const ROSE: f64 = 0.05;
/// A question that has had no answer for so long is decided without one.
const UNANSWERED: Duration = Duration::from_secs(30);
/// Page cache is kept over a restart in steps of so many MiB.
const STEP: u32 = 64;
/// What a kernel keeps of its memory from the start, in MiB, before the guest was asked.
const KERNEL: f64 = 128.0;

/// What is known of a guest by the last question to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GuestKnown {
    /// Its balloon driver did not answer.
    pub is_silent: bool,
    /// It uses only so many MiB, which is less than what is plugged.
    pub lacks: Option<u32>,
    /// How long ago that was.
    pub age: Duration,
}

/// What one guest said.
#[derive(Debug, Default, Clone)]
pub(crate) struct GuestSense {
    said: Option<Said>,
    /// What of Proxmox's figure was page cache by an answer of before a restart, in MiB.
    cache: f64,
    /// The last question got no figures.
    silent: bool,
    /// Proxmox's last figure, in MiB.
    seen: f64,
    /// How often in a row the wait before the next question was doubled, and since when it is
    /// waited for that; nothing where nothing is.
    doublings: u32,
    waits: Option<Moment>,
    /// Since when an answer is waited for.
    asked: Option<Moment>,
    /// It is to be asked in this cycle.
    asks: bool,
    /// When its memory was changed: what was said before is of another size, or was so.
    changed: Moment,
    watch: Option<Watch>,
    /// When the last question was answered, or found nobody to answer it.
    heard: Option<Moment>,
    /// Nothing was said after memory was taken the last time.
    unheard: bool,
    pub(crate) undo: Option<Undo>,
    /// Taking memory below this was undone: not again before then.
    floor: Option<(MemoryMib, Moment)>,
}

impl GuestSense {
    /// Proxmox's figure of a new sample, in MiB: what of it is needed, as far as is known.
    pub(crate) fn see(&mut self, used: f64) -> f64 {
        self.seen = used;
        self.estimate()
    }

    /// Proxmox's last figure without what was page cache at the last answer, in MiB.
    fn estimate(&self) -> f64 {
        let shift = self.said.map_or(-self.cache, |said| said.shift);
        (self.seen + shift).max(0.0)
    }

    /// What is needed, in MiB: by the guest where it was asked just now.
    pub(crate) fn needs(&self, now: Moment, size: MemoryMib) -> f64 {
        self.fresh(now, size).map_or_else(|| self.estimate(), |said| said.need)
    }

    /// What was said of this very size, just now.
    pub(crate) fn fresh(&self, now: Moment, size: MemoryMib) -> Option<Said> {
        let holds = |said: &Said| said.size == size && said.at > self.changed;
        self.said.filter(|said| holds(said) && now.since(said.at) <= FRESH)
    }

    /// Whether the last question was answered.
    pub(crate) fn is_heard(&self) -> bool {
        self.said.is_some() && !self.silent
    }

    /// Has it asked where it looks as full as `mark`, a share, and was not asked for a while.
    pub(crate) fn suspect(&mut self, now: Moment, mark: f32, size: MemoryMib, allow: Allow) {
        let own = self.said.map_or(KERNEL, |said| said.own);
        let full = self.seen + own >= f64::from(mark) * f64::from(size.get());
        self.asks |= full && self.is_due(now, size, allow != Allow::Nothing);
    }

    /// Whether it was not asked for as long as its answers were no news.
    fn is_due(&self, now: Moment, size: MemoryMib, acts: bool) -> bool {
        let near = self.said.is_some_and(|said| said.need > NEAR * f64::from(size.get()));
        let most = match acts {
            false => IDLE_WAIT,
            true if near && !self.silent => NEAR_WAIT,
            true => MAX_WAIT,
        };
        let wait = FIRST_WAIT.saturating_mul(1 << self.doublings.min(8)).min(most);
        self.waits.is_none_or(|since| now.since(since) >= wait)
    }

    /// Why nothing is to be changed, where page cache is part of it.
    pub(crate) fn within(&self, reason: Reason, size: MemoryMib) -> Reason {
        match (reason, self.said) {
            (Reason::Within(needs), Some(_)) => {
                Reason::Needs(needs, Percent(100.0 * self.seen / f64::from(size.get())))
            }
            (reason, _) => reason,
        }
    }

    /// What it answered, or that it does not: what it needs of that size, in MiB. `sampled` is the
    /// time of the last sample, by the node's clock.
    pub(crate) fn told(
        &mut self,
        now: Moment,
        answer: GuestAnswer,
        size: MemoryMib,
        sampled: Option<u64>,
    ) -> Option<f64> {
        self.asked = None;
        let said = match answer {
            GuestAnswer::Says(says) => Said::of(now, says, size, self.seen, sampled),
            GuestAnswer::Silent => None,
        };
        (self.silent, self.heard) = (said.is_none(), Some(now));
        self.heed(now, said);
        let mut is_news = self.waits.is_none();
        let before = self.said.filter(|before| before.size == size);
        if let Some(said) = said {
            let rose = before.is_none_or(|it| said.need - it.need > ROSE * f64::from(size.get()));
            is_news |= rose;
            self.said = Some(said);
        }
        self.doublings = if is_news { 0 } else { self.doublings.saturating_add(1) };
        self.waits = Some(now);
        said.map(|said| said.need)
    }

    /// A new cycle.
    pub(crate) fn begin(&mut self) {
        // What nobody wants to know any more is not waited for.
        self.asked = self.asked.filter(|_| self.asks);
        self.asks = false;
    }

    /// Whether it is to be asked in this cycle.
    pub(crate) fn asks(&self) -> bool {
        self.asks
    }

    /// Who has waited longest for a question comes first, who did not answer one last.
    pub(crate) fn turn(&self, now: Moment) -> (bool, Option<Moment>) {
        (self.is_unanswered(now), self.waits)
    }

    fn is_unanswered(&self, now: Moment) -> bool {
        self.asked.is_some_and(|at| now.since(at) > UNANSWERED)
    }

    /// The question goes out.
    pub(crate) fn asked(&mut self, now: Moment) {
        self.asked = self.asked.or(Some(now));
    }

    /// A change of ours of its memory has ended.
    pub(crate) fn changed(&mut self, now: Moment, from: MemoryMib, to: MemoryMib, done: bool) {
        if to < from {
            self.watch = Some(Watch::after(self.watch, (now, from), self.said));
            self.unheard = false;
        } else if done {
            (self.undo, self.watch) = (None, None);
        }
        (self.waits, self.changed) = (None, now);
    }

    /// What came of the last question; nothing where none was asked.
    pub(crate) fn known(&self, now: Moment) -> Option<GuestKnown> {
        let age = now.since(self.heard?);
        let said = self.said.filter(|said| !self.silent && said.at > self.changed);
        let lacks = said.filter(Said::lacks).map(|said| said.total);
        Some(GuestKnown { is_silent: self.silent, lacks, age })
    }

    /// Below which size nothing is taken, and for how long.
    pub(crate) fn floor(&self, now: Moment) -> Option<(MemoryMib, Duration)> {
        let (size, until) = self.floor.filter(|(_, until)| now < *until)?;
        Some((size, until.since(now)))
    }

    /// Puts what outlives a restart where it is kept.
    pub(crate) fn keep(&self, kept: &Kept) -> Kept {
        // What is to be given back is watched for anew by whoever does not know of it.
        let shrunk = self.watch.map(|watch| (watch.before, watch.since));
        let shrunk = shrunk.or(self.undo.map(|undo| (undo.to, undo.at)));
        // Coarse, so that it does not change with every answer, and never more than it was.
        let shift = self.said.map_or(-self.cache, |said| said.shift);
        let page_cache = whole(-shift / f64::from(STEP)).saturating_mul(STEP);
        Kept { memory_floor: self.floor, memory_shrunk: shrunk, page_cache, ..*kept }
    }

    /// As it was before a restart.
    pub(crate) fn again(kept: &Kept) -> Self {
        let watch = kept.memory_shrunk.map(|(before, since)| Watch::new(since, before, None));
        let cache = kept.page_cache.into();
        Self { floor: kept.memory_floor, watch, cache, ..Self::default() }
    }

    fn signal(&self, device: bool) -> Signal {
        if device { Signal::Silent { unheard: self.unheard } } else { Signal::NoDevice }
    }
}
