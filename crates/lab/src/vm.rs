//! A VM: its config, its QEMU process, its guest and its load.

use std::collections::BTreeSet;
use std::sync::Arc;

use vm_autoscale_proxmox::{CpuLimit, NodeName, VmId};

use crate::conf::Conf;
use crate::control::Part;
use crate::guest::{Figures, Guest, Qemu, dimm_mib};
use crate::load::{Demand, Load};
use crate::num::{bytes, real};
use crate::reality::Real;

/// One VM.
#[derive(Debug)]
pub(crate) struct Vm {
    pub(crate) vmid: VmId,
    /// In whose directory its config is.
    pub(crate) node: NodeName,
    /// Between two nodes' directories, so that no list has it.
    pub(crate) in_transit: bool,
    pub(crate) conf: Conf,
    /// The process, where it runs.
    pub(crate) qemu: Option<Qemu>,
    pub(crate) guest: Guest,
    /// What a test has switched on against it.
    pub(crate) faults: BTreeSet<Part>,
    /// How long the guest takes to release a CPU or a DIMM, in recorded seconds.
    pub(crate) release: Release,
    /// What the guest has agreed to release, and when it goes.
    pub(crate) departures: Vec<(f64, Leaves)>,
    /// The process, where it is not simulated.
    pub(crate) real: Option<Real>,
    /// How often it was started.
    pub(crate) starts: u64,
    /// Ran when its node lost power, so that it starts with it.
    pub(crate) ran: bool,
    /// What its load is called.
    pub(crate) kind: String,
    /// The most memory that its load was made for, in MiB.
    pub(crate) memory_total: u32,
    pub(crate) load: Load,
    /// A load that a test has set.
    pub(crate) fixed: Option<Demand>,
    /// Page cache that a test has set, in MiB, as far as there is room.
    pub(crate) cache: Option<f64>,
    /// pvestatd does not get to it.
    pub(crate) left_out: bool,
    pub(crate) sample: Sample,
    /// `/var/lock/qemu-server/lock-ID.conf`.
    pub(crate) flock: Arc<tokio::sync::Mutex<()>>,
}

/// What QEMU takes beside its guest's memory, in bytes.
pub(crate) const OVERHEAD: u64 = 50_000_000;

/// How quick a guest is, in recorded seconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Release {
    pub(crate) cpu: f64,
    pub(crate) dimm: f64,
}

impl Default for Release {
    /// Recorded: a CPU leaves within a second, a DIMM within three.
    fn default() -> Self {
        Self { cpu: 0.3, dimm: 0.5 }
    }
}

/// What leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leaves {
    /// The vCPU of this number, from 1.
    Cpu(u32),
    /// The DIMM of this number, from 0.
    Dimm(u32),
}

/// What pvestatd found last.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sample {
    /// Cores wanted within what is plugged and allowed.
    pub(crate) wanted: f64,
    /// Cores used.
    pub(crate) cores: f64,
    /// Memory used in bytes, page cache included; what the host sees where no driver tells.
    pub(crate) mem: u64,
    /// What the host gives to it, in bytes.
    pub(crate) memhost: u64,
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

    /// vCPUs as the API counts them: `vcpus`, else all that the host has threads for.
    pub(crate) fn maxcpu(&self, host_cpus: u32) -> u32 {
        let number = |key| self.conf.number(key);
        let all = number("sockets").unwrap_or(1).saturating_mul(number("cores").unwrap_or(1));
        number("vcpus").unwrap_or(all.min(host_cpus))
    }

    /// MiB that the guest's kernel has for programs, by its own word where it is real.
    pub(crate) fn usable_memory(&self) -> u32 {
        if let Some(report) = self.real.as_ref().and_then(|real| real.report.as_ref()) {
            return u32::try_from(report.mem_total_kib / 1024).unwrap_or(u32::MAX);
        }
        self.qemu.as_ref().map_or(0, |qemu| self.guest.usable(qemu))
    }

    pub(crate) fn demand(&self, t: f64) -> Demand {
        self.fixed.unwrap_or_else(|| self.load.at(t))
    }

    /// Used memory and its part that is page cache, in MiB.
    pub(crate) fn memory_use(&self, qemu: &Qemu, demand: Demand) -> (f64, f64) {
        let usable = f64::from(self.guest.usable(qemu));
        let wanted = demand.mem.min(0.98 * usable);
        let cache = self.cache.unwrap_or(0.12 * usable).min(0.98 * usable - wanted).max(0.0);
        (wanted + cache, cache)
    }

    /// What the balloon driver tells at `now`, or told last; nothing without one.
    pub(crate) fn figures(&self, now: f64, load_time: f64) -> Option<Figures> {
        let qemu = self.qemu.as_ref().filter(|qemu| qemu.ballooned.is_some())?;
        if self.faults.contains(&Part::IgnoresBalloon) {
            return None;
        }
        if self.guest.dead {
            return self.guest.last;
        }
        let demand = self.demand(load_time);
        let (used, cache) = self.memory_use(qemu, demand);
        let total = f64::from(self.guest.usable(qemu));
        Some(Figures { at: now, total, used, cache, swapped: self.guest.swapped })
    }

    /// A round in which its programs want more than there is: so much goes out and comes back.
    pub(crate) fn swap(&mut self, t: f64) {
        let Some(qemu) = self.qemu.as_ref().filter(|_| !self.guest.dead) else { return };
        let has = 0.98 * f64::from(self.guest.usable(qemu));
        self.guest.swapped += (self.demand(t).mem - has).max(0.0);
    }

    /// The guest panics: QEMU stays, with what the balloon driver told last.
    pub(crate) fn dies(&mut self, now: f64, load_time: f64) {
        if !self.guest.dead {
            self.guest.last = self.figures(now, load_time);
            self.guest.dead = true;
        }
    }

    /// The guest agrees to release it then; what it has agreed to already stays as it is.
    pub(crate) fn promise(&mut self, at: f64, leaves: Leaves) {
        if !self.departures.iter().any(|(_, promised)| *promised == leaves) {
            self.departures.push((at, leaves));
        }
    }

    /// What was promised goes when its time has come, whether anybody still waits for it or not.
    pub(crate) fn depart(&mut self, now: f64, load_time: f64) {
        let (due, later) = self.departures.drain(..).partition(|(at, _)| *at <= now);
        self.departures = later;
        let due: Vec<(f64, Leaves)> = due;
        for (_, leaves) in due {
            match leaves {
                Leaves::Cpu(cpu) => self.cpu_leaves(cpu),
                Leaves::Dimm(dimm) => self.dimm_leaves(dimm, now, load_time),
            }
        }
    }

    /// That very one, whichever others have come since it was asked for.
    pub(crate) fn cpu_leaves(&mut self, cpu: u32) {
        if let Some(qemu) = &mut self.qemu {
            qemu.vcpus.remove(&cpu);
            self.guest.online_cpus.remove(&cpu);
        }
    }

    /// Where the guest's programs do not fit into what is left, it dies of that. The backend
    /// stays until somebody drops it.
    fn dimm_leaves(&mut self, dimm: u32, now: f64, load_time: f64) {
        let spare = self.qemu.as_ref().is_some_and(|qemu| self.can_spare(qemu, dimm, load_time));
        if !spare {
            self.dies(now, load_time);
            return;
        }
        let Some(qemu) = &mut self.qemu else { return };
        if qemu.dimms.remove(&dimm) {
            qemu.orphans.insert(dimm);
            qemu.ballooned = qemu.ballooned.map(|held| held.saturating_sub(dimm_mib(dimm)));
            self.guest.online_dimms.remove(&dimm);
        }
    }

    /// Whether the guest's programs fit without the DIMM. What the balloon holds goes with it.
    pub(crate) fn can_spare(&self, qemu: &Qemu, dimm: u32, t: f64) -> bool {
        if !self.guest.online_dimms.contains(&dimm) {
            return true;
        }
        let lost = dimm_mib(dimm).saturating_sub(qemu.ballooned.unwrap_or(0));
        self.demand(t).mem <= f64::from(self.guest.usable(qemu).saturating_sub(lost))
    }

    /// What is found where no process runs.
    pub(crate) fn at_rest(&self, host_cpus: u32) -> Sample {
        let maxmem = bytes(f64::from(self.conf.number("memory").unwrap_or(512)));
        Sample { maxcpu: self.maxcpu(host_cpus), maxmem, ..Sample::default() }
    }

    /// Measures the window of load time; `noise` is a factor about 1.
    pub(crate) fn measure(
        &self,
        now: f64,
        window: (f64, f64),
        noise: f64,
        host_cpus: u32,
    ) -> Sample {
        let rest = self.at_rest(host_cpus);
        let Some(qemu) = &self.qemu else { return rest };
        // QEMU's size is what its balloon device tells; without one, there is the config's.
        let device = qemu.ballooned.map(|_| bytes(f64::from(qemu.memory())));
        let common = Sample {
            maxmem: device.unwrap_or(rest.maxmem),
            maxcpu: rest.maxcpu,
            uptime: crate::num::whole((now - qemu.since).max(0.0)),
            running: true,
            ..Sample::default()
        };
        if let Some(real) = &self.real {
            let memhost = real.mem + OVERHEAD;
            return Sample {
                wanted: real.cores,
                cores: real.cores,
                mem: real.mem,
                memhost,
                ..common
            };
        }
        self.measure_guest(qemu, common, (now, window), noise)
    }

    /// A simulated guest's part of it.
    fn measure_guest(
        &self,
        qemu: &Qemu,
        common: Sample,
        (now, window): (f64, (f64, f64)),
        noise: f64,
    ) -> Sample {
        let mean = self.mean_demand(window);
        let online = f64::from(self.guest.cpus());
        let limit = match qemu.cpulimit {
            CpuLimit::Unlimited => f64::INFINITY,
            limit @ CpuLimit::Hundredths(_) => f64::from(limit),
        };
        let dead = self.guest.dead;
        let wanted = if dead { 0.0 } else { (mean.cpu * noise).min(online) };
        let cores = wanted.min(limit).max(0.001);
        let memory = self.memory_seen(now, window.1, qemu, mean);
        Sample {
            wanted,
            cores: if qemu.fresh { 0.0 } else { cores },
            mem: memory.0,
            memhost: memory.1,
            waiting: if wanted > cores { 100.0 * (1.0 - cores / wanted) } else { 0.0 },
            ..common
        }
    }

    /// What the balloon driver tells and what the host sees, in bytes; without a driver pvestatd
    /// tells what the host sees.
    fn memory_seen(&self, now: f64, t: f64, qemu: &Qemu, mean: Demand) -> (u64, u64) {
        let used = self.guest.last.map_or_else(|| self.memory_use(qemu, mean).0, |last| last.used);
        let (mem, host) = (bytes(used), bytes(used) + OVERHEAD);
        (if self.figures(now, t).is_some() { mem } else { host }, host)
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
