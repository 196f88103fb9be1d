//! What guests are asked of their memory: beside all else. Neither a look nor a change waits for it.

use std::time::Duration;

use tracing::Instrument as _;
use vm_autoscale_planner::{GuestAnswer, GuestSays, Moment, QUESTIONS};
use vm_autoscale_protocol::{Executed, Request, RunningQuery};
use vm_autoscale_proxmox::{Identity, NodeName, VmId, is_not_running, parse_guest_stats};

use super::Worker;
use super::begin::{Done, Finished, stands_still};
use super::memory::Memory;
use crate::{AskError, Clock, Helper, Journal};

/// So many at once, in the cluster and on a node: what belongs to a change is read through the
/// same places, and is not to wait behind more.
const AT_ONCE: usize = QUESTIONS;
const OF_NODE: usize = 2;
/// An answer that takes longer is of no use for a decision.
const PATIENCE: Duration = Duration::from_secs(15);

/// Who was asked.
pub(super) struct Question {
    pub(super) vmid: VmId,
    pub(super) node: NodeName,
    pub(super) identity: Option<Identity>,
}

impl<C: Clock, H: Helper, J: Journal> Worker<C, H, J> {
    /// Asks those of whom the planner wants to know.
    pub(super) fn ask_guests(&self, memory: &mut Memory, done: &Done) {
        let Memory { planner, view, asked, in_flight, .. } = memory;
        for vmid in planner.questions() {
            let Some(vm) = view.vms.get(vmid).filter(|_| !in_flight.contains_key(vmid)) else {
                continue;
            };
            let of_node = asked.values().filter(|node| **node == vm.node).count();
            if asked.contains_key(vmid) || asked.len() >= AT_ONCE || of_node >= OF_NODE {
                continue;
            }
            asked.insert(*vmid, vm.node.clone());
            let question =
                Question { vmid: *vmid, node: vm.node.clone(), identity: vm.identity.clone() };
            let request = Request::ReadRunning {
                cluster: self.care.cluster.clone(),
                node: vm.node.clone(),
                vmid: *vmid,
                query: RunningQuery::GuestMemory,
            };
            let (clock, helper, done) = (self.clock.clone(), self.helper.clone(), done.clone());
            let said = async move {
                let answer = ask(&clock, &helper, &request, question.vmid).await;
                // Only a worker that stopped no longer listens.
                let _ = done.send(Finished::Said { question, answer });
            };
            tokio::spawn(said.instrument(tracing::Span::current()));
        }
    }

    /// A guest said what it needs: what waited for that is done now, not after the next look.
    pub(super) fn decide_now(&self, memory: &mut Memory, vmid: VmId, done: &Done) {
        if stands_still(memory) {
            return;
        }
        let Memory { planner, view, decisions, in_flight, .. } = memory;
        let now = self.clock.now();
        let Some(vm) = view.vm_input(vmid, in_flight) else { return };
        let mut decided = Vec::new();
        planner.plan_again(now, &[vm], &mut decided);
        for decision in decided.into_iter().filter(|decision| decision.act().is_some()) {
            self.change((view, in_flight), &decision, done);
            if let Some(shown) = decisions.iter_mut().find(|shown| shown.vmid == vmid) {
                *shown = decision;
            }
        }
    }
}

impl Memory {
    /// A question has ended. What a VM said that moved meanwhile, or that is being changed, is of
    /// before. Whether it said something.
    pub(super) fn said(
        &mut self,
        now: Moment,
        question: &Question,
        answer: Option<GuestAnswer>,
    ) -> bool {
        let Question { vmid, node, identity } = question;
        self.asked.remove(vmid);
        let stays = self.view.vms.get(vmid).is_some_and(|vm| vm.node == *node)
            && self.view.is_still(*vmid, identity.as_ref())
            && !self.in_flight.contains_key(vmid);
        let Some(answer) = answer.filter(|_| stays) else { return false };
        self.planner.told(*vmid, now, answer);
        true
    }
}

/// Nothing where the guest was not asked at all.
pub(super) async fn ask<C: Clock, H: Helper>(
    clock: &C,
    helper: &H,
    request: &Request,
    vmid: VmId,
) -> Option<GuestAnswer> {
    let answer = tokio::select! {
        biased;
        answer = helper.execute(request) => answer,
        () = clock.sleep_until(clock.now().after(PATIENCE)) => return Some(GuestAnswer::Silent),
    };
    match answer {
        Ok(executed) => heard(&executed, vmid),
        Err(AskError::NotAsked(_) | AskError::Held(_) | AskError::Differs(_)) => None,
        Err(error) => {
            tracing::debug!(%vmid, "what its guest has available: {error}");
            Some(GuestAnswer::Silent)
        }
    }
}

/// What the monitor printed.
fn heard(executed: &Executed, vmid: VmId) -> Option<GuestAnswer> {
    if is_not_running(&executed.stdout, vmid) || is_not_running(&executed.stderr, vmid) {
        return None;
    }
    let stats = parse_guest_stats(&executed.stdout).ok().filter(|_| executed.exit == 0);
    let says = stats.and_then(|stats| {
        Some(GuestSays {
            total: stats.total?,
            available: stats.available?,
            free: stats.free,
            swapped: stats.swapped,
            major_faults: stats.major_faults,
            at: stats.last_update,
        })
    });
    Some(says.map_or(GuestAnswer::Silent, GuestAnswer::Says))
}
