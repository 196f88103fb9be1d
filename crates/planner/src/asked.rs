//! What a VM's use asks for and what stands against it, for whoever wants to know why. Nothing is
//! decided by it, and nothing remembered.

use std::time::Duration;

use crate::bounds;
use crate::decision::Move;
use crate::levers::CORE;
use crate::planner::most_busy;
use crate::planner::{Planner, may_change};
use crate::state::State;
use crate::{Moment, Reason, Resource, VmInput};

/// Between which sizes a resource can move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// vCPUs, or MiB.
    pub min: u32,
    /// Likewise.
    pub max: u32,
    /// Whose word the upper end is: a key of the file, or what of the VM or the machine.
    pub max_by: &'static str,
}

/// What is asked for on one resource of a VM.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// What its use asks for by what was seen last, whoever may forbid it; or why it asks for
    /// nothing.
    pub wish: Result<(Move, Reason), Reason>,
    /// Why that rests for a while, if it does.
    pub rests: Option<Reason>,
    /// What its node says against it.
    pub node: Option<Reason>,
    /// Between which sizes it can move, or why between none.
    pub range: Result<Range, Reason>,
}

/// What holds a VM as a whole, whatever it uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Waits {
    /// For so long, because somebody else changed its size.
    pub others: Option<Duration>,
    /// Until the next decision on it.
    pub check: Option<Duration>,
}

impl Planner {
    /// What a VM waits for; nothing where it has not been seen.
    #[must_use]
    pub fn waits(&self, now: Moment, vm: &VmInput<'_>) -> Waits {
        let state = self.known(vm.vmid);
        state.map(|state| state.waits(now, vm.policy)).unwrap_or_default()
    }

    /// What is asked for on its vCPUs or its memory; nothing where neither it nor its config is
    /// known.
    #[must_use]
    pub fn asked(&self, now: Moment, vm: &VmInput<'_>, resource: Resource) -> Option<Asked> {
        let (state, config) = (self.known(vm.vmid)?, vm.config?);
        let wish = state.asks(now, vm, config, resource);
        let step = wish.as_ref().ok().map(|(step, _)| *step);
        let rests = step.and_then(|step| may_change(now, vm, self.began(), state, step).err());
        Some(Asked {
            rests,
            node: step.and_then(|step| self.without_room(now, vm, state, step)),
            range: range(vm, resource),
            wish,
        })
    }

    /// Why its node has no room for that, if so.
    fn without_room(
        &self,
        now: Moment,
        vm: &VmInput<'_>,
        state: &State,
        step: Move,
    ) -> Option<Reason> {
        let budget = self.nodes().iter().find(|budget| budget.node == *vm.node);
        let Some(budget) = budget else { return step.is_growth().then_some(Reason::NodeUnknown) };
        let account = state.booked.account(now, vm, None);
        budget.check(step, account.more(step), most_busy(self.config(), vm)).err()
    }
}

fn range(vm: &VmInput<'_>, resource: Resource) -> Result<Range, Reason> {
    let config = vm.config.ok_or(Reason::ConfigUnknown)?;
    Ok(match resource {
        Resource::Cpu => {
            let found = bounds::cpu(vm.policy, config)?;
            Range { min: found.min / CORE, max: found.max / CORE, max_by: found.max_by }
        }
        Resource::Memory => {
            let found = bounds::memory(vm.policy, config)?;
            Range { min: found.min.get(), max: found.max.get(), max_by: found.max_by }
        }
    })
}
