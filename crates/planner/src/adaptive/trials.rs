//! What each of some windows would have cost this VM.
//!
//! How long something that is not needed should be kept depends on when it is needed again, and
//! that is different for each VM. So each window of a few is played along with what is seen: it
//! pays for what it keeps, for what was missing when it had taken too much, and for each change.
//! The cheapest of late is the VM's own. A shrink that is regretted is what makes short windows
//! dear, and quiet makes them cheap again.

use super::{narrow, up};
use crate::Windows;

/// How many windows are played.
const WINDOWS: usize = 7;
/// Seconds between two moves of the games.
pub(super) const ROUND: u32 = 60;

/// A resource of a VM as the games see it, in one unit.
pub(super) trait Played {
    /// To what size a size is grown for what was needed of late, and how much was missing.
    fn grown(&self, size: f32) -> Option<(f32, f32)>;
    /// To what size a size is shrunk by what was needed in so many seconds.
    fn shrunk(&self, size: f32, window: u32) -> Option<f32>;
}

/// The games of one resource of one VM.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Trials {
    sizes: [f32; WINDOWS],
    costs: [f32; WINDOWS],
    played: u32,
    best: Option<u32>,
    /// The best by the round before. What is taken goes by that: a sample that turns the games must
    /// not shorten the window that it is judged by, or a higher one might take more.
    before: Option<u32>,
}

impl Trials {
    /// The window that this VM should have, in seconds.
    pub(super) fn window(&self, windows: Windows) -> u32 {
        self.before.unwrap_or(windows.usual).clamp(windows.shortest, windows.longest)
    }

    /// Once a minute; whether it was time.
    pub(super) fn play(&mut self, now: u32, seen: &impl Played, windows: Windows) -> bool {
        let passed = now.saturating_sub(self.played);
        if passed < ROUND {
            return false;
        }
        self.played = now;
        // What was not seen costs nothing, but for the block that a sample of before stands for.
        let passed = figure(passed.min(5 * ROUND));
        let kept = (-passed / figure(windows.memory.max(1))).exp2();
        let mut best = (f32::INFINITY, windows.usual);
        for (index, (size, cost)) in self.sizes.iter_mut().zip(&mut self.costs).enumerate() {
            let window = nth(windows, index);
            *cost = *cost * kept + round(size, seen, window, windows) + *size * passed;
            let far = (figure(window) / figure(windows.usual.max(1))).ln().abs();
            let judged = *cost + windows.doubt * far;
            if judged < best.0 {
                best = (judged, window);
            }
        }
        (self.before, self.best) = (self.best, Some(best.1));
        true
    }
}

/// One move of one game: what it costs.
fn round(size: &mut f32, seen: &impl Played, window: u32, windows: Windows) -> f32 {
    if let Some((grown, missing)) = seen.grown(*size) {
        *size = grown;
        return windows.missing_price * missing + windows.change_price;
    }
    match seen.shrunk(*size, window) {
        Some(shrunk) => {
            *size = shrunk;
            windows.change_price
        }
        None => 0.0,
    }
}

/// The windows lie evenly between the shortest and the longest, by their ratios.
fn nth(windows: Windows, index: usize) -> u32 {
    let share = figure(u32::try_from(index).unwrap_or_default())
        / figure(u32::try_from(WINDOWS - 1).unwrap_or(1));
    let (from, to) = (figure(windows.shortest.max(1)), figure(windows.longest.max(1)));
    up(from * (to / from).powf(share))
}

fn figure(seconds: u32) -> f32 {
    narrow(f64::from(seconds))
}
