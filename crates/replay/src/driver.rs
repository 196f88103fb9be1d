//! The real planner at the wheel: what is seen becomes its samples, what it decides is asked for.
//!
//! What a replay cannot know is off here, whatever the policy says: nobody else changes a VM, so
//! that nothing is held for that; there was no start to wait after; and no guest is new, leaves
//! unused what it is given, or moves by another lever than vCPUs and DIMMs. A change is over
//! exactly where a sample ends, so that the next one is believed ([`Planner::landed`]); on a node
//! the first sample after a change never is.

mod driven;
mod rooms;

use std::time::Duration;

use vm_autoscale_planner::{Decision, Moment, Planner, PlannerConfig, VmInput, VmPolicy};

use vm_autoscale_proxmox::VmId;

use crate::{Ask, Error, Fleet, Policy, Seen};
use driven::Driven;
use rooms::Rooms;

/// What holds for every VM. The bounds are narrowed by what its owner has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rules {
    /// For VMs.
    pub policy: VmPolicy,
    /// For hosts.
    pub planner: PlannerConfig,
}

/// A planner with a fleet.
#[derive(Debug)]
pub struct Driver {
    planner: Planner,
    vms: Vec<Driven>,
    rooms: Rooms,
    decisions: Vec<Decision>,
    /// When the last sample ended.
    last: Moment,
}

impl Driver {
    /// For a fleet that nothing is known of yet.
    ///
    /// # Errors
    /// More VMs than there are numbers.
    pub fn new(fleet: &Fleet, rules: &Rules) -> Result<Self, Error> {
        let bad = |what: vm_autoscale_proxmox::Error| Error::World(what.to_string());
        let (rooms, nodes) = Rooms::new(fleet).map_err(bad)?;
        let vms = fleet.vms.iter().zip(nodes).enumerate();
        let vms = vms.map(|(at, (owned, node))| Driven::new(at, owned, rules.policy, node));
        Ok(Self {
            planner: Planner::new(rules.planner),
            vms: vms.collect::<Result<_, _>>().map_err(bad)?,
            rooms,
            decisions: Vec::new(),
            last: Moment::default(),
        })
    }
}

impl Driver {
    /// Guests that are asked say what the trace has. As in the daemon, what waited for an answer is
    /// decided within the cycle.
    fn answer(&mut self, now: Moment) {
        let asked: Vec<usize> = self.planner.questions().iter().copied().map(index).collect();
        let mut inputs = Vec::with_capacity(asked.len());
        for vm in asked.iter().filter_map(|at| self.vms.get(*at)) {
            self.planner.told(vm.vmid, now, vm.says());
            inputs.push(vm.input());
        }
        if inputs.is_empty() {
            return;
        }
        let mut again = Vec::new();
        self.planner.plan_again(now, &inputs, &mut again);
        for (at, decision) in asked.into_iter().zip(again) {
            let decided = self.decisions.get_mut(at).filter(|decided| decided.act().is_none());
            if let Some(decided) = decided.filter(|_| decision.act().is_some()) {
                *decided = decision;
            }
        }
    }
}

/// A VM's place by its number, see [`Driven::new`].
fn index(vmid: VmId) -> usize {
    usize::try_from(vmid.get().saturating_sub(100)).unwrap_or(usize::MAX)
}

impl Policy for Driver {
    fn step(&mut self, t: f64, seen: &[Seen], asks: &mut Vec<Ask>) {
        let now = Moment(Duration::try_from_secs_f64(t).unwrap_or_default());
        self.rooms.look(seen);
        for (vm, seen) in self.vms.iter_mut().zip(seen) {
            if let Some((step, is_done)) = vm.ended(seen) {
                self.planner.landed(vm.vmid, step, is_done, self.last);
            }
            vm.look(now, seen);
        }
        let inputs: Vec<VmInput<'_>> = self.vms.iter().map(Driven::input).collect();
        self.planner.plan(now, &inputs, &self.rooms.nodes, &mut self.decisions);
        drop(inputs);
        self.answer(now);
        for (at, (vm, decision)) in self.vms.iter_mut().zip(&self.decisions).enumerate() {
            if let Some((step, _)) = decision.act() {
                asks.extend(vm.ask(at, step));
            }
        }
        self.last = now;
    }
}

#[cfg(test)]
mod tests;
