//! What a node has too little of is shared by those who ask for it, and idle VMs give back.
//!
//! The budget module knows how; this one knows of whom.

use std::collections::BTreeMap;

use vm_autoscale_proxmox::{MemoryMib, Vcpus, VmId};

use crate::budget::{self, Cpus, Dimms, Part, Sizes as _, entitle, whole};
use crate::host::NodeBudget;
use crate::levers;
use crate::planner::Heard;
use crate::reason::Percent;
use crate::state::State;
use crate::{Limit, Moment, Move, Reason, Resource, Short, Stock, VmInput};

mod parts;
use parts::{cpus, growth, memory};

/// The room that is used anew in every cycle.
#[derive(Debug, Default)]
pub(crate) struct Share {
    parts: Vec<Part>,
    /// By node: how much more is asked for.
    asked: Vec<f64>,
}

/// What is known of the VMs.
pub(crate) struct Known<'a> {
    pub(crate) now: Moment,
    pub(crate) started: Option<Moment>,
    pub(crate) vms: &'a [VmInput<'a>],
    pub(crate) states: &'a BTreeMap<VmId, Box<State>>,
}

impl Share {
    /// Where not all wishes fit, each becomes what there is for it.
    pub(crate) fn out(
        &mut self,
        known: &Known<'_>,
        budgets: &mut [NodeBudget],
        heard: &mut [Heard],
    ) {
        for resource in [Resource::Memory, Resource::Cpu] {
            self.ask(resource, known, budgets, heard);
            if self.collect(resource, known, budgets, heard) {
                self.parts.sort_unstable_by_key(|part| (part.node, part.vm));
                for parts in self.parts.chunk_by_mut(|a, b| a.node == b.node) {
                    share(resource, parts, known, budgets, heard);
                }
            }
        }
    }

    /// How much is asked for of each node.
    fn ask(
        &mut self,
        resource: Resource,
        known: &Known<'_>,
        budgets: &[NodeBudget],
        heard: &[Heard],
    ) {
        self.asked.clear();
        self.asked.resize(budgets.len(), 0.0);
        for (vm, heard) in known.vms.iter().zip(heard) {
            let asked = heard.account.node.and_then(|node| self.asked.get_mut(node));
            if let (Some(asked), Some(step)) = (asked, growth(vm, heard, resource)) {
                *asked += heard.account.more(step);
            }
        }
    }

    /// Who has a part where not all fits; whether anyone has.
    fn collect(
        &mut self,
        resource: Resource,
        known: &Known<'_>,
        budgets: &[NodeBudget],
        heard: &[Heard],
    ) -> bool {
        self.parts.clear();
        let is_full = |(budget, asked): (&NodeBudget, &f64)| {
            budget.free(resource).is_some_and(|(free, ..)| *asked > 0.0 && *asked > free)
        };
        let full = |node: usize| budgets.get(node).zip(self.asked.get(node)).is_some_and(is_full);
        for (index, (vm, heard)) in known.vms.iter().zip(heard).enumerate() {
            let Some(node) = heard.account.node.filter(|node| full(*node)) else { continue };
            self.parts.extend(match resource {
                Resource::Cpu => cpus(index, node, vm, heard),
                Resource::Memory => memory(index, node, vm, heard, known),
            });
        }
        !self.parts.is_empty()
    }
}

/// The whole of it.
fn mib(at: f64) -> Option<MemoryMib> {
    whole(at).try_into().ok()
}

/// One node's.
fn share(
    resource: Resource,
    parts: &mut [Part],
    known: &Known<'_>,
    budgets: &mut [NodeBudget],
    heard: &mut [Heard],
) {
    let node = parts.first().map(|part| part.node);
    let Some(budget) = node.and_then(|node| budgets.get_mut(node)) else { return };
    let Some((free, limit, stock)) = budget.free(resource) else { return };
    entitle(parts, free);
    let growers = partition(parts);
    let (growers, givers) = parts.split_at_mut(growers);
    for part in givers {
        let (Some(heard), Some(vm)) = (heard.get_mut(part.vm), known.vms.get(part.vm)) else {
            continue;
        };
        give_back(part, vm, heard, known, budget);
    }
    match resource {
        Resource::Cpu => budget::grant::<Cpus>(growers, free),
        Resource::Memory => budget::grant::<Dimms>(growers, free),
    }
    for part in growers {
        if let Some(heard) = heard.get_mut(part.vm) {
            budget.refused.add(resource, cut(resource, part, heard, limit, stock));
        }
    }
}

/// Those who grow first; how many they are.
fn partition(parts: &mut [Part]) -> usize {
    parts.sort_unstable_by_key(|part| (!part.grows(), part.vm));
    parts.partition_point(Part::grows)
}

/// Who has more than its share gives that back; by how much in all is noted.
fn give_back(
    part: &Part,
    vm: &VmInput<'_>,
    heard: &mut Heard,
    known: &Known<'_>,
    budget: &mut NodeBudget,
) {
    let [_, wanted] = &mut heard.wanted;
    let to = mib(Dimms::floor(part.got).max(part.floor));
    let (Some(to), Some(from)) = (to, vm.config.map(|config| config.memory)) else { return };
    let own = wanted.as_ref().ok().map(|(step, _)| *step);
    let enough = matches!(own, Some(Move::Memory { to: own, .. }) if own <= to);
    if enough || to >= from || heard.account.landing.is_some() {
        return;
    }
    let state = known.states.get(&vm.vmid);
    let Some(most) = state.and_then(|state| state.memory_of_late(known.now)) else { return };
    let percent = Percent(100.0 * most / f64::from(from.get()));
    budget.given_back += f64::from(from.get()) - f64::from(to.get());
    if let Ok(step) = levers::dimms(from, to, vm.policy.in_steps) {
        *wanted = Ok((step, Reason::GivesBack(percent)));
    }
}

/// Makes the wish what there is for it; what is refused of it.
fn cut(resource: Resource, part: &Part, heard: &mut Heard, limit: Limit, stock: Stock) -> f64 {
    let ([cpu, memory], [cpu_short, memory_short]) = (&mut heard.wanted, &mut heard.short);
    let (wanted, slot) = match resource {
        Resource::Cpu => (cpu, cpu_short),
        Resource::Memory => (memory, memory_short),
    };
    let Ok((step, _)) = wanted else { return 0.0 };
    let asked = heard.account.more(*step);
    let short = Short { limit, stock, wanted: asked };
    let smaller = match *step {
        Move::Cpu { from, .. } => {
            let to = Vcpus::try_from(whole(part.got)).ok();
            to.filter(|to| *to > from).map(|to| Move::Cpu { from, to })
        }
        Move::Memory { from, .. } => {
            let to = mib(part.got);
            to.filter(|to| *to > from).map(|to| Move::Memory { from, to })
        }
        Move::CpuLimit { .. } | Move::Balloon { .. } => return 0.0,
    };
    let refused = asked - smaller.map_or(0.0, |step| heard.account.more(step));
    match smaller {
        Some(smaller) if smaller == *step => {}
        Some(smaller) => {
            *step = smaller;
            *slot = Some(short);
        }
        None => *wanted = Err(Reason::NodeFull(short)),
    }
    refused
}
