//! What each node has for who grows, and how far each VM could go on it: by the same accounts and
//! the same checks that grants go by.

use vm_autoscale_proxmox::{Ladder, MemoryMib, Vcpus, VmConfig, VmId};

use crate::bounds;
use crate::host::{self, NodeBudget};
use crate::input::Nodes;
use crate::levers::{self, BALLOON_STEP};
use crate::planner::most_busy;
use crate::state::{quarantine, untouchable};
use crate::{CpuLever, MemoryLever, Moment, Move, NodeInput, Planner, Reason, Resource, VmInput};

/// One node, and the VMs on it that the planner is told of.
#[derive(Debug, Clone, PartialEq)]
pub struct Headroom {
    /// What it has, before anything is granted.
    pub budget: NodeBudget,
    /// Each VM's vCPUs and memory, in the order given.
    pub vms: Vec<(VmId, [Growth; 2])>,
}

/// How far one resource of a VM could grow if nobody else did.
#[derive(Debug, Clone, PartialEq)]
pub struct Growth {
    /// The largest change that the node has room for, in one step or in many; nothing where there
    /// is none.
    pub most: Option<Move>,
    /// Why it is no larger.
    pub end: End,
}

/// What ends growth.
#[derive(Debug, Clone, PartialEq)]
pub enum End {
    /// The largest size that is allowed: by whom.
    Bounds(&'static str),
    /// The node: the next step would be refused.
    Node(Reason),
    /// The VM does not grow, whatever its node has.
    Vm(Reason),
    /// Its mode only recommends.
    Mode,
}

impl Planner {
    /// What every node has, and what of it each VM could get by now. Cooldowns, and that a node has
    /// all the changes under way that it may have, pass: neither counts.
    #[must_use]
    pub fn headroom(&self, now: Moment, vms: &[VmInput<'_>], nodes: &Nodes) -> Vec<Headroom> {
        let quiet = |input: &NodeInput| NodeInput { changing: 0, ..*input };
        let nodes = nodes.iter().map(|(name, input)| (name.clone(), quiet(input))).collect();
        let mut budgets = Vec::new();
        host::open(&mut budgets, self.config(), &nodes);
        let accounts: Vec<_> = vms.iter().map(|vm| self.account(now, vm, &budgets)).collect();
        for account in &accounts {
            if let Some(budget) = account.node.and_then(|node| budgets.get_mut(node)) {
                budget.count(account);
            }
        }
        let empty = |budget| Headroom { budget, vms: Vec::new() };
        let mut rooms: Vec<Headroom> = budgets.into_iter().map(empty).collect();
        for (vm, account) in vms.iter().zip(&accounts) {
            let Some(room) = account.node.and_then(|node| rooms.get_mut(node)) else { continue };
            let busy = most_busy(self.config(), vm);
            let growth = |steps: Result<Steps, End>| {
                growth(steps, |step| room.budget.check(step, account.more(step), busy))
            };
            let both = [growth(self.cpu_steps(vm)), growth(memory_steps(vm))];
            room.vms.push((vm.vmid, both));
        }
        rooms
    }

    /// The sizes of its CPU above the one it has, smallest first.
    fn cpu_steps(&self, vm: &VmInput<'_>) -> Result<Steps, End> {
        let config = willing(vm, Resource::Cpu)?;
        let bounds = bounds::cpu(vm.policy, config).map_err(End::Vm)?;
        let has = self.cpu_has(vm, config).map_err(End::Vm)?;
        if has.size() >= bounds.max {
            return Err(End::Bounds(bounds.max_by));
        }
        let lever = vm.policy.cpu_lever;
        let all = has.towards(lever, bounds.max, false).map_err(End::Vm)?;
        let sizes = match all {
            Move::Cpu { from, to } => (from.get() + 1..=to.get())
                .filter_map(|to| Some(Move::Cpu { from, to: Vcpus::try_from(to).ok()? }))
                .collect(),
            other => vec![other],
        };
        allowed(vm, sizes, bounds.max_by)
    }
}

/// Changes from the size that it has, each larger than the one before, and who allows no more.
type Steps = (Vec<Move>, &'static str);

/// The sizes of its memory above the one it has, smallest first.
fn memory_steps(vm: &VmInput<'_>) -> Result<Steps, End> {
    let config = willing(vm, Resource::Memory)?;
    let bounds = bounds::memory(vm.policy, config).map_err(End::Vm)?;
    let now = levers::memory(vm.policy.memory_lever, config);
    if now >= bounds.max {
        return Err(End::Bounds(bounds.max_by));
    }
    let next = |size: &MemoryMib| match vm.policy.memory_lever {
        MemoryLever::Balloon => {
            let more = MemoryMib::try_from(size.get().saturating_add(BALLOON_STEP)).ok()?;
            Some(more.min(bounds.max)).filter(|more| more > size)
        }
        MemoryLever::Dimm | MemoryLever::Nothing => {
            Ladder::up(*size).filter(|more| *more <= bounds.max)
        }
    };
    let sizes = std::iter::successors(next(&now), next);
    let change = |to| match vm.policy.memory_lever {
        MemoryLever::Balloon => levers::balloon(config, to),
        MemoryLever::Dimm | MemoryLever::Nothing => levers::dimms(now, to, false),
    };
    let steps = sizes.map(change).collect::<Result<Vec<_>, _>>().map_err(End::Vm)?;
    allowed(vm, steps, bounds.max_by)
}

/// The config of a VM whose resource is looked after and can be touched.
fn willing<'a>(vm: &VmInput<'a>, resource: Resource) -> Result<&'a VmConfig, End> {
    let [cpu, memory] = vm.quarantine;
    let (is_asked, quarantined) = match resource {
        Resource::Cpu => (vm.policy.cpu.is_some(), cpu),
        Resource::Memory => (vm.policy.memory.is_some(), memory),
    };
    let by_limit = resource == Resource::Cpu && vm.policy.cpu_lever == CpuLever::Limit;
    let by_balloon = resource == Resource::Memory && vm.policy.memory_lever == MemoryLever::Balloon;
    if !is_asked {
        return Err(End::Vm(Reason::NotAsked));
    }
    let config = untouchable(vm).map_err(End::Vm)?;
    quarantine(quarantined.filter(|_| !by_limit && !by_balloon)).map_err(End::Vm)?;
    Ok(config)
}

fn allowed(vm: &VmInput<'_>, steps: Vec<Move>, max_by: &'static str) -> Result<Steps, End> {
    match steps.first() {
        None => Err(End::Bounds(max_by)),
        Some(step) if !vm.policy.allow.allows(*step) => Err(End::Mode),
        Some(_) => Ok((steps, max_by)),
    }
}

/// As far as the node lets it.
fn growth(steps: Result<Steps, End>, check: impl Fn(Move) -> Result<(), Reason>) -> Growth {
    let (steps, max_by) = match steps {
        Ok(steps) => steps,
        Err(end) => return Growth { most: None, end },
    };
    let mut most = None;
    for step in steps {
        match check(step) {
            Ok(()) => most = Some(step),
            Err(reason) => return Growth { most, end: End::Node(reason) },
        }
    }
    Growth { most, end: End::Bounds(max_by) }
}
