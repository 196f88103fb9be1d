//! One VM of the world.

use crate::report::Tally;
use crate::world::ceil;
use crate::{Owned, World};

/// A change back within this, in seconds, is a flip.
const FLIP: f64 = 3600.0;

#[derive(Debug)]
pub(super) struct Machine {
    owned: Owned,
    pub(super) active: bool,
    /// Cores that its programs want, that it can use by its vCPUs, and that it got.
    wants: f64,
    pub(super) used: f64,
    pub(super) vcpus: u32,
    /// What is asked for, and when it is there.
    pub(super) next_vcpus: Option<(u32, f64)>,
    /// MiB that its programs and its kernel want.
    pub(super) wanted_memory: f64,
    pub(super) memory: u32,
    pub(super) next_memory: Option<(u32, f64)>,
    /// What lands in this tick.
    pub(super) lands: Option<u32>,
    last: [Last; 2],
    /// Core-seconds that it wanted, and that it did not get.
    pub(super) wanted: f64,
    pub(super) lost: f64,
}

/// The last change of a resource: when, and whether it added.
type Last = Option<(f64, bool)>;

impl Machine {
    pub(super) fn new(owned: &Owned, memory: u32) -> Self {
        Self {
            owned: *owned,
            active: false,
            wants: 0.0,
            used: 0.0,
            vcpus: owned.vcpus.1,
            next_vcpus: None,
            wanted_memory: 0.0,
            memory,
            next_memory: None,
            lands: None,
            last: [None, None],
            wanted: 0.0,
            lost: 0.0,
        }
    }

    /// No number: it does not run.
    pub(super) fn wants_cpu(&mut self, cores: f64) {
        self.active = !cores.is_nan();
        self.wants = if self.active { cores.min(f64::from(self.owned.vcpus.1)) } else { 0.0 };
    }

    pub(super) fn wants_memory(&mut self, mib: f64) {
        let most = self.owned.memory.map_or(0.0, |(_, max)| f64::from(max));
        let mib = if mib.is_nan() { 0.0 } else { mib };
        self.wanted_memory = (mib + World::MEMORY_BASE).min(most);
    }

    pub(super) fn land_cpu(&mut self, t: f64, until: f64, tally: &mut Tally) {
        if let Some((vcpus, _)) = self.next_vcpus.take_if(|(_, at)| *at <= until) {
            tally.cpu_changes += 1;
            tally.flips += usize::from(is_flip(&mut self.last[0], vcpus > self.vcpus, t));
            self.vcpus = vcpus;
        }
        self.used = self.could_use();
    }

    /// Whether other memory is due; taking fails where the guest needs what is taken.
    pub(super) fn lands_memory(&mut self, until: f64, tally: &mut Tally) -> bool {
        let due = self.next_memory.take_if(|(_, at)| *at <= until).map(|(mib, _)| mib);
        let needs = self.wanted_memory + World::SHRINK_RESERVE;
        self.lands = due.filter(|mib| *mib > self.memory || needs <= f64::from(*mib));
        tally.failed += usize::from(due.is_some() && self.lands.is_none());
        due.is_some()
    }

    pub(super) fn land_memory(&mut self, t: f64, tally: &mut Tally) {
        if let Some(mib) = self.lands.take() {
            tally.mem_changes += 1;
            tally.flips += usize::from(is_flip(&mut self.last[1], mib > self.memory, t));
            self.memory = mib;
        }
    }

    /// Cores that its vCPUs let it use.
    pub(super) fn could_use(&self) -> f64 {
        self.wants.min(f64::from(self.vcpus))
    }

    pub(super) fn shares(&self) -> f64 {
        self.owned.shares
    }

    pub(super) fn account(&mut self, tick: f64, has_memory: bool, tally: &mut Tally) {
        let vcpus = f64::from(self.vcpus);
        self.wanted += self.wants * tick;
        self.lost += (self.wants - self.used) * tick;
        tally.active += tick;
        tally.alloc += vcpus * tick;
        tally.used += self.used * tick;
        tally.host_lost += (self.could_use() - self.used) * tick;
        if self.wants > vcpus + 1e-6 {
            tally.saturated += tick;
        }
        if !has_memory {
            return;
        }
        let alloc = f64::from(self.memory);
        let short = (self.wanted_memory - alloc).max(0.0);
        tally.mem_alloc += alloc * tick;
        tally.mem_used += self.wanted_memory.min(alloc) * tick;
        tally.mem_short += short * tick;
        if short > 0.0 {
            tally.short_time += tick;
        }
        if self.wanted_memory > 0.95 * alloc {
            tally.risk_time += tick;
        }
    }

    /// What is another size and can be begins, one change at a time.
    pub(super) fn ask_vcpus(&mut self, vcpus: u32, now: f64) {
        let (min, max) = self.owned.vcpus;
        let vcpus = vcpus.clamp(min, max);
        if self.active && self.next_vcpus.is_none() && vcpus != self.vcpus {
            self.next_vcpus = Some((vcpus, now + World::CPU_DELAY));
        }
    }

    pub(super) fn ask_memory(&mut self, mib: u32, now: f64) {
        let Some((min, max)) = self.owned.memory else { return };
        let mib = ceil(f64::from(mib)).clamp(min, max);
        if self.active && self.next_memory.is_none() && mib != self.memory {
            let grows = mib > self.memory;
            let delay = if grows { World::GROW_DELAY } else { World::SHRINK_DELAY };
            self.next_memory = Some((mib, now + delay));
        }
    }
}

/// Whether it takes back what was done a while ago; it is the last change from now on.
fn is_flip(last: &mut Last, grows: bool, t: f64) -> bool {
    let before = last.replace((t, grows));
    before.is_some_and(|(at, grew)| grew != grows && t - at <= FLIP)
}
