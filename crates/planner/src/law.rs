//! What a rule goes by: figures, each with its unit, its default and its reason.

/// When vCPUs are added and taken.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum CpuRule {
    /// One step more above the high mark, one less below the low one.
    Threshold(Marks),
    /// What the VM's own use of late says.
    Adaptive(CpuLaw),
}

/// When memory is added and taken.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum MemoryRule {
    /// One step more above the high mark, one less below the low one.
    Threshold(Marks),
    /// What the VM's own use of late says.
    Adaptive(MemoryLaw),
}

/// High and low marks in percent of what is plugged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Marks {
    /// Above this it grows.
    pub high: f64,
    /// Below this it shrinks.
    pub low: f64,
}

/// Growing and shrinking of vCPUs out of what the host sees. Shares are of the plugged vCPUs,
/// times in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CpuLaw {
    /// Use of this share asks for more.
    pub grow_at: f32,
    /// From this share on the use is at least what was measured: nobody sees how much more is
    /// wanted.
    pub saturated_at: f32,
    /// Growth aims at this share.
    pub grow_target: f32,
    /// While saturated, at least so many times the vCPUs.
    pub growth_factor: f32,
    /// Shrinking leaves at most this share in use.
    pub shrink_target: f32,
    /// So long a vCPU must not have been needed before it is taken.
    pub window: u32,
    /// A window that was too short doubles up to this.
    pub window_max: u32,
    /// Saturated again so soon after vCPUs were taken: the window was too short.
    pub regret_within: u32,
    /// After so long without regret the window halves.
    pub relax_after: u32,
    /// No vCPU is taken so soon after any change.
    pub settle: u32,
}

/// Growing and shrinking of memory. Shares are of the plugged memory, times in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MemoryLaw {
    /// Use of this share asks for more.
    pub grow_at: f32,
    /// From this share on it is urgent.
    pub urgent_at: f32,
    /// Growth and shrinking aim at this share.
    pub target: f32,
    /// So many MiB are always left free.
    pub free_mib: f32,
    /// Growth looks so far ahead along the slope of the last minutes.
    pub horizon: u32,
    /// So long memory must not have been needed before it is taken.
    pub window: u32,
    /// A window that was too short doubles up to this.
    pub window_max: u32,
    /// After so long without regret the window halves.
    pub relax_after: u32,
    /// No memory is taken so soon after any change.
    pub settle: u32,
    /// Less than this share is not worth a change.
    pub least_saving: f32,
}

impl CpuLaw {
    /// The figures that hold where nothing is said.
    pub const BALANCED: Self = Self {
        grow_at: 0.90,
        saturated_at: 0.95,
        grow_target: 0.75,
        growth_factor: 2.0,
        shrink_target: 0.90,
        window: 900,
        window_max: 3600,
        regret_within: 1800,
        relax_after: 86_400,
        settle: 120,
    };
}

impl MemoryLaw {
    /// The figures that hold where nothing is said.
    pub const BALANCED: Self = Self {
        grow_at: 0.90,
        urgent_at: 0.95,
        target: 0.85,
        free_mib: 128.0,
        horizon: 60,
        window: 7200,
        window_max: 21_600,
        relax_after: 259_200,
        settle: 1800,
        least_saving: 0.10,
    };
}
