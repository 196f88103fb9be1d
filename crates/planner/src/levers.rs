//! The levers: what each can do, and the one change that brings a VM nearer to what is wanted.
//!
//! | lever | step | time | how it fails |
//! |---|---|---|---|
//! | vCPUs | one, at most [`UNPLUGS`] down at once | under 1 s up, 1 to 2 s each down | the guest keeps one: 6 s, and the value pends |
//! | `cpulimit` | [`QUARTER`] of a core | at once | systemd on the node; no guest has a word in it |
//! | DIMMs | the ladder's, one down at once | milliseconds up, 3 s down | the guest keeps it: 21 s |
//! | `balloon` | [`BALLOON_STEP`] down, any up | seconds | a guest without a driver leaves it where it is |

use vm_autoscale_proxmox::{BalloonMib, CpuLimit, Ladder, MemoryMib, Vcpus, VmConfig};

use crate::{Move, Reason};

/// How the CPU of a VM is made larger and smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CpuLever {
    /// By vCPUs, down by the limit where the guest gives none back.
    #[default]
    Auto,
    /// By the limit on their time; all vCPUs stay.
    Limit,
    /// By vCPUs only.
    Vcpus,
}

/// How the memory of a VM is made larger and smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MemoryLever {
    /// By DIMMs.
    #[default]
    Dimm,
    /// By what the balloon leaves.
    Balloon,
    /// Not at all.
    Nothing,
}

/// Hundredths in a core, the unit of sizes here.
pub(crate) const CORE: u32 = 100;
/// A limit goes in quarters of a core, in hundredths: finer ones would only be more changes.
const QUARTER: u32 = 25;
/// The most vCPUs that one change takes: each may hold the VM's lock for 6 s, and the helper lets
/// no more through.
pub(crate) const UNPLUGS: u32 = 3;
/// A balloon is not moved down by less, in MiB.
pub(crate) const BALLOON_STEP: u32 = 256;

/// What a VM's CPU has, and what was learnt of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CpuHas {
    pub(crate) plugged: Vcpus,
    pub(crate) limit: CpuLimit,
    /// Whether there is no limit of others.
    pub(crate) is_ours: bool,
    /// Whether the guest gives vCPUs back, as far as is known.
    pub(crate) unplugs: bool,
}

impl CpuHas {
    /// What use is relative to, in hundredths of a core: all vCPUs, or the limit where that is
    /// less.
    pub(crate) fn size(self) -> u32 {
        self.vcpus().min(self.cap())
    }

    fn vcpus(self) -> u32 {
        self.plugged.get().saturating_mul(CORE)
    }

    fn cap(self) -> u32 {
        match self.limit {
            CpuLimit::Unlimited => u32::MAX,
            limit @ CpuLimit::Hundredths(_) => limit.hundredths(),
        }
    }

    /// The change that makes it so many hundredths of a core, or brings it nearer; `in_steps`
    /// where a guest has to be asked.
    pub(crate) fn towards(self, lever: CpuLever, to: u32, in_steps: bool) -> Result<Move, Reason> {
        let grows = to > self.size();
        let by_limit = match lever {
            CpuLever::Limit => return self.limited(to),
            CpuLever::Vcpus => false,
            CpuLever::Auto => !grows && !self.unplugs,
        };
        // Whatever more is plugged, nothing goes beyond the limit.
        let is_capped = grows && self.cap() < to;
        if self.is_ours && (is_capped || by_limit) {
            return self.limited(to);
        }
        if by_limit {
            return Err(Reason::LimitOfOthers(self.limit));
        }
        let vcpus = to.min(self.cap()).div_ceil(CORE);
        let from = self.plugged;
        if grows && vcpus <= from.get() {
            return Err(Reason::LimitOfOthers(self.limit));
        }
        let least = if in_steps { from.get().saturating_sub(UNPLUGS) } else { 1 };
        let to = Vcpus::try_from(vcpus.max(least)).map_err(|_| Reason::BoundsLeaveNothing)?;
        if (to > from) != grows || to == from {
            return Err(Reason::LessThanAStep);
        }
        Ok(Move::Cpu { from, to })
    }

    /// A limit of so many hundredths; none where that is all there is.
    fn limited(self, to: u32) -> Result<Move, Reason> {
        let quarters = to.div_ceil(QUARTER).saturating_mul(QUARTER);
        let wanted = if quarters >= self.vcpus() { 0 } else { quarters };
        let limit = CpuLimit::from_hundredths(wanted).map_err(|_| Reason::BoundsLeaveNothing)?;
        if limit == self.limit || (limit > self.limit) != (to > self.size()) {
            return Err(Reason::LessThanAStep);
        }
        Ok(Move::CpuLimit { from: self.limit, to: limit })
    }
}

/// The sizes next to `now`: the ladder's, or a step of the balloon.
pub(crate) fn memory_neighbours(
    lever: MemoryLever,
    now: MemoryMib,
    max: MemoryMib,
) -> (Option<MemoryMib>, Option<MemoryMib>) {
    if lever != MemoryLever::Balloon {
        return (Ladder::up(now), Ladder::down(now));
    }
    let step = 2 * BALLOON_STEP;
    let up = MemoryMib::try_from(now.get().saturating_add(step)).ok();
    let down = now.get().checked_sub(step).and_then(|mib| mib.try_into().ok());
    (up.map(|up| up.min(max)).filter(|up| *up > now), down)
}

/// The change that makes it that much memory by DIMMs, or brings it nearer.
pub(crate) fn dimms(from: MemoryMib, to: MemoryMib, in_steps: bool) -> Result<Move, Reason> {
    // Growth that ends between two sizes ends at the upper one, and so does shrinking.
    let to = Ladder::ceil(to).ok_or(Reason::BoundsLeaveNothing)?;
    let least = Ladder::down(from).filter(|_| in_steps);
    let to = least.map_or(to, |least| to.max(least));
    if to == from { Err(Reason::LessThanAStep) } else { Ok(Move::Memory { from, to }) }
}

/// What the balloon leaves of the memory by the config.
pub(crate) fn left(config: &VmConfig) -> MemoryMib {
    left_of(config.memory, config.balloon)
}

/// What a balloon with that target in MiB, if there is one, leaves of so much memory.
pub(crate) fn left_of(memory: MemoryMib, balloon: Option<u32>) -> MemoryMib {
    let target = balloon.and_then(|mib| MemoryMib::try_from(mib).ok());
    target.map_or(memory, |target| target.min(memory))
}

/// What the lever moves: what the balloon leaves, or all that is plugged.
pub(crate) fn memory(lever: MemoryLever, config: &VmConfig) -> MemoryMib {
    if lever == MemoryLever::Balloon { left(config) } else { config.memory }
}

/// The change that makes the balloon leave that much.
pub(crate) fn balloon(config: &VmConfig, to: MemoryMib) -> Result<Move, Reason> {
    let now = left(config);
    let steps = to.get().div_ceil(BALLOON_STEP).saturating_mul(BALLOON_STEP);
    let wanted = if to > now { to.get().min(config.memory.get()) } else { steps };
    if to <= now && wanted >= now.get() {
        return Err(Reason::LessThanAStep);
    }
    let from = config.balloon.and_then(|mib| BalloonMib::try_from(mib).ok());
    let to = BalloonMib::try_from(wanted).map_err(|_| Reason::BoundsLeaveNothing)?;
    Ok(Move::Balloon { from, to })
}

/// Whether an operating system gives vCPUs back when asked, by what the config says of it: Windows
/// takes more while it runs, and gives none.
pub(crate) fn gives_vcpus(config: &VmConfig) -> bool {
    !config.ostype.as_deref().is_some_and(|os| os.starts_with('w'))
}

#[cfg(test)]
mod tests;
