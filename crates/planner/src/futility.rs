//! Whether what was added is used. A guest whose one thread is pegged looks saturated with one
//! vCPU, and uses no second one; one that does not online what it is given uses none of it either.
//!
//! What the host sees of that: the use stays where it was, at what was saturated before, while
//! there is more. A load that ends lets it fall, one that was held back lets it rise.

use std::time::Duration;

use vm_autoscale_proxmox::Vcpus;

use crate::levers::UNPLUGS;
use crate::{Moment, Move, Reason};

/// So long an addition has to be used.
const TRIAL: Duration = Duration::from_secs(180);
/// Out of fewer samples nothing is concluded.
const SAMPLES: u32 = 6;
/// Of this share of the size before, the use was saturated.
const SATURATED: f64 = 0.95;
/// Use that moved by less has not moved.
const MOVED: f64 = 0.05;
/// What was not used once rests for so long, each time in a row twice as long, up to a day.
const REST: Duration = Duration::from_secs(3600);
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// Of one VM's vCPUs.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Futility {
    /// The last use that was judged, in cores, and out of how many.
    judged: Option<(f64, f64)>,
    trial: Option<Trial>,
    /// How often in a row an addition was not used, and since when that is known.
    pub(crate) times: u32,
    pub(crate) since: Option<Moment>,
    /// What is to be taken back.
    back: Option<Trial>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Trial {
    from: Vcpus,
    to: Vcpus,
    before: f64,
    at: Moment,
    samples: u32,
}

impl Futility {
    /// So many cores are used, as far as that is known.
    pub(crate) fn see(&mut self, now: Moment, used: Option<f64>) {
        let Some(used) = used else { return };
        let moved = |trial: Trial| (used - trial.before) / trial.before;
        if self.back.is_some_and(|back| moved(back) > MOVED) {
            (self.back, self.times, self.since) = (None, 0, None);
        }
        let Some(mut trial) = self.trial.take() else { return };
        let moved = moved(trial);
        if moved > MOVED {
            // It is used.
            (self.times, self.since) = (0, None);
        } else if moved >= -MOVED {
            trial.samples += 1;
            if now.since(trial.at) >= TRIAL && trial.samples >= SAMPLES {
                self.times = self.times.saturating_add(1);
                self.since = Some(now);
                self.back = Some(trial);
            } else {
                self.trial = Some(trial);
            }
        }
    }

    /// So many cores of so many were what the last decision went by.
    pub(crate) fn judged(&mut self, used: f64, size: f64) {
        self.judged = Some((used, size));
    }

    /// A change of ours came about: what is on trial is only the last one. What was taken back in
    /// part goes on being taken back.
    pub(crate) fn changed(&mut self, now: Moment, step: Move) {
        let back = self.back.take();
        self.trial = None;
        let Move::Cpu { from, to } = step else { return };
        let rest = |back: &Trial| from == back.to && back.from < to && to < back.to;
        self.back = back.filter(rest).map(|back| Trial { to, ..back });
        let Some((before, size)) = self.judged.filter(|_| to > from) else { return };
        if before >= SATURATED * size {
            self.trial = Some(Trial { from, to, before, at: now, samples: 0 });
        }
    }

    /// Someone else changed it, QEMU was started anew, or nobody looked: nothing is known.
    pub(crate) fn forget(&mut self) {
        (self.trial, self.back) = (None, None);
    }

    /// What was not used is taken back; `in_steps` where a guest has to be asked.
    pub(crate) fn back(&self, plugged: Vcpus, in_steps: bool) -> Option<(Move, Reason)> {
        let Trial { from, to, before, .. } = self.back.filter(|trial| trial.to == plugged)?;
        let added = to.get().saturating_sub(from.get());
        let least = if in_steps { plugged.get().saturating_sub(UNPLUGS) } else { 1 };
        let least = Vcpus::try_from(least).map_or(from, |least| from.max(least));
        let step = Move::Cpu { from: plugged, to: least };
        Some((step, Reason::Unused { added, cores: before, after: TRIAL }))
    }

    /// Why nothing is added for a while, if so.
    pub(crate) fn rests(&self, now: Moment) -> Option<Reason> {
        let rest = REST.saturating_mul(1 << self.times.saturating_sub(1).min(5)).min(LONGEST);
        let until = self.since.filter(|_| self.times > 0)?.after(rest);
        (now < until).then(|| Reason::GrowthRests(self.times, until.since(now)))
    }
}

#[cfg(test)]
mod tests;
