//! vCPUs.

mod past;

use super::recall::Recall;
use super::stairs::Stairs;
use super::trials::{Played, Trials};
use super::{Watch, narrow, share_of, up};
use crate::reason::{Percent, Span};
use crate::{CpuLaw, Moment, Reason};

/// Seconds over which single samples are smoothed before something is said to be needed.
const SMOOTHING: f32 = 30.0;
/// Seconds over which the step from sample to sample is averaged.
const NOISE: f32 = 3600.0;
/// The least that is told apart, in cores.
const FIRST: f32 = 0.05;

/// What was seen of a VM's CPU, in cores.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CpuSense {
    used: f32,
    smooth: f32,
    /// The mean step from sample to sample, without the last one: a higher sample that is a smaller
    /// step must not ask for less.
    noise: f32,
    step: f32,
    needed: Stairs,
    recall: Recall,
    trials: Trials,
    watch: Watch,
    /// Since when it asks for more, in seconds.
    hot: Option<u32>,
    /// Whether the games have just moved: only then something is taken.
    round: bool,
}

impl CpuSense {
    /// Of vCPUs that were changed then, if so, and whether that took some.
    pub(crate) fn after(change: Option<(Moment, bool)>) -> Self {
        Self {
            used: 0.0,
            smooth: 0.0,
            noise: 0.0,
            step: 0.0,
            needed: Stairs::default(),
            recall: Recall::new(FIRST),
            trials: Trials::default(),
            watch: Watch::after(change),
            hot: None,
            round: false,
        }
    }

    /// So many cores were used.
    pub(crate) fn see(&mut self, law: &CpuLaw, now: Moment, used: f64) {
        let (now, used) = (self.watch.clock(now), narrow(used));
        let Some(passed) = self.watch.see(now) else {
            (self.used, self.smooth, self.step, self.hot) = (used, used, self.noise, None);
            return;
        };
        self.noise += share_of(passed, NOISE) * (self.step - self.noise);
        self.step = (used - self.used).abs();
        self.smooth += share_of(passed, SMOOTHING) * (used - self.smooth);
        self.used = used;
        self.needed.push(now, self.smooth);
        let game = Game { needed: &self.needed, noise: self.noise, now, law };
        self.round = self.trials.play(now, &game, law.windows);
        if self.round {
            self.recall.push(now, used, 1.0, law.recall_half_life);
        }
    }

    /// As in the moment in which something may be taken, which comes once a minute.
    pub(crate) fn at_round(&mut self) {
        self.round = true;
    }

    /// A change of ours came about.
    pub(crate) fn changed(&mut self, now: Moment, grown: bool) {
        self.watch.changed(self.watch.clock(now), grown);
        self.hot = None;
    }

    /// How many vCPUs there should be, and why.
    pub(crate) fn judge(
        &mut self,
        law: &CpuLaw,
        now: Moment,
        size: u32,
    ) -> Result<(u32, Reason), Reason> {
        let now = self.watch.clock(now);
        let have = narrow(f64::from(size));
        let shown = Percent(f64::from(100.0 * self.used / have));
        let free = headroom(law.grow_headroom, law.noise / 2.0 * self.noise, have);
        if self.used < have - free.min(have / 2.0) {
            self.hot = None;
            return self.shrink(law, now, size).unwrap_or(Err(Reason::Within(shown)));
        }
        let since = *self.hot.get_or_insert(now);
        let wanted = up(self.used / law.grow_target).max(size.saturating_add(1));
        let mark = Percent(f64::from(100.0 * (1.0 - free / have)));
        if self.used < law.saturated_at * have {
            return Ok((wanted, Reason::Busy { used: shown, mark, vcpus: size }));
        }
        let recalled = self.recall.percentile(law.recall).min(self.most());
        let wanted = wanted.max(up(have * law.growth_factor)).max(up(recalled / law.grow_target));
        let span = Span(now.saturating_sub(since).saturating_add(10));
        let recall = (Percent(f64::from(100.0 * law.recall)), f64::from(recalled));
        Ok((wanted, Reason::Saturated { used: shown, vcpus: size, span, recall }))
    }

    /// The most that was needed, as long as that is known.
    fn most(&self) -> f32 {
        self.needed.most_since(0)
    }

    fn shrink(&self, law: &CpuLaw, now: u32, size: u32) -> Option<Result<(u32, Reason), Reason>> {
        let window = self.trials.window(law.windows);
        let most = self.needed.most_since(now.saturating_sub(window));
        let to = fitting(law, self.noise, most);
        let unneeded = Reason::Unneeded { most: f64::from(most), span: Span(window) };
        let rests = !self.watch.has_seen(now, window) || !self.watch.has_settled(now, law.settle);
        if to < size && self.round && !rests {
            return Some(Ok((to, unneeded)));
        }
        None
    }
}

/// Cores that are left free.
fn headroom(root: f32, noise: f32, cores: f32) -> f32 {
    (root * cores.max(0.05).sqrt()).max(noise)
}

/// vCPUs that are enough for so many cores.
fn fitting(law: &CpuLaw, noise: f32, most: f32) -> u32 {
    up(most + headroom(law.shrink_headroom, law.noise * noise, most)).max(1)
}

struct Game<'a> {
    needed: &'a Stairs,
    noise: f32,
    now: u32,
    law: &'a CpuLaw,
}

impl Game<'_> {
    fn need(&self, window: u32) -> f32 {
        let most = self.needed.most_since(self.now.saturating_sub(window));
        narrow(f64::from(fitting(self.law, self.noise, most)))
    }
}

impl Played for Game<'_> {
    fn grown(&self, size: f32) -> Option<(f32, f32)> {
        let need = self.need(super::trials::ROUND - 1);
        (need > size).then_some((need, need - size))
    }

    fn shrunk(&self, size: f32, window: u32) -> Option<f32> {
        Some(self.need(window)).filter(|need| *need < size)
    }
}
