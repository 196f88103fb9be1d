//! What was seen of memory before a restart.

use super::{Game, MemorySense};
use crate::adaptive::past::Span;
use crate::adaptive::{Needed, PastUse, narrow};
use crate::{MemoryLaw, Moment};

impl MemorySense {
    /// A block of the past. What was needed of it went by the guest's own word where it had given
    /// one; where that is not known, page cache counts as needed.
    pub(in crate::adaptive) fn play(&mut self, law: &MemoryLaw, span: &Span, used: &PastUse) {
        let now = self.watch.play(span);
        let most = used.needed().most;
        self.needed.push(now, narrow(most));
        let rest = (used.rest() + most - used.most).max(0.0);
        let (peak, others) = used.minutes(span.length);
        self.recall.push(now, narrow(most), peak, law.recall_half_life);
        self.recall.push(now, narrow(rest), others, law.recall_half_life);
        let game = Game { needed: &self.needed, now, law };
        self.trials.play(now, &game, law.windows);
    }

    /// What was needed from then until then, where it was seen all the time.
    pub(crate) fn needed(&self, begin: Moment, end: Moment) -> Option<Needed> {
        let begin = self.watch.all_of(begin, end)?;
        Some(Needed { most: self.needed.most_since(begin).into(), jumps: 0.0 })
    }

    /// Since when it is seen.
    pub(in crate::adaptive) fn begun(&self) -> Option<u32> {
        self.watch.since
    }

    /// Goes on with what was `seen` since the start.
    pub(in crate::adaptive) fn then(mut self, seen: &Self, hidden: u32, qemu: u32) -> Self {
        let last = self.watch.last;
        self.watch.then(&seen.watch, hidden, qemu);
        let left_out = self.watch.left_out;
        self.needed.push_all(&seen.needed, |at| at.saturating_sub(left_out).max(last));
        Self { used: seen.used, slope: seen.slope, round: seen.round, ..self }
    }
}
