//! What was needed, and when last.

/// So many steps are told apart.
const STEPS: usize = 32;

/// The maximum over any time up to now: each step is lower and later than the one before, so that
/// a sample costs no more than the steps it covers, and no window has to be known when it is seen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stairs {
    steps: [Step; STEPS],
    len: usize,
}

#[derive(Debug, Clone, Copy, Default)]
struct Step {
    /// Seconds.
    at: u32,
    level: f32,
}

impl Default for Stairs {
    fn default() -> Self {
        Self { steps: [Step::default(); STEPS], len: 0 }
    }
}

impl Stairs {
    /// So much was needed then, which is later than all before.
    pub(super) fn push(&mut self, at: u32, level: f32) {
        // Before anything is covered: what is merged must not hang on what is seen now, or a higher
        // level might leave a lower maximum.
        if self.len == STEPS {
            self.merge();
        }
        while self.last().is_some_and(|last| last.level <= level) {
            self.len -= 1;
        }
        if let Some(step) = self.steps.get_mut(self.len) {
            *step = Step { at, level };
            self.len += 1;
        }
    }

    /// The most that was needed since then.
    pub(super) fn most_since(&self, since: u32) -> f32 {
        let known = self.steps.iter().take(self.len);
        known.into_iter().find(|step| step.at >= since).map_or(0.0, |step| step.level)
    }

    /// What is needed by someone else who looked on, in seconds of another time, each no later than
    /// the next.
    pub(super) fn push_all(&mut self, of: &Self, at: impl Fn(u32) -> u32) {
        for step in of.steps.iter().take(of.len) {
            self.push(at(step.at), step.level);
        }
    }

    fn last(&self) -> Option<&Step> {
        self.len.checked_sub(1).and_then(|last| self.steps.get(last))
    }

    /// Of the two steps that differ least one is made: as high as the higher, as late as the later.
    fn merge(&mut self) {
        let gap = |pair: &[Step]| match pair {
            [high, low] => high.level - low.level,
            _ => f32::INFINITY,
        };
        let gaps = self.steps.windows(2).map(gap).enumerate();
        let Some((at, _)) = gaps.min_by(|(_, a), (_, b)| a.total_cmp(b)) else { return };
        if let Some(later) = self.steps.get(at + 1).map(|step| step.at)
            && let Some(kept) = self.steps.get_mut(at)
        {
            kept.at = later;
        }
        self.steps.copy_within(at + 2.., at + 1);
        self.len -= 1;
    }
}
