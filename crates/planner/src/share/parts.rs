//! What a VM asks for, and what it could spare.

use vm_autoscale_proxmox::Ladder;

use super::{Known, mib};
use crate::budget::{Part, SHORT_AT};
use crate::planner::{Heard, may_change};
use crate::{Allow, MemoryLever, Move, Resource, VmInput};

/// What weighs a VM of which nobody says it: Proxmox's own default of `shares`.
const USUAL_WEIGHT: u32 = 1000;

/// What a VM would grow by, where it may.
pub(super) fn growth(vm: &VmInput<'_>, heard: &Heard, resource: Resource) -> Option<Move> {
    let [cpu, memory] = &heard.wanted;
    let wanted = if resource == Resource::Cpu { cpu } else { memory };
    let (step, _) = wanted.as_ref().ok()?;
    (step.is_growth() && vm.policy.allow.allows(*step)).then_some(*step)
}

fn weight(vm: &VmInput<'_>) -> f64 {
    // No `shares` means no automatic ballooning, not that it counts for nothing.
    let shares = vm.config.and_then(|config| config.shares).filter(|shares| *shares > 0);
    f64::from(vm.policy.weight.or(shares).unwrap_or(USUAL_WEIGHT).max(1))
}

pub(super) fn cpus(index: usize, node: usize, vm: &VmInput<'_>, heard: &Heard) -> Option<Part> {
    let Move::Cpu { to, .. } = growth(vm, heard, Resource::Cpu)? else { return None };
    let have = heard.account.vcpus?;
    let want = f64::from(to.get());
    let weight = weight(vm);
    Some(Part { vm: index, node, have, floor: have, want, weight, got: have })
}

/// A VM that asks for memory, or may have some to spare.
pub(super) fn memory(
    index: usize,
    node: usize,
    vm: &VmInput<'_>,
    heard: &Heard,
    known: &Known<'_>,
) -> Option<Part> {
    let have = heard.account.memory?;
    let state = known.states.get(&vm.vmid)?;
    let part = |floor, want| {
        Some(Part { vm: index, node, have, floor, want, weight: weight(vm), got: have })
    };
    if let Some(Move::Memory { to, .. }) = growth(vm, heard, Resource::Memory) {
        let want = f64::from(to.get()).max(have);
        let floor = state.memory_in_use(known.now).and_then(|used| mib((used / SHORT_AT).ceil()));
        let floor = floor.and_then(Ladder::ceil).map_or(have, |floor| f64::from(floor.get()));
        return part(floor.clamp(have, want), want);
    }
    if let Some(left) = heard.account.landing {
        return part(left, left);
    }
    let by_dimms = vm.policy.memory_lever == MemoryLever::Dimm;
    let allowed = by_dimms && vm.policy.allow == Allow::Everything && vm.policy.memory_shrink;
    let from = vm.config?.memory;
    let less = Move::Memory { from, to: Ladder::down(from)? };
    may_change(known.now, vm, known.started, state, less).ok().filter(|()| allowed)?;
    let least = f64::from(state.least_memory(known.now, vm)?.get());
    let want = match &heard.wanted {
        [_, Ok((Move::Memory { to, .. }, _))] => f64::from(to.get()),
        _ => have,
    };
    part(least.min(want), want)
}
