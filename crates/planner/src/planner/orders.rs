//! What an administrator orders for one VM: it holds over what the evidence asks for, and keeps to
//! the node's room all the same.

use vm_autoscale_proxmox::VmId;

use super::Planner;
use crate::state::{State, untouchable};
use crate::{Moment, Move, Reason, VmInput};

impl Planner {
    /// From now on the VM is left to whoever carries out this order; without one no more.
    pub fn leave_to(&mut self, vmid: VmId, order: Option<&str>) {
        self.vms.entry(vmid).or_default().order = order.map(Into::into);
    }

    /// Why the VM is not to be touched at all, by whomever.
    #[must_use]
    pub fn obstacle(vm: &VmInput<'_>) -> Option<Reason> {
        untouchable(vm).err()
    }

    /// Whether somebody else changed the VM's size since then, as far as was seen.
    #[must_use]
    pub fn is_changed_by_others(&self, vmid: VmId, since: Moment) -> bool {
        self.vms.get(&vmid).is_some_and(|state| state.resized() > Some(since))
    }

    /// Whether a step that is not the planner's own has room on its node, by the last plan, and a
    /// channel; then it is counted.
    ///
    /// # Errors
    /// What the node has too little of, or that this is not known.
    pub fn admit(&mut self, now: Moment, vm: &VmInput<'_>, step: Move) -> Result<(), Reason> {
        let state = self.vms.entry(vm.vmid).or_default();
        let node = self.budgets.binary_search_by(|budget| budget.node.cmp(vm.node)).ok();
        let account = state.booked.account(now, vm, node);
        let Some(budget) = node.and_then(|node| self.budgets.get_mut(node)) else {
            return if step.is_growth() { Err(Reason::NodeUnknown) } else { Ok(()) };
        };
        budget.check(step, account.more(step), None)?;
        budget.take(step, account.more(step));
        state.booked.grant(now, step);
        Ok(())
    }
}

impl State {
    /// Why its own evidence decides nothing, where an order does.
    pub(crate) fn ordered(&self) -> Option<Reason> {
        self.order.as_deref().map(|order| Reason::Ordered(order.to_owned()))
    }
}
