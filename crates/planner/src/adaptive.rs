//! The policy that learns from each VM's own use: fast up, as far as the evidence says, and slowly
//! down, to what was not needed for a while.
//!
//! What was seen is kept apart from what is decided: every sample that can be believed counts,
//! also while nothing may be changed.

mod cpu;
mod memory;
mod stairs;

pub(crate) use cpu::CpuSense;
pub(crate) use memory::MemorySense;

use crate::Moment;

/// Seconds of that clock.
fn seconds(now: Moment) -> u32 {
    u32::try_from(now.0.as_secs()).unwrap_or(u32::MAX)
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

/// Beyond this a window is at its longest, whatever its figures.
const MOST_DOUBLINGS: u32 = 8;

/// A window that was too short for a VM is twice as long, once or more often.
#[derive(Debug, Clone, Copy, Default)]
struct Patience {
    doublings: u32,
    /// The last regret, or the last time that one was forgotten, in seconds.
    since: u32,
}

impl Patience {
    /// How long something must not have been needed, in seconds.
    fn window(self, window: u32, most: u32) -> u32 {
        window.saturating_mul(1 << self.doublings).min(most.max(window))
    }

    /// What was taken was needed again.
    fn regret(&mut self, now: u32) {
        self.doublings = (self.doublings + 1).min(MOST_DOUBLINGS);
        self.since = now;
    }

    /// Half as long after a time without regret.
    fn relax(&mut self, now: u32, after: u32) {
        if self.doublings > 0 && now.saturating_sub(self.since) > after {
            self.doublings -= 1;
            self.since = now;
        }
    }
}
