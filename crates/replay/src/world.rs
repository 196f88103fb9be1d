//! The world that a trace is played in: what a change takes, what a guest needs, which hosts.

use vm_autoscale_proxmox::{Ladder, MemoryMib};

use crate::num::{floor, whole};
use crate::random::Random;
use crate::{Error, Fleet, Host, Owned, Trace};

/// Samples that are further apart are not believed by the planner, so that it would do nothing.
pub(crate) const MAX_TICK: u32 = 30;

/// What the world is like. The figures that have no key here are [`World::CPU_DELAY`] and the
/// ones beside it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct World {
    /// Seconds between two samples, and of one step of the world: 1 to 30.
    pub tick: u32,
    /// Seconds at the start that no figure counts; by the trace's length where it is not said.
    pub warmup: Option<f64>,
    /// Share of the guest's free memory that the host sees as used, 0 to 1: its page cache.
    pub cache_fill: f64,
    /// Hosts with less than the sum of their VMs; without them there is no end of room.
    pub hosts: Option<Hosts>,
}

/// Hosts that the VMs share.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hosts {
    /// How many.
    pub count: usize,
    /// Cores of each, as a share of the vCPUs that are owned there.
    pub cpu_share: f64,
    /// Memory of each, as a share of what is owned there.
    pub memory_share: f64,
    /// Whether the VMs' weights are 500, 1000 and 2000, and not all 1000.
    pub mixed_shares: bool,
}

impl World {
    /// Seconds until other vCPUs are there.
    pub const CPU_DELAY: f64 = 5.0;
    /// Seconds until more memory is there.
    pub const GROW_DELAY: f64 = 5.0;
    /// Seconds until memory is given back.
    pub const SHRINK_DELAY: f64 = 30.0;
    /// Free memory in MiB that must be left to a guest for memory to be taken.
    pub const SHRINK_RESERVE: f64 = 128.0;
    /// Memory in MiB that a guest uses beside what the trace says: traces have what programs use.
    pub const MEMORY_BASE: f64 = 256.0;

    /// The seconds that are not counted: a day of at least five, an hour of at least half a day.
    pub(crate) fn warm(&self, length: f64) -> f64 {
        self.warmup.unwrap_or(match length {
            432_000.0.. => 86_400.0,
            43_200.0.. => 3_600.0,
            _ => 0.0,
        })
    }

    /// The VMs and hosts of a trace.
    ///
    /// # Errors
    /// The world cannot be.
    pub fn fleet(&self, trace: &Trace) -> Result<Fleet, Error> {
        if !(1..=MAX_TICK).contains(&self.tick) {
            return Err(Error::World(format!(
                "a tick of {} s: 1 to {MAX_TICK} s, older samples are not believed",
                self.tick
            )));
        }
        let owned = |vm: &crate::TraceVm| Owned {
            vcpus: (1, whole(vm.vcpus.ceil()).max(1)),
            memory: trace.has_memory().then(|| (1024, ceil(vm.memory).max(1024))),
            host: 0,
            shares: 1000.0,
        };
        let mut fleet =
            Fleet { vms: trace.vms.iter().map(owned).collect(), hosts: vec![Host::default()] };
        if let Some(hosts) = self.hosts {
            hosts.deal(&mut fleet)?;
        }
        Ok(fleet)
    }

    /// What a VM has in the beginning, in MiB: on hosts with too little somewhat less than that.
    pub(crate) fn first_memory(&self, owned: &Owned) -> u32 {
        let Some((min, max)) = owned.memory else { return 1024 };
        let Some(hosts) = self.hosts else { return max };
        let size = MemoryMib::try_from(floor32(f64::from(max) * hosts.memory_share * 0.95));
        let size = size.ok().and_then(Ladder::floor);
        size.map_or(min, MemoryMib::get).max(min)
    }
}

impl Hosts {
    /// Deals the VMs to the hosts and sizes those.
    fn deal(&self, fleet: &mut Fleet) -> Result<(), Error> {
        let vms = fleet.vms.len();
        if !(1..=vms).contains(&self.count) {
            return Err(Error::World(format!("{} hosts: 1 to {vms}, the VMs' number", self.count)));
        }
        let mut random = Random::new();
        let mut places: Vec<usize> = (0..fleet.vms.len()).map(|at| at % self.count).collect();
        random.shuffle(&mut places);
        for (vm, place) in fleet.vms.iter_mut().zip(places) {
            vm.host = place;
        }
        for vm in fleet.vms.iter_mut().filter(|_| self.mixed_shares) {
            vm.shares = match random.third() {
                0 => 500.0,
                1 => 1000.0,
                _ => 2000.0,
            };
        }
        fleet.hosts = (0..self.count)
            .map(|host| {
                let of = |size: fn(&Owned) -> Option<u32>| {
                    let here = fleet.vms.iter().filter(|vm| vm.host == host);
                    here.map(|vm| size(vm).map(f64::from)).sum::<Option<f64>>()
                };
                Host {
                    cores: of(|vm| Some(vm.vcpus.1)).map(|cores| cores * self.cpu_share),
                    memory: of(|vm| vm.memory.map(|(_, max)| max))
                        .map(|memory| memory * self.memory_share),
                }
            })
            .collect();
        Ok(())
    }
}

/// The next size on the DIMM ladder; its top where there is none.
pub(crate) fn ceil(mib: f64) -> u32 {
    let top = Ladder::sizes().last().unwrap_or_default();
    Ladder::sizes().find(|size| f64::from(*size) >= mib - 1e-6).unwrap_or(top)
}

/// The whole part in 32 bits.
fn floor32(value: f64) -> u32 {
    u32::try_from(floor(value + 1e-6)).unwrap_or(u32::MAX)
}
