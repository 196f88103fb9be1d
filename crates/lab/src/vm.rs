//! A VM: its config, its QEMU process, its guest and its load.

use std::collections::BTreeSet;
use std::sync::Arc;

use vm_autoscale_proxmox::{CpuLimit, VmId};

use crate::conf::Conf;
use crate::control::Part;
use crate::guest::{Guest, Qemu, dimm_mib};
use crate::load::{Demand, Load};
use crate::num::{bytes, real};

/// One VM.
#[derive(Debug)]
pub(crate) struct Vm {
    pub(crate) vmid: VmId,
    pub(crate) conf: Conf,
    /// Its counter in `.vmlist`.
    pub(crate) version: u64,
    /// The process, where it runs.
    pub(crate) qemu: Option<Qemu>,
    pub(crate) guest: Guest,
    /// What a test has switched on against it.
    pub(crate) faults: BTreeSet<Part>,
    /// What its load is called.
    pub(crate) kind: String,
    /// The most memory that its load was made for, in MiB.
    pub(crate) memory_total: u32,
    pub(crate) load: Load,
    /// A load that a test has set.
    pub(crate) fixed: Option<Demand>,
    /// pvestatd does not get to it.
    pub(crate) left_out: bool,
    pub(crate) sample: Sample,
    /// `/var/lock/qemu-server/lock-ID.conf`.
    pub(crate) flock: Arc<tokio::sync::Mutex<()>>,
}

/// What pvestatd found last.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sample {
    /// Cores wanted within what is plugged and allowed.
    pub(crate) wanted: f64,
    /// Cores used.
    pub(crate) cores: f64,
    /// Memory used in bytes, page cache included.
    pub(crate) mem: u64,
    /// Memory of QEMU in bytes.
    pub(crate) maxmem: u64,
    /// vCPUs by the config.
    pub(crate) maxcpu: u32,
    /// Age of the process in seconds; 0 where none runs.
    pub(crate) uptime: u64,
    /// Whether it ran.
    pub(crate) running: bool,
    /// Percent of the time in which a runnable thread had to wait.
    pub(crate) waiting: f64,
}

impl Vm {
    pub(crate) fn name(&self) -> &str {
        self.conf.get("name").unwrap_or("")
    }

    /// vCPUs as the API counts them: `vcpus`, else all.
    pub(crate) fn maxcpu(&self) -> u32 {
        let number = |key| self.conf.number(key);
        number("vcpus")
            .unwrap_or_else(|| number("sockets").unwrap_or(1) * number("cores").unwrap_or(1))
    }

    pub(crate) fn demand(&self, t: f64) -> Demand {
        self.fixed.unwrap_or_else(|| self.load.at(t))
    }

    /// Used memory and its part that is page cache, in MiB.
    pub(crate) fn memory_use(&self, qemu: &Qemu, demand: Demand) -> (f64, f64) {
        let usable = f64::from(self.guest.usable(qemu));
        let wanted = demand.mem.min(0.98 * usable);
        let cache = (0.12 * usable).min(0.98 * usable - wanted).max(0.0);
        (wanted + cache, cache)
    }

    /// Whether the guest's programs fit without the DIMM. What the balloon holds goes with it.
    pub(crate) fn can_spare(&self, qemu: &Qemu, dimm: u32, t: f64) -> bool {
        if !self.guest.online_dimms.contains(&dimm) {
            return true;
        }
        let lost = dimm_mib(dimm).saturating_sub(qemu.ballooned.unwrap_or(0));
        self.demand(t).mem <= f64::from(self.guest.usable(qemu).saturating_sub(lost))
    }

    /// Measures the window of load time; `noise` is a factor about 1.
    pub(crate) fn measure(&self, now: f64, window: (f64, f64), noise: f64) -> Sample {
        let maxcpu = self.maxcpu();
        let Some(qemu) = &self.qemu else {
            let memory = self.conf.number("memory").unwrap_or(512);
            return Sample { maxcpu, maxmem: bytes(f64::from(memory)), ..Sample::default() };
        };
        let mean = self.mean_demand(window);
        let online = f64::from(self.guest.online_cpus.min(qemu.vcpus));
        let limit = match qemu.cpulimit {
            CpuLimit::Unlimited => f64::INFINITY,
            limit @ CpuLimit::Hundredths(_) => f64::from(limit),
        };
        let dead = self.guest.dead;
        let wanted = if dead { 0.0 } else { (mean.cpu * noise).min(online) };
        let cores = wanted.min(limit).max(0.001);
        let (used, _) = self.memory_use(qemu, mean);
        Sample {
            wanted,
            cores: if qemu.fresh { 0.0 } else { cores },
            mem: bytes(used),
            maxmem: bytes(f64::from(qemu.memory())),
            maxcpu,
            uptime: crate::num::whole((now - qemu.since).max(0.0)),
            running: true,
            waiting: if wanted > cores { 100.0 * (1.0 - cores / wanted) } else { 0.0 },
        }
    }

    /// The mean over the window, from a few looks at it.
    fn mean_demand(&self, (from, to): (f64, f64)) -> Demand {
        const LOOKS: u64 = 4;
        let step = (to - from) / real(LOOKS);
        let looks = (0..LOOKS).map(|i| self.demand(to - step * real(i)));
        let sum = looks.fold(Demand { cpu: 0.0, mem: 0.0 }, |sum, look| Demand {
            cpu: sum.cpu + look.cpu,
            mem: sum.mem + look.mem,
        });
        Demand { cpu: sum.cpu / real(LOOKS), mem: sum.mem / real(LOOKS) }
    }
}
