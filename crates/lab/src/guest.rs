//! What runs inside a VM, and the QEMU process around it. Both may differ from the config.

use std::collections::BTreeSet;

use vm_autoscale_proxmox::{CpuLimit, Ladder, VmConfig};

/// Static memory of a VM with memory hotplug, in MiB.
pub(crate) const BASE_MIB: u32 = 1024;

/// What a Linux kernel keeps to itself, in MiB.
const KERNEL_MIB: u32 = 100;

/// A running QEMU process.
#[derive(Debug, Clone)]
pub(crate) struct Qemu {
    /// vCPUs that are plugged.
    pub(crate) vcpus: u32,
    /// Memory that is not in DIMMs, in MiB.
    pub(crate) base: u32,
    /// Plugged DIMMs by number.
    pub(crate) dimms: BTreeSet<u32>,
    /// `mem-dimmN` objects whose DIMM left late; they block the slot.
    pub(crate) orphans: BTreeSet<u32>,
    /// MiB that the balloon holds; absent without a device.
    pub(crate) ballooned: Option<u32>,
    /// The cap that systemd has.
    pub(crate) cpulimit: CpuLimit,
    /// When it started, in seconds since the lab's start; mostly before it.
    pub(crate) since: f64,
    /// pvestatd has not met it yet, so that its first CPU figure is 0.
    pub(crate) fresh: bool,
}

impl Qemu {
    /// As `qm start` makes it by a config; `None` for one that QEMU would not take.
    pub(crate) fn start(config: &VmConfig, since: f64) -> Option<Self> {
        let memory = config.memory;
        let dimms = if config.hotplug.memory {
            let above = Ladder::sizes().take_while(|&size| size <= memory.get()).count();
            Ladder::has(memory).then_some(())?;
            (0..u32::try_from(above).ok()?.checked_sub(1)?).collect()
        } else {
            BTreeSet::new()
        };
        Some(Self {
            vcpus: config.plugged_vcpus().ok()?.get(),
            base: if config.hotplug.memory { BASE_MIB } else { memory.get() },
            dimms,
            orphans: BTreeSet::new(),
            ballooned: (config.balloon != Some(0)).then_some(0),
            cpulimit: config.cpulimit,
            since,
            fresh: true,
        })
    }

    /// Base and DIMMs, in MiB.
    pub(crate) fn memory(&self) -> u32 {
        self.base + self.dimms.iter().copied().map(dimm_mib).sum::<u32>()
    }
}

/// The size of a DIMM: 32 of a size, doubling from 512 MiB.
pub(crate) fn dimm_mib(number: u32) -> u32 {
    512u32.checked_shl(number / 32).unwrap_or(0)
}

/// The operating system inside.
#[derive(Debug, Clone, Default)]
pub(crate) struct Guest {
    /// vCPUs that it uses.
    pub(crate) online_cpus: u32,
    /// DIMMs that it uses.
    pub(crate) online_dimms: BTreeSet<u32>,
    /// It panicked.
    pub(crate) dead: bool,
}

impl Guest {
    /// Booted: everything there is comes online, or only what is never a hot-plug device.
    pub(crate) fn boot(qemu: &Qemu, onlines: bool) -> Self {
        let online_dimms = if onlines { qemu.dimms.clone() } else { BTreeSet::new() };
        Self { online_cpus: qemu.vcpus, online_dimms, dead: false }
    }

    /// Memory that programs can use, in MiB.
    pub(crate) fn usable(&self, qemu: &Qemu) -> u32 {
        let dimms: u32 = self.online_dimms.iter().copied().map(dimm_mib).sum();
        (qemu.base + dimms).saturating_sub(qemu.ballooned.unwrap_or(0)).saturating_sub(KERNEL_MIB)
    }
}
