//! What runs inside a VM, and the QEMU process around it. Both may differ from the config.

use std::collections::BTreeSet;

use vm_autoscale_proxmox::{CpuLimit, Ladder, MemoryMib};

use crate::conf::Conf;

/// Static memory of a VM with memory hotplug, in MiB.
pub(crate) const BASE_MIB: u32 = 1024;

/// What a Linux kernel keeps to itself, in MiB.
pub(crate) const KERNEL_MIB: u32 = 100;

/// A running QEMU process.
#[derive(Debug, Clone)]
pub(crate) struct Qemu {
    /// vCPUs that are plugged, by number from 1; a late unplug can leave a hole.
    pub(crate) vcpus: BTreeSet<u32>,
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
    /// As `qm start` makes it by a config, or why it does not.
    pub(crate) fn start(conf: &Conf, since: f64) -> Result<Self, String> {
        let config = conf.parsed().ok_or("the config is not one")?;
        let most = config.max_vcpus().map_err(|e| e.to_string())?;
        if config.vcpus.is_some_and(|vcpus| vcpus > most) {
            return Err("Invalid CPU socket-id: 1 must be in range 0:0".into());
        }
        let memory = config.memory;
        let dimms = if config.hotplug.memory { dimms(conf, memory)? } else { BTreeSet::new() };
        Ok(Self {
            vcpus: (1..=config.plugged_vcpus().map_err(|e| e.to_string())?.get()).collect(),
            base: if config.hotplug.memory { BASE_MIB } else { memory.get() },
            dimms,
            orphans: BTreeSet::new(),
            ballooned: (config.balloon != Some(0)).then_some(0),
            cpulimit: config.cpulimit,
            since,
            fresh: true,
        })
    }

    /// How many vCPUs there are.
    pub(crate) fn cpus(&self) -> u32 {
        u32::try_from(self.vcpus.len()).unwrap_or(u32::MAX)
    }

    /// Base and DIMMs, in MiB.
    pub(crate) fn memory(&self) -> u32 {
        self.base + self.dimms.iter().copied().map(dimm_mib).sum::<u32>()
    }
}

/// The DIMMs of a VM with memory hotplug, or what `qm start` says of its memory.
fn dimms(conf: &Conf, memory: MemoryMib) -> Result<BTreeSet<u32>, String> {
    let mib = memory.get();
    if conf.get("numa") != Some("1") {
        return Err("NUMA needs to be enabled for memory hotplug".into());
    }
    if conf.has_numbered("numa") {
        return Err("cannot enable memory hotplugging with custom NUMA topology".into());
    }
    if conf.has_numbered("virtiofs") {
        return Err("Memory hotplug does not work in combination with virtio-fs.".into());
    }
    if mib < BASE_MIB {
        return Err(format!("minimum memory must be {BASE_MIB}MB"));
    }
    if mib > Ladder::USUAL_MAX_MIB {
        return Err(format!("Total memory is bigger than {}MB", Ladder::USUAL_MAX_MIB));
    }
    if !Ladder::has(memory) {
        return Err(format!("memory size ({mib}) must be aligned to 512 for hotplugging"));
    }
    let above = Ladder::sizes().skip(1).take_while(|&size| size <= mib);
    Ok((0u32..).zip(above).map(|(dimm, _)| dimm).collect())
}

/// The size of a DIMM: 32 of a size, doubling from 512 MiB.
pub(crate) fn dimm_mib(number: u32) -> u32 {
    512u32.checked_shl(number / 32).unwrap_or(0)
}

/// What a balloon driver tells, in MiB.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Figures {
    /// When, in seconds since the lab's start.
    pub(crate) at: f64,
    pub(crate) total: f64,
    /// Page cache included.
    pub(crate) used: f64,
    pub(crate) cache: f64,
    /// What it swapped since it booted, in and out alike.
    pub(crate) swapped: f64,
}

/// The operating system inside.
#[derive(Debug, Clone, Default)]
pub(crate) struct Guest {
    /// vCPUs that it uses, by number from 1.
    pub(crate) online_cpus: BTreeSet<u32>,
    /// DIMMs that it uses.
    pub(crate) online_dimms: BTreeSet<u32>,
    /// It panicked.
    pub(crate) dead: bool,
    /// What it swapped since it booted, in and out alike, in MiB.
    pub(crate) swapped: f64,
    /// What its balloon driver said last, where it is dead.
    pub(crate) last: Option<Figures>,
}

impl Guest {
    /// Booted: everything there is comes online, or only what is never a hot-plug device.
    pub(crate) fn boot(qemu: &Qemu, onlines: bool) -> Self {
        let online_dimms = if onlines { qemu.dimms.clone() } else { BTreeSet::new() };
        Self { online_cpus: qemu.vcpus.clone(), online_dimms, dead: false, ..Self::default() }
    }

    /// How many vCPUs it uses.
    pub(crate) fn cpus(&self) -> u32 {
        u32::try_from(self.online_cpus.len()).unwrap_or(u32::MAX)
    }

    /// Memory that programs can use, in MiB.
    pub(crate) fn usable(&self, qemu: &Qemu) -> u32 {
        let dimms: u32 = self.online_dimms.iter().copied().map(dimm_mib).sum();
        (qemu.base + dimms).saturating_sub(qemu.ballooned.unwrap_or(0)).saturating_sub(KERNEL_MIB)
    }
}
