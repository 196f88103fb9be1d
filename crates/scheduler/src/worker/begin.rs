//! What a cycle begins: changes, and whatever belongs to earlier ones. Each goes on by itself, and
//! its end comes back to the worker.

use tokio::sync::mpsc;
use tracing::Instrument as _;
use vm_autoscale_planner::{CHANGES_PER_NODE, Decision, GuestAnswer, Move, Resource};
use vm_autoscale_proxmox::{NodeName, VmConfig, VmId};

use super::Worker;
use super::errands::Stepped;
use super::learn::Pupil;
use super::memory::{Memory, Suspect};
use super::questions::Question;
use crate::act::{Settled, carry_out, clear, compare, reconcile};
use crate::view::{InFlight, KnownVm, View, changing};
use crate::{Clock, Helper, Intent, Journal, JournalError};

pub(super) type Done = mpsc::UnboundedSender<Finished>;

/// What has ended.
pub(super) enum Finished {
    /// A change.
    Changed { id: Option<u64>, intent: Intent, settled: Settled },
    /// Whether a guest's agent answered, when it was asked after a change.
    Heard { vmid: VmId, agent: bool },
    /// A step of what an administrator ordered.
    Stepped(Box<Stepped>),
    /// Something was done about a leftover.
    Cleared(VmId),
    /// QEMU and config were compared: nothing where QEMU does not run or nobody said.
    Compared { suspect: Suspect, sizes: Option<(u32, u32)> },
    /// A guest was asked: nothing where it could not be.
    Said { question: Question, answer: Option<GuestAnswer> },
    /// What VMs used before the start was played to their rules.
    Learnt(Result<Vec<Pupil>, JournalError>),
}

impl<C: Clock, H: Helper, J: Journal> Worker<C, H, J> {
    /// Begins what is to be done now, unless something stands against everything.
    pub(super) fn act(&self, memory: &mut Memory, suspects: Vec<Suspect>, done: &Done) {
        if stands_still(memory) {
            return;
        }
        self.settle_open(memory, done);
        self.clear_leftovers(memory, done);
        self.compare(memory, suspects, done);
        let Memory { view, in_flight, decisions, .. } = memory;
        for decision in decisions {
            self.change((view, in_flight), decision, done);
        }
        self.ask_guests(memory, done);
    }

    /// Begins what is decided on one VM, if anything.
    pub(super) fn change(
        &self,
        (view, in_flight): (&View, &mut InFlight),
        decision: &Decision,
        done: &Done,
    ) {
        let Some((step, _)) = decision.act() else { return };
        let Some(vm) = view.vms.get(&decision.vmid) else { return };
        let Some(known) = &vm.config else { return };
        // Something of before has just begun on it, or takes its node's last channel.
        if in_flight.contains_key(&decision.vmid) || is_full(in_flight, &vm.node) {
            return;
        }
        let intent = self.intent(decision.vmid, vm, step, decision.on(step.resource()).why());
        let (clock, helper, journal) = self.ports();
        let digest = known.digest.clone();
        let held = self.held(view.nameable(&self.care.cluster, decision.vmid));
        let heard = done.clone();
        begin(in_flight, done, &intent.clone(), async move {
            let ports = (&clock, &helper, &journal);
            let (id, settled, agent) = carry_out(ports, &intent, digest, held).await;
            if let Some(agent) = agent {
                // Only a worker that stopped no longer listens.
                let _ = heard.send(Finished::Heard { vmid: intent.vmid, agent });
            }
            Finished::Changed { id, intent, settled }
        });
    }

    /// Settles what a process of before had begun, by what is there; one a VM at a time.
    fn settle_open(&self, memory: &mut Memory, done: &Done) {
        let Memory { open, in_flight, view, .. } = memory;
        open.retain(|(id, intended, intent)| {
            let paused = view.vms.get(&intent.vmid).is_some_and(|vm| vm.pause.is_some());
            let busy = in_flight.contains_key(&intent.vmid) || is_full(in_flight, &intent.node);
            if paused || busy {
                return true;
            }
            let (clock, helper, journal) = self.ports();
            let (id, intended, known) = (*id, *intended, intent.clone());
            begin(in_flight, done, intent, async move {
                let ports = (&clock, &helper, &journal);
                let settled = reconcile(ports, (id, intended), &known).await;
                Finished::Changed { id: Some(id), intent: known, settled }
            });
            false
        });
    }

    /// Clears what earlier changes left pending.
    fn clear_leftovers(&self, memory: &mut Memory, done: &Done) {
        for (vmid, step) in memory.due(self.clock.now()) {
            let Some(vm) = memory.view.vms.get(&vmid) else { continue };
            let Some(known) = &vm.config else { continue };
            if is_full(&memory.in_flight, &vm.node) {
                continue;
            }
            let intent = self.intent(vmid, vm, step, "a leftover".to_owned());
            let (helper, digest) = (self.helper.clone(), known.digest.clone());
            begin(&mut memory.in_flight, done, &intent.clone(), async move {
                clear(&helper, &intent, digest).await;
                Finished::Cleared(vmid)
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
            let (clock, helper, _) = self.ports();
            begin(&mut memory.in_flight, done, &intent.clone(), async move {
                let sizes = compare((&clock, &helper), &intent).await.unwrap_or_else(|why| {
                    tracing::warn!(
                        kind = "not-compared",
                        "QEMU and config cannot be compared: {why}"
                    );
                    None
                });
                Finished::Compared { suspect, sizes }
            });
        }
    }

    pub(super) fn ports(&self) -> (C, H, J) {
        (self.clock.clone(), self.helper.clone(), self.journal.clone())
    }

    pub(super) fn intent(&self, vmid: VmId, vm: &KnownVm, step: Move, reason: String) -> Intent {
        let (cluster, node, identity) =
            (self.care.cluster.clone(), vm.node.clone(), vm.identity.clone());
        Intent { cluster, node, vmid, step, identity, reason }
    }
}

/// Whether nothing at all is to be begun.
pub(super) fn stands_still(memory: &Memory) -> bool {
    let unseen = memory.problem.is_some() || memory.journal.is_some() || !memory.recalled;
    unseen || !memory.view.quorate || memory.view.pause.is_some()
}

/// Whether nothing more is to be begun on that node for now.
pub(super) fn is_full(in_flight: &InFlight, node: &NodeName) -> bool {
    changing(in_flight, node) >= CHANGES_PER_NODE
}

/// From now on something is under way on that VM; its end comes back through `done`.
pub(super) fn begin(
    in_flight: &mut InFlight,
    done: &Done,
    Intent { vmid, node, cluster, .. }: &Intent,
    work: impl Future<Output = Finished> + Send + 'static,
) {
    in_flight.insert(*vmid, node.clone());
    let done = done.clone();
    // Of the level that is never switched off: its fields belong to each line of the change.
    let span = tracing::error_span!("change", %vmid, %node, %cluster);
    let change = async move {
        // Only a worker that stopped without waiting no longer listens.
        let _ = done.send(work.await);
    };
    tokio::spawn(change.instrument(span));
}

/// No move at all: only what it is about counts.
fn as_is(resource: Resource, config: &VmConfig) -> Option<Move> {
    let (vcpus, memory) = (config.plugged_vcpus().ok()?, config.memory);
    Some(match resource {
        Resource::Cpu => Move::Cpu { from: vcpus, to: vcpus },
        Resource::Memory => Move::Memory { from: memory, to: memory },
    })
}
