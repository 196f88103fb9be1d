//! Memory.

mod past;

use vm_autoscale_proxmox::{Ladder, MemoryMib};

use super::recall::Recall;
use super::stairs::Stairs;
use super::trials::{Played, Trials};
use super::{Watch, narrow, share_of, up};
use crate::reason::{Percent, Span};
use crate::{MemoryLaw, Moment, Reason};

/// Seconds that say what a VM needs where others are short: enough for what comes and goes every
/// few minutes to be in them.
const LATE: u32 = 600;
/// After a change, until the guest has made itself at home in its new size.
const SETTLED: u32 = 60;
/// Seconds over which the slope is smoothed.
const SMOOTHING: f32 = 120.0;
/// The least that is told apart, in MiB.
const FIRST: f32 = 128.0;
/// A half of a GiB: the least that the games grow by.
const HALF: f32 = 512.0;
const GIB: f32 = 1024.0;

/// What was seen of a VM's memory, in MiB.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MemorySense {
    used: f32,
    /// MiB a second.
    slope: f32,
    needed: Stairs,
    recall: Recall,
    trials: Trials,
    watch: Watch,
    round: bool,
}

impl MemorySense {
    /// Of memory that was changed then, if so, and whether that took some.
    pub(crate) fn after(change: Option<(Moment, bool)>) -> Self {
        Self {
            used: 0.0,
            slope: 0.0,
            needed: Stairs::default(),
            recall: Recall::new(FIRST),
            trials: Trials::default(),
            watch: Watch::after(change),
            round: false,
        }
    }

    /// So many MiB were used.
    pub(crate) fn see(&mut self, law: &MemoryLaw, now: Moment, used: f64) {
        let (now, used) = (self.watch.clock(now), narrow(used));
        self.needed.push(now, used);
        match self.watch.see(now) {
            None => self.slope = 0.0,
            Some(passed) => {
                let slope = (used - self.used) / narrow(f64::from(passed.max(1)));
                self.slope += share_of(passed, SMOOTHING) * (slope - self.slope);
                let game = Game { needed: &self.needed, now, law };
                self.round = self.trials.play(now, &game, law.windows);
                if self.round {
                    self.recall.push(now, used, 1.0, law.recall_half_life);
                }
            }
        }
        self.used = used;
    }

    /// As in the moment in which something may be taken, which comes once a minute.
    pub(crate) fn at_round(&mut self) {
        self.round = true;
    }

    /// A change of ours came about.
    pub(crate) fn changed(&mut self, now: Moment, grown: bool) {
        self.watch.changed(self.watch.clock(now), grown);
    }

    /// So many MiB are needed by the guest's own word: what was seen before was of another kind.
    pub(crate) fn correct(&mut self, now: Moment, need: f64) {
        (self.slope, self.used) = (0.0, narrow(need));
        self.needed.push(self.watch.clock(now), self.used);
    }

    /// The most MiB that were used of late, where it was seen all that time.
    pub(crate) fn most_of_late(&self, now: Moment) -> Option<f64> {
        let now = self.watch.clock(now);
        // What was in use before a change was in use because the memory was there: page cache.
        let since =
            self.watch.changed.map_or(LATE, |changed| now.saturating_sub(changed)).min(LATE);
        let most = self.needed.most_since(now.saturating_sub(since) + 1).max(self.used);
        let seen = since >= SETTLED && self.watch.has_seen(now, since);
        seen.then_some(f64::from(most))
    }

    /// How much memory there should be, and why.
    pub(crate) fn judge(
        &self,
        law: &MemoryLaw,
        now: Moment,
        size: MemoryMib,
    ) -> Result<(MemoryMib, Reason), Reason> {
        let now = self.watch.clock(now);
        let (used, have) = (self.used, narrow(f64::from(size.get())));
        let shown = Percent(f64::from(100.0 * used / have));
        let soon = used + self.slope.max(0.0) * narrow(f64::from(law.horizon));
        let urgent = used >= law.urgent_at * have;
        let hot = used >= law.grow_at * have || have - used < law.free_mib;
        if !hot && soon < law.urgent_at * have {
            return self.shrink(law, now, size).ok_or(Reason::Within(shown));
        }
        let mut to = wanted(law, used.max(soon.min(1.5 * used))).max(size.get() + 1);
        if urgent {
            let recalled = self.recall.percentile(law.recall).min(self.needed.most_since(0));
            to = to.max(up(have * law.growth_factor)).max(wanted(law, recalled));
        }
        let to = on_ladder(to).ok_or(Reason::AtMaximum(shown, "the ladder"))?;
        let (used, soon) = (f64::from(used), f64::from(soon));
        Ok((to, Reason::Short { used, of: size.get(), soon }))
    }

    fn shrink(&self, law: &MemoryLaw, now: u32, size: MemoryMib) -> Option<(MemoryMib, Reason)> {
        let window = self.trials.window(law.windows);
        let most = self.needed.most_since(now.saturating_sub(window));
        let to = on_ladder(wanted(law, most))?;
        let seen = self.watch.has_seen(now, window) && self.watch.has_settled(now, law.settle);
        let saves = is_worth(law, narrow(f64::from(size.get())), narrow(f64::from(to.get())));
        let reason = Reason::Spare { most: f64::from(most), span: Span(window) };
        (saves && seen && self.round).then_some((to, reason))
    }
}

fn is_worth(law: &MemoryLaw, have: f32, to: f32) -> bool {
    to <= have * (1.0 - law.least_saving)
}

/// What such a use asks for, in MiB.
fn wanted(law: &MemoryLaw, used: f32) -> u32 {
    up((used / law.target).max(used + law.free_mib))
}

fn on_ladder(mib: u32) -> Option<MemoryMib> {
    MemoryMib::try_from(mib.max(1024)).ok().and_then(Ladder::ceil)
}

struct Game<'a> {
    needed: &'a Stairs,
    now: u32,
    law: &'a MemoryLaw,
}

impl Game<'_> {
    fn most(&self, window: u32) -> f32 {
        self.needed.most_since(self.now.saturating_sub(window))
    }

    /// In GiB.
    fn need(&self, most: f32) -> f32 {
        let mib = on_ladder(wanted(self.law, most)).map_or(u32::MAX, MemoryMib::get);
        narrow(f64::from(mib)) / GIB
    }
}

impl Played for Game<'_> {
    fn grown(&self, size: f32) -> Option<(f32, f32)> {
        let most = self.most(super::trials::ROUND - 1);
        let missing = (most / GIB - size).max(0.0);
        let grown = self.need(most).max(size + HALF / GIB);
        (most >= self.law.grow_at * size * GIB).then_some((grown, missing))
    }

    fn shrunk(&self, size: f32, window: u32) -> Option<f32> {
        Some(self.need(self.most(window))).filter(|need| is_worth(self.law, size, *need))
    }
}
