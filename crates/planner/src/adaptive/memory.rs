//! Memory.

use vm_autoscale_proxmox::{Ladder, MemoryMib};

use super::stairs::Stairs;
use super::{Patience, narrow, seconds, up};
use crate::reason::Percent;
use crate::{MemoryLaw, Moment, Reason};

/// What was seen of a VM's memory, in MiB.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct MemorySense {
    needed: Stairs,
    /// MiB a second, smoothed over two minutes.
    slope: f32,
    used: f32,
    /// Since when it was seen without a gap, in seconds.
    since: Option<u32>,
    last: u32,
    patience: Patience,
    /// Our last change, and our last that took something, in seconds.
    changed: Option<u32>,
    taken: Option<u32>,
    regrets: bool,
}

/// Longer than three of Proxmox's rounds nobody looked.
const GAP: u32 = 60;
/// Seconds over which the slope is smoothed.
const SMOOTHING: f32 = 120.0;

impl MemorySense {
    /// So many MiB were used.
    pub(crate) fn see(&mut self, now: Moment, used: f64) {
        let now = seconds(now);
        let used = narrow(used);
        let pause = now.saturating_sub(self.last);
        if self.since.is_none() || pause > GAP {
            (self.since, self.slope) = (Some(now), 0.0);
        } else if pause > 0 {
            let pause = f32::from(u16::try_from(pause).unwrap_or(u16::MAX));
            let share = 1.0 - (-pause / SMOOTHING).exp();
            self.slope += share * ((used - self.used) / pause - self.slope);
        }
        (self.last, self.used) = (now, used);
        self.needed.push(now, used);
    }

    /// A change of ours came about.
    pub(crate) fn changed(&mut self, now: Moment, grown: bool) {
        let now = seconds(now);
        if grown && std::mem::take(&mut self.regrets) {
            self.patience.regret(now);
        }
        self.changed = Some(now);
        if !grown {
            self.taken = Some(now);
        }
    }

    /// How much memory there should be, and why.
    pub(crate) fn judge(
        &mut self,
        law: &MemoryLaw,
        now: Moment,
        used: f64,
        size: MemoryMib,
    ) -> Result<(MemoryMib, Reason), Reason> {
        let now = seconds(now);
        self.patience.relax(now, law.relax_after);
        let (used, have) = (narrow(used), narrow(f64::from(size.get())));
        let shown = Percent(f64::from(used / have) * 100.0);
        let horizon = f32::from(u16::try_from(law.horizon).unwrap_or(u16::MAX));
        let soon = used + self.slope.max(0.0) * horizon;
        let urgent = used >= law.urgent_at * have;
        if used >= law.grow_at * have || soon >= law.urgent_at * have || have - used < law.free_mib
        {
            let window = 2 * self.patience.window(law.window, law.window_max);
            self.regrets = self.taken.is_some_and(|at| now.saturating_sub(at) <= window);
            let mut to = wanted(law, used.max(soon.min(1.5 * used))).max(size.get() + 1);
            if urgent {
                to = to.max(up(have * 1.25));
            }
            let mark = Percent(f64::from(law.grow_at) * 100.0);
            let to = on_ladder(to).ok_or(Reason::AtMaximum(shown, "the ladder"))?;
            return Ok((to, Reason::High(shown, mark)));
        }
        self.shrink(law, now, size).ok_or(Reason::Within(shown))
    }

    fn shrink(&self, law: &MemoryLaw, now: u32, size: MemoryMib) -> Option<(MemoryMib, Reason)> {
        let window = self.patience.window(law.window, law.window_max);
        let most = self.needed.most_since(now.saturating_sub(window)).max(self.used);
        let to = on_ladder(wanted(law, most))?;
        let seen = now.saturating_sub(self.since?) >= window.min(law.window);
        let settled = self.changed.is_none_or(|at| now.saturating_sub(at) >= law.settle);
        let have = narrow(f64::from(size.get()));
        let saves = narrow(f64::from(to.get())) <= have * (1.0 - law.least_saving);
        let shown = Percent(f64::from(100.0 * most / have));
        let mark = Percent(f64::from(law.target) * 100.0);
        (saves && seen && settled).then_some((to, Reason::Low(shown, mark, 1)))
    }
}

/// What such a use asks for, in MiB.
fn wanted(law: &MemoryLaw, used: f32) -> u32 {
    up((used / law.target).max(used + law.free_mib))
}

fn on_ladder(mib: u32) -> Option<MemoryMib> {
    MemoryMib::try_from(mib.max(1024)).ok().and_then(Ladder::ceil)
}
