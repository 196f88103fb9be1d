//! What is not yet known of a guest: on its first day nobody has seen what it needs at other times.

use std::time::Duration;

use crate::levers::CORE;
use crate::reason::Amount;
use crate::{Moment, Reason, Resource};

/// A VM that is seen for less is new.
const NEW: Duration = Duration::from_secs(24 * 3600);
/// A new one gives something back at most so often.
const BETWEEN: Duration = Duration::from_secs(3600);

/// Since when a VM is seen, and the most that it used while it was new.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct FirstDay {
    pub(crate) since: Option<Moment>,
    /// Hundredths of a core, and MiB.
    pub(crate) most: [u32; 2],
}

impl FirstDay {
    /// It uses so many cores and MiB, as far as that is known.
    pub(crate) fn see(&mut self, now: Moment, [cores, mib]: [Option<f64>; 2]) {
        self.since = self.since.or(Some(now));
        if self.is_over(now) {
            return;
        }
        // Coarse, so that what is remembered of a VM does not change with every sample.
        let hundredths = cores.map(|cores| whole(10.0 * cores).saturating_mul(10));
        let mib = mib.map(|mib| whole(mib / 64.0).saturating_mul(64));
        for (most, seen) in self.most.iter_mut().zip([hundredths, mib]) {
            *most = (*most).max(seen.unwrap_or_default());
        }
    }

    fn is_over(&self, now: Moment) -> bool {
        self.since.is_some_and(|since| now.since(since) >= NEW)
    }

    /// The size to shrink to, which is no less than the most that was used; `taken` is when
    /// something was taken the last time.
    pub(crate) fn least(
        &self,
        now: Moment,
        resource: Resource,
        (from, to): (u32, u32),
        taken: Option<Moment>,
    ) -> Result<u32, Reason> {
        if to >= from || self.is_over(now) {
            return Ok(to);
        }
        let [cpu, memory] = self.most;
        let most = match resource {
            Resource::Cpu => cpu,
            Resource::Memory => memory,
        };
        let least = match resource {
            Resource::Cpu => most.div_ceil(CORE).saturating_mul(CORE),
            Resource::Memory => most,
        };
        if least >= from {
            return Err(Reason::FirstDayMost(Amount::of(resource, most)));
        }
        let next = taken.map(|at| at.after(BETWEEN)).unwrap_or_default();
        if now < next {
            return Err(Reason::FirstDayRest(next.since(now)));
        }
        Ok(to.max(least))
    }
}

/// The next whole number.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "what lies outside becomes the end of the range"
)]
pub(crate) fn whole(figure: f64) -> u32 {
    (figure - 1e-6).ceil() as u32
}

#[cfg(test)]
mod tests;
