//! Between which sizes a VM can move: policy ∩ what the VM can do ∩ the DIMM ladder.

use vm_autoscale_proxmox::{Ladder, MemoryMib, Vcpus, VmConfig};

use crate::levers::CORE;
use crate::{CpuLever, MemoryLever, Reason, VmPolicy};

/// From, to, and whose word the upper end is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bounds<T> {
    pub(crate) min: T,
    pub(crate) max: T,
    pub(crate) max_by: &'static str,
}

/// CPU in hundredths of a core: the policy's bounds within sockets × cores, or within the vCPUs
/// where these stay.
pub(crate) fn cpu(policy: &VmPolicy, config: &VmConfig) -> Result<Bounds<u32>, Reason> {
    let (ceiling, by) = if policy.cpu_lever == CpuLever::Limit {
        (config.plugged_vcpus(), "vcpus")
    } else if config.hotplug.cpu {
        (config.max_vcpus(), "sockets x cores")
    } else {
        return Err(Reason::NotAble("add cpu to `qm set ID --hotplug`"));
    };
    let ceiling = ceiling.map_err(|_| Reason::ConfigUnknown)?.get();
    let (min, max) = policy.vcpus;
    let (max, max_by) = if max < ceiling { (max, "max_cores") } else { (ceiling, by) };
    let size = |n: u32| Vcpus::try_from(n).map_err(|_| Reason::BoundsLeaveNothing);
    let (min, max) = (size(min.max(1))?.get() * CORE, size(max)?.get() * CORE);
    if min > max { Err(Reason::BoundsLeaveNothing) } else { Ok(Bounds { min, max, max_by }) }
}

/// Memory by whichever lever.
pub(crate) fn memory(policy: &VmPolicy, config: &VmConfig) -> Result<Bounds<MemoryMib>, Reason> {
    match policy.memory_lever {
        MemoryLever::Dimm => dimms(policy, config),
        MemoryLever::Balloon => balloon(policy, config),
        MemoryLever::Nothing => Err(Reason::NotAsked),
    }
}

/// What the balloon leaves: from the policy's least to all there is.
fn balloon(policy: &VmPolicy, config: &VmConfig) -> Result<Bounds<MemoryMib>, Reason> {
    if config.balloon == Some(0) {
        return Err(Reason::NotAble("`qm set ID --delete balloon`"));
    }
    if config.shares != Some(0) {
        return Err(Reason::NotSet("`qm set ID --shares 0` takes it from automatic ballooning"));
    }
    let (min, max) = policy.memory_mib;
    let all = config.memory.get();
    let (max, max_by) = if max < all { (max, "max_ram_mb") } else { (all, "memory") };
    match (MemoryMib::try_from(min.max(16)), MemoryMib::try_from(max)) {
        (Ok(min), Ok(max)) if min <= max => Ok(Bounds { min, max, max_by }),
        _ => Err(Reason::BoundsLeaveNothing),
    }
}

/// DIMMs: the policy's bounds, narrowed to the ladder.
fn dimms(policy: &VmPolicy, config: &VmConfig) -> Result<Bounds<MemoryMib>, Reason> {
    if !config.hotplug.memory {
        return Err(Reason::NotAble("add memory to `qm set ID --hotplug`"));
    }
    if !config.numa {
        return Err(Reason::NotAble("`qm set ID --numa 1`"));
    }
    if config.hugepages {
        return Err(Reason::HugePages);
    }
    if config.balloon.is_some_and(|minimum| minimum > 0) {
        return Err(Reason::AutoBalloon);
    }
    let (min, max) = policy.memory_mib;
    let (max, max_by) = if max < Ladder::USUAL_MAX_MIB {
        (max, "max_ram_mb")
    } else {
        (Ladder::USUAL_MAX_MIB, "address bits")
    };
    let size = |n: u32| MemoryMib::try_from(n).ok();
    let min = size(min.max(16)).and_then(Ladder::ceil);
    let max = size(max).and_then(Ladder::floor);
    match (min, max) {
        (Some(min), Some(max)) if min <= max => Ok(Bounds { min, max, max_by }),
        _ => Err(Reason::BoundsLeaveNothing),
    }
}
