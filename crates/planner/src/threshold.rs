//! The policy that users know: above the high mark one step more, below the low mark for a while
//! one step less.

use crate::reason::Percent;
use crate::{Marks, Reason};

/// What the marks say.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Wish {
    Grow { used: Percent, mark: Percent },
    Shrink { used: Percent, mark: Percent, times: u32 },
    Stay(Reason),
}

/// How often in a row a resource was found low.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct LowChecks(u32);

impl LowChecks {
    /// What was counted no longer holds: something is not known, or was changed.
    pub(crate) fn forget(&mut self) {
        self.0 = 0;
    }

    /// So often.
    pub(crate) fn count(self) -> u32 {
        self.0
    }

    /// As it was before the last judgement, as far as that can be told.
    pub(crate) fn before(self) -> Self {
        Self(self.0.saturating_sub(1))
    }

    /// As often as before a restart.
    pub(crate) fn again(count: u32) -> Self {
        Self(count)
    }

    /// Judges a use of `used` out of `size`, in the same unit.
    pub(crate) fn judge(&mut self, marks: Marks, used: f64, size: f64, needed: u32) -> Wish {
        let percent = 100.0 * used / size;
        let shown = Percent(percent);
        if percent > marks.high {
            self.forget();
            return Wish::Grow { used: shown, mark: Percent(marks.high) };
        }
        if percent >= marks.low {
            self.forget();
            return Wish::Stay(Reason::Within(shown));
        }
        self.0 = self.0.saturating_add(1).min(needed);
        if self.0 < needed {
            return Wish::Stay(Reason::LowNotLong(shown, self.0, needed));
        }
        Wish::Shrink { used: shown, mark: Percent(marks.low), times: self.0 }
    }
}
