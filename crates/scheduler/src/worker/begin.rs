//! What a cycle begins: changes, and whatever belongs to earlier ones. Each goes on by itself, and
//! its end comes back to the worker.

use tokio::sync::mpsc;
use vm_autoscale_planner::{Move, Resource};
use vm_autoscale_proxmox::{VmConfig, VmId};

use super::Worker;
use super::memory::{Memory, Suspect};
use crate::act::{Settled, carry_out, clear, compare, reconcile};
use crate::view::KnownVm;
use crate::{Clock, Helper, Intent, Journal};

pub(super) type Done = mpsc::UnboundedSender<Finished>;

/// What has ended.
pub(super) enum Finished {
    /// A change.
    Changed { intent: Intent, settled: Settled },
    /// Something was done about a leftover.
    Cleared(VmId),
    /// QEMU and config were compared: nothing where QEMU does not run or nobody said.
    Compared { suspect: Suspect, sizes: Option<(u32, u32)> },
}

impl<C: Clock, H: Helper, J: Journal> Worker<C, H, J> {
    /// Begins what is to be done now, unless something stands against everything.
    pub(super) fn act(&self, memory: &mut Memory, suspects: Vec<Suspect>, done: &Done) {
        let unseen = memory.problem.is_some() || memory.journal.is_some() || !memory.recalled;
        if unseen || !memory.view.quorate || memory.view.pause.is_some() {
            return;
        }
        self.settle_open(memory, done);
        self.clear_leftovers(memory, done);
        self.compare(memory, suspects, done);
        for decision in &memory.decisions {
            let Some((step, reason)) = decision.act() else { continue };
            let Some(vm) = memory.view.vms.get(&decision.vmid) else { continue };
            let Some(known) = &vm.config else { continue };
            // Something of before has just begun on it.
            if memory.in_flight.contains_key(&decision.vmid) {
                continue;
            }
            let intent = self.intent(decision.vmid, vm, step, reason.to_string());
            memory.in_flight.insert(decision.vmid, vm.node.clone());
            let (clock, helper, journal) =
                (self.clock.clone(), self.helper.clone(), self.journal.clone());
            let (digest, done) = (known.digest.clone(), done.clone());
            let held = self.held(memory.view.nameable(decision.vmid));
            tokio::spawn(async move {
                let ports = (&clock, &helper, &journal);
                let settled = carry_out(ports, &intent, digest, held).await;
                // Only a worker that stopped without waiting no longer listens.
                let _ = done.send(Finished::Changed { intent, settled });
            });
        }
    }

    /// Settles what a process of before had begun, by what is there; one a VM at a time.
    fn settle_open(&self, memory: &mut Memory, done: &Done) {
        let Memory { open, in_flight, view, .. } = memory;
        open.retain(|(id, intended, intent)| {
            let paused = view.vms.get(&intent.vmid).is_some_and(|vm| vm.pause.is_some());
            if paused || in_flight.contains_key(&intent.vmid) {
                return true;
            }
            in_flight.insert(intent.vmid, intent.node.clone());
            let (clock, helper, journal) =
                (self.clock.clone(), self.helper.clone(), self.journal.clone());
            let (id, intended, intent, done) = (*id, *intended, intent.clone(), done.clone());
            tokio::spawn(async move {
                let ports = (&clock, &helper, &journal);
                let settled = reconcile(ports, (id, intended), &intent).await;
                let _ = done.send(Finished::Changed { intent, settled });
            });
            false
        });
    }

    /// Clears what earlier changes left pending.
    fn clear_leftovers(&self, memory: &mut Memory, done: &Done) {
        for (vmid, step) in memory.due(self.clock.now()) {
            let Some(vm) = memory.view.vms.get(&vmid) else { continue };
            let Some(known) = &vm.config else { continue };
            let intent = self.intent(vmid, vm, step, "a leftover".to_owned());
            let (helper, digest, done) = (self.helper.clone(), known.digest.clone(), done.clone());
            memory.in_flight.insert(vmid, vm.node.clone());
            tokio::spawn(async move {
                clear(&helper, &intent, digest).await;
                let _ = done.send(Finished::Cleared(vmid));
            });
        }
    }

    /// Asks QEMU of those whose config may say something else.
    fn compare(&self, memory: &mut Memory, suspects: Vec<Suspect>, done: &Done) {
        for suspect in suspects {
            let Suspect { vmid, resource } = suspect;
            let Some(vm) = memory.view.vms.get(&vmid) else { continue };
            let step = vm.current().and_then(|known| as_is(resource, &known.config));
            let Some(step) = step.filter(|_| !memory.in_flight.contains_key(&vmid)) else {
                continue;
            };
            let intent = self.intent(vmid, vm, step, String::new());
            memory.in_flight.insert(vmid, vm.node.clone());
            let (clock, helper, done) = (self.clock.clone(), self.helper.clone(), done.clone());
            tokio::spawn(async move {
                let sizes = compare((&clock, &helper), &intent).await.unwrap_or_else(|why| {
                    tracing::warn!(vmid = %intent.vmid, "QEMU and config cannot be compared: {why}");
                    None
                });
                let _ = done.send(Finished::Compared { suspect, sizes });
            });
        }
    }

    pub(super) fn intent(&self, vmid: VmId, vm: &KnownVm, step: Move, reason: String) -> Intent {
        let (cluster, node, identity) =
            (self.care.cluster.clone(), vm.node.clone(), vm.identity.clone());
        Intent { cluster, node, vmid, step, identity, reason }
    }
}

/// No move at all: only what it is about counts.
fn as_is(resource: Resource, config: &VmConfig) -> Option<Move> {
    let (vcpus, memory) = (config.plugged_vcpus().ok()?, config.memory);
    Some(match resource {
        Resource::Cpu => Move::Cpu { from: vcpus, to: vcpus },
        Resource::Memory => Move::Memory { from: memory, to: memory },
    })
}
