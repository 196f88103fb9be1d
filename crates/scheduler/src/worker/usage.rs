//! What the VMs use, a few minutes together: each new sample is added where its VM's are, and
//! nothing is allocated for it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use vm_autoscale_planner::{Moment, Needed, Planner, Sample};
use vm_autoscale_proxmox::{CpuLimit, VmId};

use super::memory::Memory;
use crate::journal::Samples;
use crate::samples::{Body, Used, VmNeeds, VmUse, who};
use crate::view::{KnownVm, View};

/// So long a block is.
const BLOCK: Duration = Duration::from_secs(300);
/// No two looks lie so far apart unless nobody looked: a machine that slept.
const GAP: Duration = Duration::from_secs(120);
/// So many blocks wait for a journal that takes nothing: an hour. The oldest go first.
const WAITING: usize = 12;
/// From this share on nobody sees how much more would be used.
const SATURATED: f64 = 0.95;

/// The block that is being filled, and those that the journal has not taken yet.
#[derive(Debug, Default)]
pub(super) struct Usage {
    begun: Option<Moment>,
    /// The last look, by both clocks.
    last: (Moment, u64),
    vms: BTreeMap<VmId, Tally>,
    full: VecDeque<Arc<Samples>>,
    /// Bytes of the last block.
    bytes: usize,
}

/// One VM's part of it.
#[derive(Debug, Default)]
struct Tally {
    /// Of its last sample.
    ctime: Option<u64>,
    cpu: Sum,
    memory: Sum,
}

#[derive(Debug, Default)]
struct Sum {
    samples: u32,
    total: f64,
    most: f64,
    plugged: f64,
    saturated: bool,
}

impl Memory {
    /// Takes the new samples of a look.
    pub(super) fn tally(&mut self, now: Moment, wall: u64) {
        let Self { usage, view, planner, .. } = self;
        if now.since(usage.last.0) >= GAP {
            usage.close(view, planner);
        }
        let begun = *usage.begun.get_or_insert(now);
        usage.last = (now, wall);
        if now.since(begun) >= BLOCK {
            usage.close(view, planner);
            usage.begun = Some(now);
        }
        for (vmid, vm) in view.vms.iter().filter(|(_, vm)| vm.held.is_some()) {
            if let Some(sample) = vm.sample {
                usage.vms.entry(*vmid).or_default().add(&sample, cap(vm));
            }
        }
    }
}

impl Usage {
    /// The block ends with the last look.
    pub(super) fn close(&mut self, view: &View, planner: &Planner) {
        let Some(begun) = self.begun.take() else { return };
        let (moment, wall) = self.last;
        let seconds = moment.since(begun).as_secs().try_into().unwrap_or(u32::MAX);
        let mut body = Body::new(self.bytes);
        let mut is_empty = true;
        self.vms.retain(|vmid, tally| {
            let vm = tally.take(*vmid, view);
            let has = vm.cpu.is_some() || vm.memory.is_some();
            if has {
                body.push(&vm, needs(planner.needed(*vmid, begun, moment)));
                is_empty = false;
            }
            // Of one that is still there it is known which sample was its last.
            has || view.vms.contains_key(vmid)
        });
        if is_empty {
            return;
        }
        let body = body.bytes();
        self.bytes = body.len();
        self.full.push_back(Arc::new(Samples { moment, wall, seconds, body }));
        if self.full.len() > WAITING {
            self.full.pop_front();
        }
    }

    /// What the journal is to take.
    pub(super) fn waiting(&self) -> Vec<Arc<Samples>> {
        self.full.iter().cloned().collect()
    }

    /// The journal has taken these.
    pub(super) fn noted(&mut self, taken: &[Arc<Samples>]) {
        self.full.retain(|waiting| !taken.iter().any(|taken| Arc::ptr_eq(taken, waiting)));
    }

    /// The next VM of that number is another one.
    pub(super) fn forget(&mut self, vmid: VmId) {
        self.vms.remove(&vmid);
    }
}

impl Tally {
    fn add(&mut self, sample: &Sample, cap: Option<f64>) {
        let before = self.ctime.replace(sample.ctime);
        // Nobody knows how old the first is; the same again is not news.
        if before.is_none_or(|before| before == sample.ctime) {
            return;
        }
        let (plugged, memory) = (sample.vcpus, sample.memory);
        let most = plugged.map(|vcpus| cap.map_or(vcpus, |cap| vcpus.min(cap)));
        self.cpu.add(sample.cores_used, plugged, most);
        self.memory.add(sample.memory_used, memory, memory);
    }

    /// What it comes to; the next block begins with nothing.
    fn take(&mut self, vmid: VmId, view: &View) -> VmUse {
        let identity = view.vms.get(&vmid).and_then(|vm| vm.identity.as_ref());
        let (cpu, memory) = (std::mem::take(&mut self.cpu), std::mem::take(&mut self.memory));
        VmUse { vmid, who: who(identity), cpu: cpu.used(1000.0), memory: memory.used(1.0) }
    }
}

impl Sum {
    /// What was not measured is not there; zero is what Proxmox says where it measured nothing.
    fn add(&mut self, used: Option<f64>, plugged: Option<f64>, most: Option<f64>) {
        let (Some(used), Some(plugged), Some(most)) = (used, plugged, most) else { return };
        if used <= 0.0 {
            return;
        }
        self.samples = self.samples.saturating_add(1);
        self.total += used;
        self.most = self.most.max(used);
        self.plugged = plugged;
        self.saturated |= used >= SATURATED * most;
    }

    /// In so many parts of what was measured.
    fn used(self, parts: f64) -> Option<Used> {
        let Self { samples, total, most, plugged, saturated } = self;
        let (mean, most) = (whole(total / f64::from(samples.max(1)) * parts), whole(most * parts));
        let used = Used { samples, mean, most: most.max(mean), plugged: whole(plugged), saturated };
        (samples > 0).then_some(used)
    }
}

/// In the parts that are noted, and no less.
fn needs([cpu, memory]: [Option<Needed>; 2]) -> VmNeeds {
    let parts = |cores: f64| whole((1000.0 * cores).ceil());
    VmNeeds {
        cpu: cpu.map(|Needed { most, jumps }| (parts(most), parts(jumps))),
        memory: memory.map(|Needed { most, .. }| whole(most.ceil())),
    }
}

/// More than this it gets at no time, whatever is plugged.
fn cap(vm: &KnownVm) -> Option<f64> {
    match vm.config.as_ref()?.config.cpulimit {
        CpuLimit::Unlimited => None,
        limit @ CpuLimit::Hundredths(_) => Some(limit.into()),
    }
}

#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a saturating cast is what is meant, and std offers no other way"
)]
fn whole(value: f64) -> u32 {
    value.round() as u32
}

#[cfg(test)]
pub(super) mod tests;
