//! The policy that learns from each VM's own use: fast up, as far as the evidence says, and slowly
//! down, to what was not needed for a while.
//!
//! What was seen is kept apart from what is decided: every sample that can be believed counts,
//! also while nothing may be changed.

mod cpu;
mod memory;
mod past;
mod recall;
mod stairs;
mod trials;

pub(crate) use cpu::CpuSense;
pub(crate) use memory::MemorySense;
pub use past::{Needed, Past, PastBlock, PastUse};

use crate::Moment;

/// What was seen before the clock began has room before this: some months.
const BEGINNING: u32 = 10_000_000;

/// Seconds of that clock.
fn seconds(now: Moment) -> u32 {
    u32::try_from(now.0.as_secs()).unwrap_or(u32::MAX).saturating_add(BEGINNING)
}

/// The next whole number.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "what lies outside becomes the end of the range"
)]
fn up(figure: f32) -> u32 {
    (figure - 1e-4).ceil() as u32
}

#[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "rounding is meant")]
fn narrow(figure: f64) -> f32 {
    figure as f32
}

/// How much of a smoothed figure comes from what passed since the last one.
fn share_of(passed: u32, smoothing: f32) -> f32 {
    1.0 - (-narrow(f64::from(passed)) / smoothing).exp()
}

/// Longer than three of Proxmox's rounds nobody looked: what was before is not known to go on.
const GAP: u32 = 60;

/// So long after a start a sample is believed: the first one may be old. As much may be missing at
/// the end of a block: together it is no gap.
const START: u32 = GAP / 2;

/// Since when a resource is seen, and when it was changed, in seconds.
#[derive(Debug, Clone, Copy, Default)]
struct Watch {
    since: Option<u32>,
    /// Whether that was when it was seen first: nobody looked before.
    is_new: bool,
    last: u32,
    changed: Option<u32>,
    /// Whether that took something: what is taken step by step needs no rest in between.
    taken: bool,
    /// Seconds that nobody saw and that are left out of its time: see [`Past`].
    left_out: u32,
}

impl Watch {
    /// Of a resource that was changed then, if so, and whether that took something.
    fn after(change: Option<(Moment, bool)>) -> Self {
        let (changed, taken) = change.map(|(at, taken)| (seconds(at), taken)).unzip();
        Self { changed, taken: taken.unwrap_or_default(), ..Self::default() }
    }

    /// Seconds by the time of which something is known.
    fn clock(&self, now: Moment) -> u32 {
        seconds(now).saturating_sub(self.left_out)
    }

    /// It is seen now; how long after the last time, unless that is too long ago.
    fn see(&mut self, now: u32) -> Option<u32> {
        let passed = now.saturating_sub(self.last);
        self.last = now;
        if self.since.is_none() || passed > GAP {
            self.is_new = self.since.is_none();
            self.since = Some(now);
            return None;
        }
        Some(passed)
    }

    /// Its own time then, where it was seen from then until then without a gap, or from the start on.
    fn all_of(&self, begin: Moment, end: Moment) -> Option<u32> {
        let (begin, end) = (self.clock(begin), self.clock(end));
        // Of the first block of a process the first samples are not believed.
        let first = if self.is_new { begin + START } else { begin };
        let seen = self.since.is_some_and(|since| since <= first) && self.last + START >= end;
        seen.then_some(begin)
    }

    /// Whether it was seen for so long without a gap.
    fn has_seen(&self, now: u32, window: u32) -> bool {
        self.since.is_some_and(|since| now.saturating_sub(since) >= window)
    }

    /// Whether no change of ours is so young.
    fn has_settled(&self, now: u32, settle: u32) -> bool {
        self.taken || self.changed.is_none_or(|changed| now.saturating_sub(changed) >= settle)
    }

    fn changed(&mut self, now: u32, grown: bool) {
        (self.changed, self.taken) = (Some(now), !grown);
    }
}

#[cfg(test)]
mod tests;
