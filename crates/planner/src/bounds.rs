//! Between which sizes a VM can move: policy ∩ what the VM can do ∩ the DIMM ladder.

use vm_autoscale_proxmox::{Ladder, MemoryMib, Vcpus, VmConfig};

use crate::{Reason, VmPolicy};

/// From, to, and whose word the upper end is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bounds<T> {
    pub(crate) min: T,
    pub(crate) max: T,
    pub(crate) max_by: &'static str,
}

/// vCPUs: the policy's bounds within sockets × cores.
pub(crate) fn vcpus(policy: &VmPolicy, config: &VmConfig) -> Result<Bounds<Vcpus>, Reason> {
    if !config.hotplug.cpu {
        return Err(Reason::NotAble("add cpu to `qm set ID --hotplug`"));
    }
    let ceiling = config.max_vcpus().map_err(|_| Reason::ConfigUnknown)?;
    let (min, max) = policy.vcpus;
    let (max, max_by) =
        if max < ceiling.get() { (max, "max_cores") } else { (ceiling.get(), "sockets x cores") };
    let size = |n: u32| Vcpus::try_from(n).map_err(|_| Reason::BoundsLeaveNothing);
    let bounds = Bounds { min: size(min.max(1))?, max: size(max)?, max_by };
    if bounds.min > bounds.max { Err(Reason::BoundsLeaveNothing) } else { Ok(bounds) }
}

/// Memory: the policy's bounds, narrowed to the ladder.
pub(crate) fn memory(policy: &VmPolicy, config: &VmConfig) -> Result<Bounds<MemoryMib>, Reason> {
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
