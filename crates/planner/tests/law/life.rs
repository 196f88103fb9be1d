//! What happens to a VM: loads that change, and what is seen of it.

use proptest::prelude::*;
use vm_autoscale_planner::{Allow, VmPolicy};
use vm_autoscale_proxmox::Ladder;

use crate::world::{POLICY, Restart, Sight, World};

/// Some time of one load.
#[derive(Debug, Clone)]
pub(crate) struct Stretch {
    pub(crate) cycles: usize,
    /// Cores and MiB that are wanted.
    pub(crate) wants: [f64; 2],
    /// By how much of that they jump from sample to sample.
    pub(crate) noise: f64,
    /// How it begins, and for how many cycles.
    pub(crate) sight: Sight,
    pub(crate) blind: usize,
    /// Cycles that a change takes, and whether it succeeds.
    pub(crate) takes: usize,
    pub(crate) succeeds: bool,
}

pub(crate) fn stretches(count: usize) -> impl Strategy<Value = Vec<Stretch>> {
    let load = (0.0f64..17.0, 100.0f64..34_000.0, prop_oneof![Just(0.0), 0.0f64..0.5]);
    let stretch = (5usize..600, load, sight(), 1usize..12, 0usize..4, prop::bool::weighted(0.9));
    let stretch =
        stretch.prop_map(|(cycles, (cores, mib, noise), sight, blind, takes, succeeds)| Stretch {
            cycles,
            wants: [cores, mib],
            noise,
            sight,
            blind,
            takes,
            succeeds,
        });
    prop::collection::vec(stretch, 1..count)
}

fn sight() -> impl Strategy<Value = Sight> {
    let sizes: Vec<u32> = Ladder::sizes().filter(|size| (4096..=8192).contains(size)).collect();
    let resized = (2u32..=4, prop::sample::select(sizes));
    prop_oneof![
        3 => Just(Sight::Good),
        1 => Just(Sight::Absent),
        1 => Just(Sight::Repeated),
        1 => Just(Sight::NoCpu),
        1 => Just(Sight::NoMemory),
        1 => Just(Sight::OtherSize),
        1 => Just(Sight::Rebooted),
        1 => resized.prop_map(|(vcpus, mib)| Sight::Resized(vcpus, mib.try_into().unwrap())),
    ]
}

/// Restarts of the planner, each in some cycle: told to stop and soon back, as by an upgrade, or
/// killed, or away for long; and each once more a while later.
pub(crate) fn restarts(within: usize) -> impl Strategy<Value = Vec<(usize, Restart)>> {
    let restart = || {
        let away = prop_oneof![3 => 1u64..4, 2 => 4u64..80];
        let restart = (any::<bool>(), away, 0usize..8);
        restart.prop_map(|(told, away, late)| Restart { told, away, late })
    };
    let twice = (0..within, restart(), 1usize..60, restart());
    let all = prop::collection::vec(twice, 1..30);
    all.prop_map(|all| {
        let both = |(at, one, later, other)| [(at, one), (at + later, other)];
        all.into_iter().flat_map(both).collect()
    })
}

/// What holds for it; the sizes that others give it lie within.
pub(crate) fn policy() -> impl Strategy<Value = VmPolicy> {
    let flags = (any::<bool>(), any::<bool>(), prop::bool::weighted(0.8));
    let bounds = (1u32..=2, 4u32..20, 1000u32..4000, 8192u32..40_000);
    let allow = prop_oneof![
        4 => Just(Allow::Everything), 1 => Just(Allow::Growth), 1 => Just(Allow::Nothing)
    ];
    (flags, bounds, allow).prop_map(|((caution, in_steps, memory_shrink), bounds, allow)| {
        let (few, many, least, most) = bounds;
        let (vcpus, memory_mib) = ((few, many), (least, most));
        VmPolicy { allow, caution, in_steps, memory_shrink, vcpus, memory_mib, ..POLICY }
    })
}

/// A VM at work: its changes take their time.
pub(crate) struct Life {
    pub(crate) world: World,
    noise: u64,
    /// Cycles until what is under way ends.
    left: usize,
    /// Whether something landed in the last cycle.
    pub(crate) landed: bool,
}

impl Life {
    pub(crate) fn new(policy: VmPolicy, answers: bool, seed: u64) -> Self {
        let world = World::new(policy, 4, 4096.try_into().unwrap(), answers);
        Self { world, noise: seed | 1, left: 0, landed: false }
    }

    /// A cycle in which that is seen, but for what nobody can have done; which it was, and whether
    /// the guest was asked and answered. The first sample of all may be `raised` by that.
    pub(crate) fn cycle(&mut self, stretch: &Stretch, at: usize, raise: [f64; 2]) -> (Sight, bool) {
        self.left = self.left.saturating_sub(1);
        self.landed = self.world.pending.is_some() && self.left == 0;
        if self.landed {
            self.world.land(stretch.succeeds);
        }
        let sight = self.sight(stretch, at);
        let [one, other] = [self.jump(stretch.noise), self.jump(stretch.noise)];
        let [cores, mib] = stretch.wants;
        let wants = [cores * one + raise[0], mib * other + raise[1]];
        let answered = self.world.cycle(wants, sight);
        if self.world.pending.is_none() && self.world.act().is_some() {
            self.world.begin();
            self.left = stretch.takes + 1;
        }
        (sight, answered)
    }

    /// Whether no change is under way.
    pub(crate) fn is_at_rest(&self) -> bool {
        self.world.pending.is_none() && !self.landed
    }

    fn sight(&self, stretch: &Stretch, at: usize) -> Sight {
        // Of the size before the first look nothing is known.
        let changing = self.landed || self.world.pending.is_some() || self.world.now == 0;
        match stretch.sight {
            Sight::Resized(vcpus, memory) => {
                let other = (vcpus, memory) != (self.world.vcpus(), self.world.config.memory);
                if at == 0 && other && !changing { stretch.sight } else { Sight::Good }
            }
            Sight::Rebooted if at > 0 => Sight::Good,
            sight if at < stretch.blind => sight,
            _ => Sight::Good,
        }
    }

    /// A factor around 1 (xorshift).
    fn jump(&mut self, noise: f64) -> f64 {
        self.noise ^= self.noise << 13;
        self.noise ^= self.noise >> 7;
        self.noise ^= self.noise << 17;
        let share = f64::from(u32::try_from(self.noise >> 32).unwrap()) / f64::from(u32::MAX);
        1.0 + noise * (2.0 * share - 1.0)
    }
}
