//! What guests do: generated, or played from a trace.

use std::f64::consts::TAU;
use std::sync::Arc;

use fastrand::Rng;

use crate::num::{real, whole};

pub(crate) mod trace;

const DAY: f64 = 86_400.0;

/// What a guest would use if it had enough.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Demand {
    /// Cores.
    pub(crate) cpu: f64,
    /// Memory of its programs, in MiB.
    pub(crate) mem: f64,
}

/// A load.
#[derive(Debug, Clone)]
pub(crate) enum Load {
    /// None at all.
    Nothing,
    /// By a shape.
    Generated(Shape),
    /// By a record.
    Trace(Arc<trace::Series>),
}

/// A shape for a size; the same seed makes the same load.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    /// What kind.
    pub(crate) kind: Kind,
    /// Of this VM.
    pub(crate) seed: u64,
    /// The most cores that it may get.
    pub(crate) cores: f64,
    /// The most memory that it may get, in MiB.
    pub(crate) memory: f64,
}

/// The kinds of generated load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Long jobs with pauses.
    Batch,
    /// Short bursts over little.
    Burst,
    /// Steady, with much memory.
    Db,
    /// Nearly nothing.
    Idle,
    /// Memory that grows until it is restarted.
    Leak,
    /// A day's curve with spikes.
    Web,
}

impl Kind {
    /// The order in which a lab hands them out.
    pub(crate) const ALL: [Self; 6] =
        [Self::Web, Self::Batch, Self::Db, Self::Leak, Self::Idle, Self::Burst];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Batch => "batch",
            Self::Burst => "burst",
            Self::Db => "db",
            Self::Idle => "idle",
            Self::Leak => "leak",
            Self::Web => "web",
        }
    }
}

impl Load {
    /// The demand at `t` seconds of load time.
    pub(crate) fn at(&self, t: f64) -> Demand {
        match self {
            Self::Nothing => Demand { cpu: 0.01, mem: 200.0 },
            Self::Generated(shape) => shape.at(t.max(0.0)),
            Self::Trace(series) => series.at(t.max(0.0)),
        }
    }
}

impl Shape {
    fn at(&self, t: f64) -> Demand {
        let (cpu, mem) = match self.kind {
            Kind::Batch => self.batch(t),
            Kind::Burst => (0.06 + 0.9 * self.chance(t, 90.0, 0.15), 0.3),
            Kind::Db => (0.2 + 0.3 * self.day(t), 0.45 + 0.05 * self.day(t)),
            Kind::Idle => (0.01, 0.1),
            Kind::Leak => (0.15, 0.15 + 0.75 * (t / (2.0 * DAY) + self.phase()).fract()),
            Kind::Web => {
                let day = self.day(t);
                (0.05 + 0.55 * day + 0.3 * self.chance(t, 300.0, 0.06), 0.2 + 0.25 * day)
            }
        };
        let flicker = 0.9 + 0.2 * self.random(t, 15.0);
        Demand { cpu: cpu * flicker * self.cores, mem: mem * self.memory }
    }

    /// One job in every three hours, at its own time.
    fn batch(&self, t: f64) -> (f64, f64) {
        const SLOT: f64 = 3.0 * 3600.0;
        let mut rng = self.rng(t, SLOT);
        let start = rng.f64() * 0.6;
        let length = 0.1 + rng.f64() * 0.3;
        let at = (t / SLOT).fract();
        if (start..start + length).contains(&at) { (0.95, 0.55) } else { (0.03, 0.15) }
    }

    /// 0 at night, 1 at noon.
    fn day(&self, t: f64) -> f64 {
        0.5 - 0.5 * (TAU * (t / DAY + 0.15 * self.phase())).cos()
    }

    fn phase(&self) -> f64 {
        Rng::with_seed(self.seed).f64()
    }

    /// 1 in that share of all pieces of time, else 0.
    fn chance(&self, t: f64, piece: f64, share: f64) -> f64 {
        if self.random(t, piece) < share { 1.0 } else { 0.0 }
    }

    fn random(&self, t: f64, piece: f64) -> f64 {
        self.rng(t, piece).f64()
    }

    fn rng(&self, t: f64, piece: f64) -> Rng {
        Rng::with_seed(mix(self.seed ^ whole(piece), whole(t / piece)))
    }
}

/// A seed out of two numbers (splitmix64's last steps), so that neighbours share nothing.
pub(crate) fn mix(a: u64, b: u64) -> u64 {
    let mut z = a.wrapping_add(b.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A factor within 2 % of 1, by VM and round.
pub(crate) fn noise(seed: u64, vm: u32, round: u64) -> f64 {
    let draw = mix(mix(seed, u64::from(vm)), round) >> 11;
    0.98 + 0.04 * real(draw) / real(1 << 53)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(kind: Kind, seed: u64) -> Load {
        Load::Generated(Shape { kind, seed, cores: 4.0, memory: 8192.0 })
    }

    /// Every minute of two days.
    fn minutes() -> impl Iterator<Item = f64> {
        (0..2880u32).map(|m| f64::from(m) * 60.0)
    }

    #[test]
    fn the_same_seed_makes_the_same_load() {
        for kind in Kind::ALL {
            let curve = |seed| minutes().map(|t| shape(kind, seed).at(t)).collect::<Vec<_>>();
            assert!(curve(7) == curve(7), "{kind:?}");
            assert!(curve(7) != curve(8), "{kind:?}");
        }
    }

    #[test]
    fn kinds_are_what_they_say() {
        let cpu = |kind| minutes().map(move |t| shape(kind, 3).at(t).cpu);
        let span =
            |kind| cpu(kind).fold((f64::MAX, 0.0f64), |(low, high), x| (low.min(x), high.max(x)));
        assert!(span(Kind::Idle).1 < 0.1);
        assert!(span(Kind::Web).1 > 2.0 * span(Kind::Web).0);
        let busy = cpu(Kind::Batch).filter(|&x| x > 3.0).count();
        assert!((200..2000).contains(&busy), "{busy}");
        let leak: Vec<f64> = minutes().map(|t| shape(Kind::Leak, 3).at(t).mem).collect();
        let rises = leak.windows(2).filter(|pair| pair[1] > pair[0]).count();
        assert!(rises >= 2877, "{rises}");
        for kind in Kind::ALL {
            assert!(minutes().all(|t| shape(kind, 5).at(t).mem < 8192.0));
        }
    }
}
