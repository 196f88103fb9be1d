//! vCPUs.

use super::stairs::Stairs;
use super::{Patience, narrow, seconds, up};
use crate::reason::Percent;
use crate::{CpuLaw, Moment, Reason};

/// What was seen of a VM's CPU.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct CpuSense {
    /// Cores used, smoothed over some samples.
    smooth: f32,
    needed: Stairs,
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
/// Seconds over which single samples are smoothed before something is said to be needed.
const SMOOTHING: f32 = 30.0;

impl CpuSense {
    /// So many cores were used.
    pub(crate) fn see(&mut self, now: Moment, used: f64) {
        let now = seconds(now);
        let used = narrow(used);
        let pause = now.saturating_sub(self.last);
        if self.since.is_none() || pause > GAP {
            (self.since, self.smooth) = (Some(now), used);
        }
        let share = 1.0 - (-f32::from(u16::try_from(pause).unwrap_or(u16::MAX)) / SMOOTHING).exp();
        self.smooth += share * (used - self.smooth);
        self.last = now;
        self.needed.push(now, self.smooth);
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

    /// How many vCPUs there should be, and why.
    pub(crate) fn judge(
        &mut self,
        law: &CpuLaw,
        now: Moment,
        used: f64,
        size: u32,
    ) -> Result<(u32, Reason), Reason> {
        let now = seconds(now);
        self.patience.relax(now, law.relax_after);
        let (used, have) = (narrow(used), narrow(f64::from(size)));
        let share = used / have;
        let shown = Percent(f64::from(share) * 100.0);
        if share >= law.grow_at {
            self.regrets = self.taken.is_some_and(|at| now.saturating_sub(at) <= law.regret_within);
            let mut to = up(used / law.grow_target).max(size.saturating_add(1));
            if share >= law.saturated_at {
                to = to.max(up(have * law.growth_factor));
            }
            return Ok((to, Reason::High(shown, Percent(f64::from(law.grow_at) * 100.0))));
        }
        self.shrink(law, now, size).unwrap_or(Err(Reason::Within(shown)))
    }

    fn shrink(&self, law: &CpuLaw, now: u32, size: u32) -> Option<Result<(u32, Reason), Reason>> {
        let window = self.patience.window(law.window, law.window_max);
        let most = self.needed.most_since(now.saturating_sub(window)).max(self.smooth);
        let to = up(most / law.shrink_target).max(1);
        let seen = now.saturating_sub(self.since?) >= window.min(law.window);
        let settled = self.changed.is_none_or(|at| now.saturating_sub(at) >= law.settle);
        let shown = Percent(100.0 * f64::from(most) / f64::from(size));
        let mark = Percent(f64::from(law.shrink_target) * 100.0);
        (to < size && seen && settled).then_some(Ok((to, Reason::Low(shown, mark, 1))))
    }
}
