//! The decisions of one cluster.

use std::collections::{BTreeMap, BTreeSet};

use vm_autoscale_proxmox::VmId;

use crate::decision::{Choice, Decision, Move, Resource, Verdict};
use crate::host::Room;
use crate::input::Nodes;
use crate::state::State;
use crate::{Allow, Moment, PlannerConfig, Reason, VmInput};

/// What outlives a cycle: which samples were seen, and when what was changed.
#[derive(Debug)]
pub struct Planner {
    config: PlannerConfig,
    vms: BTreeMap<VmId, State>,
    /// Until then nothing acts: what happened before the start is not known.
    held_until: Moment,
}

impl Planner {
    /// A planner that knows nothing yet.
    #[must_use]
    pub fn new(config: PlannerConfig) -> Self {
        Self { config, vms: BTreeMap::new(), held_until: Moment::default() }
    }

    /// After a start of ours or of the helper's: nothing acts before one cooldown.
    pub fn started(&mut self, now: Moment) {
        self.held_until = now.after(self.config.cooldown);
    }

    /// A change of this resource has ended, well or not.
    pub fn changed(&mut self, vmid: VmId, resource: Resource, now: Moment) {
        let cooldown_until = now.after(self.config.cooldown);
        let state = self.vms.entry(vmid).or_default();
        state.evidence.changed();
        state.forget_low();
        state.of(resource).cooldown_until = cooldown_until;
    }

    /// Decides on every VM, in the order given, into `decisions`. What is not given any more is
    /// forgotten.
    pub fn plan(
        &mut self,
        now: Moment,
        vms: &[VmInput<'_>],
        nodes: &Nodes,
        decisions: &mut Vec<Decision>,
    ) {
        decisions.clear();
        let config = self.config;
        let mut room = Room::new(&config, nodes);
        for vm in vms {
            let state = self.vms.entry(vm.vmid).or_default();
            let wishes = state.wishes(now, vm, &config);
            let held = self.held_until;
            let [cpu, memory] = wishes.map(|wish| match wish {
                Ok((step, reason)) => finish(now, vm, held, &room, state, step, reason),
                Err(reason) => Choice::hold(reason),
            });
            let decision = one_at_a_time(vm.vmid, cpu, memory);
            if let Some((step, _)) = decision.act() {
                room.grant(vm.node, step);
            }
            decisions.push(decision);
        }
        if self.vms.len() > vms.len() {
            let given: BTreeSet<VmId> = vms.iter().map(|vm| vm.vmid).collect();
            self.vms.retain(|vmid, _| given.contains(vmid));
        }
    }
}

/// Who may still forbid it: the start, the cooldown, the node, the mode.
fn finish(
    now: Moment,
    vm: &VmInput<'_>,
    held_until: Moment,
    room: &Room<'_>,
    state: &State,
    step: Move,
    reason: Reason,
) -> Choice {
    let cooldown_until = match step.resource() {
        Resource::Cpu => state.cpu.cooldown_until,
        Resource::Memory => state.memory.cooldown_until,
    };
    if now < held_until {
        return Choice::hold(Reason::Started(held_until.since(now)));
    }
    if now < cooldown_until {
        return Choice::hold(Reason::Cooldown(cooldown_until.since(now)));
    }
    if let Err(reason) = room.check(vm.node, step) {
        return Choice::hold(reason);
    }
    let allowed = match vm.policy.allow {
        Allow::Nothing => false,
        Allow::Growth => step.is_growth(),
        Allow::Everything => true,
    };
    Choice { verdict: if allowed { Verdict::Act(step) } else { Verdict::Recommend(step) }, reason }
}

/// Of two changes the one that adds comes first, then vCPUs; the other waits for a later cycle.
fn one_at_a_time(vmid: VmId, mut cpu: Choice, mut memory: Choice) -> Decision {
    if let (Some(cpu_step), Some(memory_step)) = (cpu.act(), memory.act()) {
        let memory_first = memory_step.is_growth() && !cpu_step.is_growth();
        let waits = if memory_first { &mut cpu } else { &mut memory };
        *waits = Choice::hold(Reason::OneAtATime);
    }
    Decision { vmid, cpu, memory }
}

#[cfg(test)]
mod tests;
