//! The figures of the policy `adaptive`. Their reasons are in `crates/planner/src/law.rs`, whose
//! defaults these are: a test of the scheduler, which knows both, compares them.

use serde::{Deserialize, Serialize};
use validator::Validate;

use super::figures::Figures as _;

/// The figures of `policy: adaptive`; what is left out comes from the layer below. The defaults
/// are for everyone: profiles choose among figures, too.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, Validate)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Adaptive {
    /// When vCPUs are added and taken.
    #[validate(nested)]
    pub cpu: AdaptiveCpu,
    /// When memory is.
    #[validate(nested)]
    pub memory: AdaptiveMemory,
}

impl Adaptive {
    /// What it says, as settings are called.
    pub(crate) fn keys(&self) -> Vec<&'static str> {
        let of = |keys: Vec<&'static str>, paths: &[&'static str]| {
            let is_said = |path: &str| keys.iter().any(|key| path.rsplit('.').next() == Some(key));
            paths.iter().copied().filter(|path| is_said(path)).collect::<Vec<_>>()
        };
        let cpu = of(self.cpu.keys(), CpuFigures::PATHS);
        [cpu, of(self.memory.keys(), MemoryFigures::PATHS)].concat()
    }

    /// Whether it says everything that the other says.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        self.cpu.covers(&other.cpu) && self.memory.covers(&other.memory)
    }
}

figures! {
    /// When vCPUs are added and taken by `policy: adaptive`.
    AdaptiveCpu,
    /// What holds for a VM's vCPUs by `policy: adaptive`.
    CpuFigures, "adaptive.cpu";
    /// Growth leaves so many cores free, times the root of the vCPUs: work that arrives by chance
    /// needs headroom in that measure.
    grow_headroom: f64 = 0.08, 0.0 to 2.0, " cores times the root of the vCPUs";
    /// Shrinking leaves so many cores free, in the same measure; not less than growth does, or
    /// it would grow again at once.
    shrink_headroom: f64 = 0.12, 0.0 to 2.0, " cores times the root of the vCPUs";
    /// Both leave free so many times the mean step from sample to sample: a VM whose use jumps
    /// needs more.
    noise: f64 = 5.0, 0.0 to 100.0, "";
    /// From this share of the vCPUs on nobody sees how much more is wanted: growth is bold.
    saturated_at: f64 = 0.95, 0.5 to 1.0, "";
    /// Growth aims at this share of the vCPUs.
    grow_target: f64 = 0.75, 0.1 to 0.99, "";
    /// A saturated VM gets at least so many times its vCPUs.
    growth_factor: f64 = 2.0, 1.0 to 16.0, "";
    /// A saturated VM gets at least what was enough for this share of the last days.
    recall: f64 = 0.995, 0.5 to 1.0, "";
    /// Seconds after which what is recalled counts half: habits change.
    recall_half_life: u32 = 604_800, 3600 to 31_536_000, " seconds";
    /// The shortest time in seconds for which a vCPU that is not needed is kept: shorter ones save
    /// little and cost changes.
    window_shortest: u32 = 600, 60 to 2_592_000, " seconds";
    /// The longest time in seconds for which it is kept.
    window_longest: u32 = 5400, 60 to 2_592_000, " seconds";
    /// The time in seconds for a VM of which nothing is known yet.
    window_usual: u32 = 600, 60 to 2_592_000, " seconds";
    /// What a vCPU costs that was missing when it was needed again, in vCPUs kept for a second.
    missing_price: f64 = 4700.0, 0.0 to 1e9, " vCPU seconds";
    /// What a change costs, in vCPUs kept for a second: it is work and a risk.
    change_price: f64 = 1600.0, 0.0 to 1e9, " vCPU seconds";
    /// How much cheaper another time than `window_usual` must have been, in vCPUs kept for a
    /// second, for each time that it is e times as long or as short: chance should not move it.
    doubt: f64 = 3600.0, 0.0 to 1e9, " vCPU seconds";
    /// Seconds after which such a cost counts half: habits change.
    window_memory: u32 = 86_400, 3600 to 31_536_000, " seconds";
    /// No vCPU is taken for so many seconds after one was added.
    settle: u32 = 120, 0 to 604_800, " seconds";
}

figures! {
    /// When memory is added and taken by `policy: adaptive`.
    AdaptiveMemory,
    /// What holds for a VM's memory by `policy: adaptive`.
    MemoryFigures, "adaptive.memory";
    /// Use of this share of the memory asks for more.
    grow_at: f64 = 0.90, 0.1 to 1.0, "";
    /// From this share on it is urgent: growth is bold.
    urgent_at: f64 = 0.95, 0.1 to 1.0, "";
    /// An urgent VM gets at least so many times its memory.
    growth_factor: f64 = 1.5, 1.0 to 16.0, "";
    /// Growth and shrinking aim at this share of the memory.
    target: f64 = 0.84, 0.1 to 0.99, "";
    /// So many MiB are always left free.
    free_mib: f64 = 128.0, 0.0 to 1_048_576.0, " MiB";
    /// Growth looks so many seconds ahead along the slope of the last minutes.
    horizon: u32 = 60, 0 to 3600, " seconds";
    /// An urgent VM gets at least what was enough for this share of the last days.
    recall: f64 = 0.90, 0.5 to 1.0, "";
    /// Seconds after which what is recalled counts half: habits change.
    recall_half_life: u32 = 604_800, 3600 to 31_536_000, " seconds";
    /// The shortest time in seconds for which memory that is not needed is kept.
    window_shortest: u32 = 1800, 60 to 2_592_000, " seconds";
    /// The longest time in seconds for which it is kept.
    window_longest: u32 = 43_200, 60 to 2_592_000, " seconds";
    /// The time in seconds for a VM of which nothing is known yet.
    window_usual: u32 = 1800, 60 to 2_592_000, " seconds";
    /// What a GiB costs that was missing when it was needed again, in GiB kept for a second.
    missing_price: f64 = 500.0, 0.0 to 1e9, " GiB seconds";
    /// What a change costs, in GiB kept for a second: it is work and a risk.
    change_price: f64 = 17_000.0, 0.0 to 1e9, " GiB seconds";
    /// How much cheaper another time than `window_usual` must have been, in GiB kept for a second,
    /// for each time that it is e times as long or as short: chance should not move it.
    doubt: f64 = 20_000.0, 0.0 to 1e9, " GiB seconds";
    /// Seconds after which such a cost counts half: habits change.
    window_memory: u32 = 604_800, 3600 to 31_536_000, " seconds";
    /// No memory is taken for so many seconds after some was added.
    settle: u32 = 1800, 0 to 604_800, " seconds";
    /// Less than this share of the memory is not worth a change.
    least_saving: f64 = 0.10, 0.0 to 0.9, "";
}
