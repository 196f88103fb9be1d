//! What it would ask for, told to whoever wants to know: a copy of what is remembered is asked.

use vm_autoscale_proxmox::VmConfig;

use super::guest::NOTHING;
use super::{State, Wanted};
use crate::{Moment, Resource, VmInput, VmPolicy, Waits};

impl State {
    /// What the last sample asks for, also in a moment that is none to decide in.
    pub(crate) fn asks(
        &self,
        now: Moment,
        vm: &VmInput<'_>,
        config: &VmConfig,
        resource: Resource,
    ) -> Wanted {
        let mut state = self.clone();
        // The last judgement is made once more, not the next one.
        state.cpu.low = state.cpu.low.before();
        state.memory.low = state.memory.low.before();
        state.cpu_sense.iter_mut().for_each(|sense| sense.at_round());
        state.memory_sense.iter_mut().for_each(|sense| sense.at_round());
        let sample = vm.sample.as_ref().unwrap_or(&NOTHING);
        let wanted = match resource {
            Resource::Cpu => state.cpu(now, vm, config, sample),
            Resource::Memory => state.memory(now, vm, config, sample),
        };
        state.within_reach(now, wanted)
    }

    /// What holds it as a whole, whatever it uses.
    pub(crate) fn waits(&self, now: Moment, policy: &VmPolicy) -> Waits {
        let due = self.checked.map(|at| at.after(policy.check_interval)).unwrap_or_default();
        Waits {
            others: self.held_for_others(now, policy.external_change_hold),
            check: (now < due).then(|| due.since(now)),
        }
    }
}
