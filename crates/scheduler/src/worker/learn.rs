//! What VMs used before the start is played to their rules, as the journal has it, so that a restart
//! keeps what they learnt: in a thread of its own, which no look and no decision waits for.
//!
//! Until it is known a rule knows what it has seen since the start, and takes nothing by that before
//! a whole window: what comes late comes in time.

use std::collections::BTreeSet;
use std::path::Path;

use tokio::task::spawn_blocking;
use vm_autoscale_planner::{Moment, Needed, Past, PastBlock, PastUse};
use vm_autoscale_proxmox::{ClusterName, VmId};

use super::Worker;
use super::begin::{Done, Finished};
use super::memory::Memory;
use crate::journal::blocks_beside;
use crate::samples::{Reader, Used, VmNeeds, VmUse, who};
use crate::view::KnownVm;
use crate::{Clock, Helper, Journal, JournalError};

/// So many VMs are taught in a cycle: what they learn, 1.5 KiB each, is there beside what they
/// have seen since the start until it is theirs.
const AT_ONCE: usize = 1000;
/// Of so many bytes of blocks: two days of 5,000 VMs, all 30 of 300.
const BYTES: u64 = 64 << 20;

/// A VM that is taught.
pub(super) struct Pupil {
    vmid: VmId,
    /// As what was noted says it.
    who: u32,
    past: Past,
}

/// Who is still to be taught.
#[derive(Debug, Default)]
pub(super) struct Lessons {
    absent: BTreeSet<VmId>,
    /// Some are.
    is_on: bool,
    /// What was noted later was noted by this process.
    until: Moment,
}

impl Lessons {
    /// A process of before knew that VM; what it noted lies before `until`.
    pub(super) fn expect(&mut self, vmid: VmId, until: Moment) {
        self.absent.insert(vmid);
        self.until = until;
    }

    /// The next VM of that number is another one.
    pub(super) fn forget(&mut self, vmid: VmId) {
        self.absent.remove(&vmid);
    }
}

impl<C: Clock, H: Helper, J: Journal> Worker<C, H, J> {
    /// Begins to teach those of whom it is known by now who they are.
    pub(super) fn learn(&self, memory: &mut Memory, done: &Done) {
        let Some(path) = self.journal.file().map(Path::to_owned) else { return };
        let pupils = memory.pupils();
        if pupils.is_empty() {
            return;
        }
        let (cluster, until) = (self.care.cluster.clone(), memory.lessons.until);
        let done = done.clone();
        let teach = move || {
            // Only a worker that stopped no longer listens.
            let _ = done.send(Finished::Learnt(taught(&path, &cluster, until, pupils)));
        };
        drop(spawn_blocking(teach));
    }
}

impl Memory {
    /// In the order of their numbers; none while others are taught.
    fn pupils(&mut self) -> Vec<Pupil> {
        let Self { lessons, view, .. } = self;
        if lessons.is_on {
            return Vec::new();
        }
        let pupil = |vmid: &VmId| Pupil::of(*vmid, view.vms.get(vmid)?);
        let pupils: Vec<Pupil> = lessons.absent.iter().filter_map(pupil).take(AT_ONCE).collect();
        for pupil in &pupils {
            lessons.absent.remove(&pupil.vmid);
        }
        lessons.is_on = !pupils.is_empty();
        pupils
    }

    /// They have been taught.
    pub(super) fn learnt(
        &mut self,
        now: Moment,
        wall: u64,
        taught: Result<Vec<Pupil>, JournalError>,
    ) {
        self.lessons.is_on = false;
        match taught {
            Ok(pupils) => {
                for Pupil { vmid, who, past } in pupils {
                    // Another VM may have come meanwhile.
                    if self.view.vms.get(&vmid).is_some_and(|vm| identity(vm) == Some(who)) {
                        self.planner.learn(vmid, past, now, wall);
                    }
                }
            }
            Err(error) => tracing::warn!(
                kind = "not-learnt",
                "what VMs used before the start cannot be read, and nothing is taken before a whole window was seen: {error}"
            ),
        }
    }
}

impl Pupil {
    /// Nothing where it is not known yet who it is and by which rules, or where these learn nothing.
    fn of(vmid: VmId, vm: &KnownVm) -> Option<Self> {
        vm.config.as_ref()?;
        let (who, past) = (identity(vm)?, Past::new(vm.policy()?)?);
        Some(Self { vmid, who, past })
    }
}

/// Nobody inherits from somebody of whom it is not known who he was.
fn identity(vm: &KnownVm) -> Option<u32> {
    Some(who(vm.identity.as_ref())).filter(|who| *who != 0)
}

/// Plays what was noted to those whose it is.
fn taught(
    path: &Path,
    cluster: &ClusterName,
    until: Moment,
    mut pupils: Vec<Pupil>,
) -> Result<Vec<Pupil>, JournalError> {
    let mut heard = Vec::new();
    blocks_beside(path, cluster, (until, BYTES), |times, vms| {
        heard.clear();
        if listen(&pupils, vms, &mut heard).is_some() {
            for (at, vm, needs) in &heard {
                if let Some(pupil) = pupils.get_mut(*at) {
                    pupil.past.see(&block(times, vm, *needs));
                }
            }
        }
    })?;
    Ok(pupils)
}

/// What of a block is the pupils': both are in the order of their numbers. A torn one is not
/// believed in part.
fn listen(
    pupils: &[Pupil],
    vms: Reader<'_>,
    heard: &mut Vec<(usize, VmUse, VmNeeds)>,
) -> Option<()> {
    let mut rest = pupils.iter().enumerate().peekable();
    for vm in vms {
        let (vm, needs) = vm.ok()?;
        while rest.next_if(|(_, pupil)| pupil.vmid < vm.vmid).is_some() {}
        if let Some((at, _)) = rest.next_if(|(_, it)| it.vmid == vm.vmid && it.who == vm.who) {
            heard.push((at, vm, needs));
        }
    }
    Some(())
}

/// As the rules take it.
fn block((end, wall, seconds): (Moment, u64, u32), vm: &VmUse, needs: VmNeeds) -> PastBlock {
    let cpu = needs.cpu.map(|(most, jumps)| [most, jumps]);
    let memory = needs.memory.map(|most| [most, 0]);
    let (cpu, memory) = (used(vm.cpu, 1000.0, cpu), used(vm.memory, 1.0, memory));
    PastBlock { end, wall, seconds, cpu, memory }
}

/// In so many parts of what was measured.
fn used(used: Option<Used>, parts: f64, needed: Option<[u32; 2]>) -> Option<PastUse> {
    let of = |figure: u32| f64::from(figure) / parts;
    let needed = needed.map(|[most, jumps]| Needed { most: of(most), jumps: of(jumps) });
    let Used { samples, mean, most, .. } = used?;
    Some(PastUse { samples, mean: of(mean), most: of(most), needed })
}

#[cfg(test)]
mod tests;
