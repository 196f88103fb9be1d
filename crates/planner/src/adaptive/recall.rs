//! How much was used for how long, in the last days.

use super::{narrow, up};

/// Buckets, each wider than the one before by [`RATIO`].
const BUCKETS: usize = 64;
const RATIO: f32 = 1.15;
/// Weights grow with time, so that what is old fades without being touched; beyond this they are
/// all made smaller.
const LARGEST: f32 = 1e9;

/// A histogram that forgets.
#[derive(Debug, Clone, Copy)]
pub(super) struct Recall {
    weights: [f32; BUCKETS],
    /// Where the first bucket ends, in the unit of what is seen.
    first: f32,
    /// What a minute counts now, against those of the beginning.
    weight: f32,
    /// When that was so, in seconds.
    at: u32,
}

impl Recall {
    /// Nothing was seen yet.
    pub(super) fn new(first: f32) -> Self {
        Self { weights: [0.0; BUCKETS], first, weight: 1.0, at: 0 }
    }

    /// So much was used for so many minutes; of what is `half_life` seconds old half counts.
    pub(super) fn push(&mut self, now: u32, used: f32, minutes: f32, half_life: u32) {
        let passed = narrow(f64::from(now.saturating_sub(self.at)) / f64::from(half_life.max(1)));
        if self.at > 0 {
            self.weight *= passed.min(32.0).exp2();
        }
        self.at = now;
        if self.weight > LARGEST {
            let weight = self.weight;
            self.weights.iter_mut().for_each(|bucket| *bucket /= weight);
            self.weight = 1.0;
        }
        let bucket = up((used / self.first).max(1.0).ln() / RATIO.ln());
        let last = self.weights.len() - 1;
        let bucket = usize::try_from(bucket).unwrap_or(last).min(last);
        if let Some(weight) = self.weights.get_mut(bucket) {
            *weight += minutes * self.weight;
        }
    }

    /// What was not exceeded for this share of the time.
    pub(super) fn percentile(&self, share: f32) -> f32 {
        let mut left = share * self.weights.iter().sum::<f32>();
        let mut edge = self.first;
        for weight in &self.weights {
            left -= weight;
            if left <= 0.0 {
                return edge;
            }
            edge *= RATIO;
        }
        edge
    }
}
