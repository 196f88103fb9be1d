//! What was seen of vCPUs before a restart.

use super::{CpuSense, Game, NOISE};
use crate::adaptive::past::Span;
use crate::adaptive::{Needed, PastUse, narrow, share_of};
use crate::{CpuLaw, Moment};

impl CpuSense {
    /// A block of the past.
    pub(in crate::adaptive) fn play(&mut self, law: &CpuLaw, span: &Span, used: &PastUse) {
        let now = self.watch.play(span);
        let Needed { most, jumps } = used.needed();
        match used.needed {
            Some(_) => self.noise = narrow(jumps),
            None => self.noise += share_of(span.length, NOISE) * (narrow(jumps) - self.noise),
        }
        self.needed.push(now, narrow(most));
        let (peak, rest) = used.minutes(span.length);
        self.recall.push(now, narrow(used.most), peak, law.recall_half_life);
        self.recall.push(now, narrow(used.rest()), rest, law.recall_half_life);
        let game = Game { needed: &self.needed, noise: self.noise, now, law };
        self.trials.play(now, &game, law.windows);
    }

    /// What was needed from then until then, where it was seen all the time.
    pub(crate) fn needed(&self, begin: Moment, end: Moment) -> Option<Needed> {
        let begin = self.watch.all_of(begin, end)?;
        let (most, jumps) = (self.needed.most_since(begin), self.noise);
        Some(Needed { most: most.into(), jumps: jumps.into() })
    }

    /// Since when it is seen.
    pub(in crate::adaptive) fn begun(&self) -> Option<u32> {
        self.watch.since
    }

    /// Goes on with what was `seen` since the start.
    pub(in crate::adaptive) fn then(mut self, seen: &Self, hidden: u32, qemu: u32) -> Self {
        let last = self.watch.last;
        self.watch.then(&seen.watch, hidden, qemu);
        let cut = |at: u32| at.saturating_sub(self.watch.left_out);
        self.needed.push_all(&seen.needed, |at| cut(at).max(last));
        Self {
            noise: self.noise.max(seen.noise),
            hot: seen.hot.map(cut),
            needed: self.needed,
            recall: self.recall,
            trials: self.trials,
            watch: self.watch,
            ..*seen
        }
    }
}
