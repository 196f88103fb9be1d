//! What a worker remembers from cycle to cycle.

use std::collections::BTreeMap;
use std::time::Duration;

use vm_autoscale_planner::{Decision, Moment, Move, Planner, PlannerConfig};
use vm_autoscale_proxmox::VmId;

use crate::act::Settled;
use crate::outcome::own_pending;
use crate::view::{InFlight, View};
use crate::{Intent, Outcome};

/// A command whose end was not seen may be at work still, and fail, and leave its value then.
const UNSURE: Duration = Duration::from_secs(600);

/// What a change of ours may have left.
struct Duty {
    step: Move,
    /// Until then it may still come.
    until: Moment,
}

/// All of it.
pub(super) struct Memory {
    pub(super) planner: Planner,
    pub(super) view: View,
    pub(super) decisions: Vec<Decision>,
    pub(super) in_flight: InFlight,
    /// What changes of ours may have left in `[PENDING]`: cleared wherever the VM turns up.
    duties: BTreeMap<VmId, Duty>,
    pub(super) generation: u64,
    pub(super) looks: u64,
    pub(super) problem: Option<String>,
}

impl Memory {
    pub(super) fn new(config: PlannerConfig, generation: u64) -> Self {
        Self {
            planner: Planner::new(config),
            view: View::default(),
            decisions: Vec::new(),
            in_flight: InFlight::new(),
            duties: BTreeMap::new(),
            generation,
            looks: 0,
            problem: None,
        }
    }

    /// Nothing that is remembered of a number holds for the next VM of it.
    pub(super) fn forget_strangers(&mut self) {
        for vmid in self.view.take_strangers() {
            self.planner.forget(vmid);
            self.duties.remove(&vmid);
        }
    }

    /// A change has ended; `None` when only a leftover was cleared.
    pub(super) fn ended(&mut self, now: Moment, intent: Intent, settled: Option<Settled>) {
        let Intent { vmid, step, identity, .. } = intent;
        self.in_flight.remove(&vmid);
        // Whatever was known of its config is of before the change.
        if let Some(vm) = self.view.vms.get_mut(&vmid) {
            vm.config = None;
        }
        let Some(Settled { outcome, duty, .. }) = settled else { return };
        if matches!(outcome, Outcome::Gone | Outcome::Replaced) {
            self.planner.forget(vmid);
            self.duties.remove(&vmid);
            self.view.forget(vmid);
        } else if self.view.is_still(vmid, identity.as_ref()) {
            if outcome.starts_cooldown() {
                self.planner.changed(vmid, step.resource(), !outcome.is_setback(), now);
            }
            if duty {
                let unsure = matches!(outcome, Outcome::Unknown | Outcome::Moved { .. });
                let until = if unsure { now.after(UNSURE) } else { now };
                self.duties.insert(vmid, Duty { step, until });
            }
        }
    }

    /// The leftovers that can be cleared now: still exactly what we asked. Those of VMs that are
    /// other ones now are forgotten by then.
    pub(super) fn due(&mut self, now: Moment) -> Vec<(VmId, Move)> {
        let Self { view, duties, in_flight, .. } = self;
        let mut due = Vec::new();
        duties.retain(|vmid, Duty { step, until }| {
            let Some(vm) = view.vms.get(vmid) else { return false };
            let reachable = !view.offline.contains(&vm.node) && vm.ha_move.is_none();
            let at_hand = vm.seen && reachable && !in_flight.contains_key(vmid);
            let Some(known) = vm.current().filter(|_| at_hand) else { return true };
            if !own_pending(*step, &known.config) {
                return now < *until;
            }
            if known.config.lock.is_none() {
                due.push((*vmid, *step));
            }
            true
        });
        due
    }
}

#[cfg(test)]
mod tests;
