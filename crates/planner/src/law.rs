//! What a rule goes by: figures, each with its unit and its reason. Their defaults are in
//! [`crate::CpuLaw::BALANCED`] and [`crate::MemoryLaw::BALANCED`].

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

/// How long what is not needed is kept: each VM has the window that would have been the cheapest
/// for it of late, of seven that lie between the shortest and the longest. Prices are in units of
/// the resource (a core, a GiB) kept for a second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Windows {
    /// Seconds. Shorter ones save little and cost changes.
    pub shortest: u32,
    /// Seconds. Who needs something once a day does not keep it for a day.
    pub longest: u32,
    /// Seconds, for a VM of which nothing is known yet.
    pub usual: u32,
    /// What each unit costs that was missing when it was needed again.
    pub missing_price: f32,
    /// What each change costs, growing or shrinking: a change is work and a risk.
    pub change_price: f32,
    /// How much cheaper a window must have been than the usual one, for each time that it is e
    /// times as long or as short: chance alone should not move it.
    pub doubt: f32,
    /// Seconds after which a cost counts half: habits change.
    pub memory: u32,
}

/// Growing and shrinking of vCPUs out of what the host sees. Times are in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CpuLaw {
    /// What growth leaves free: so many cores times the root of the vCPUs. Work that arrives by
    /// chance needs headroom in that measure (square-root staffing): 8 % of one vCPU, 4 % of four.
    pub grow_headroom: f32,
    /// What shrinking leaves free, in the same measure.
    pub shrink_headroom: f32,
    /// What both leave free at least, in multiples of the mean step from sample to sample: a VM
    /// whose use jumps needs more.
    pub noise: f32,
    /// From this share of the vCPUs on the use is at least what was measured: nobody sees how much
    /// more is wanted.
    pub saturated_at: f32,
    /// Growth aims at this share.
    pub grow_target: f32,
    /// While saturated, at least so many times the vCPUs.
    pub growth_factor: f32,
    /// While saturated, at least what was enough for this share of the last days.
    pub recall: f32,
    /// Half of what is recalled is younger than this.
    pub recall_half_life: u32,
    /// How long a vCPU must not have been needed before it is taken.
    pub windows: Windows,
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
    /// While urgent, at least so many times the memory.
    pub growth_factor: f32,
    /// Growth and shrinking aim at this share.
    pub target: f32,
    /// So many MiB are always left free.
    pub free_mib: f32,
    /// Growth looks so far ahead along the slope of the last minutes.
    pub horizon: u32,
    /// While urgent, at least what was enough for this share of the last days.
    pub recall: f32,
    /// Half of what is recalled is younger than this.
    pub recall_half_life: u32,
    /// How long memory must not have been needed before it is taken; a unit is a GiB.
    pub windows: Windows,
    /// No memory is taken so soon after any change.
    pub settle: u32,
    /// Less than this share is not worth a change.
    pub least_saving: f32,
}

impl CpuLaw {
    /// The figures that hold where nothing is said.
    pub const BALANCED: Self = Self {
        grow_headroom: 0.08,
        shrink_headroom: 0.12,
        noise: 5.0,
        saturated_at: 0.95,
        grow_target: 0.75,
        growth_factor: 2.0,
        recall: 0.995,
        recall_half_life: 604_800,
        windows: Windows {
            shortest: 600,
            longest: 5400,
            usual: 600,
            missing_price: 4700.0,
            change_price: 1600.0,
            doubt: 3600.0,
            memory: 86_400,
        },
        settle: 120,
    };
}

impl MemoryLaw {
    /// The figures that hold where nothing is said.
    pub const BALANCED: Self = Self {
        grow_at: 0.90,
        urgent_at: 0.95,
        growth_factor: 1.5,
        target: 0.84,
        free_mib: 128.0,
        horizon: 60,
        recall: 0.90,
        recall_half_life: 604_800,
        windows: Windows {
            shortest: 1800,
            longest: 43_200,
            usual: 1800,
            missing_price: 500.0,
            change_price: 17_000.0,
            doubt: 20_000.0,
            memory: 604_800,
        },
        settle: 1800,
        least_saving: 0.10,
    };
}
