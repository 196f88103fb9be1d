//! What the nodes have for their guests. It holds back growth, never shrinking.

use vm_autoscale_proxmox::NodeName;

use crate::account::Account;
use crate::input::Nodes;
use crate::{Limit, Move, NodeInput, PlannerConfig, Reason, Resource, Room, Short, Stock};

/// Changes that are under way on a node at once: as many as the helper has channels for; more would
/// wait there while their reasons age.
pub const CHANGES_PER_NODE: usize = 2;

/// Memory in MiB and vCPUs.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Amounts {
    /// MiB.
    pub memory: f64,
    /// vCPUs.
    pub vcpus: f64,
}

impl Amounts {
    pub(crate) fn add(&mut self, resource: Resource, amount: f64) {
        match resource {
            Resource::Cpu => self.vcpus += amount,
            Resource::Memory => self.memory += amount,
        }
    }
}

/// One node in one cycle.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeBudget {
    /// Which.
    pub node: NodeName,
    /// Memory of its guests, in MiB; nothing where that is not known, as in the next two.
    pub committed: Option<Stock>,
    /// Memory in use, in MiB, with what was granted of late.
    pub used: Option<Stock>,
    /// vCPUs of its VMs.
    pub vcpus: Option<Stock>,
    /// What VMs grow by.
    pub granted: Amounts,
    /// What VMs would have grown by, had there been room.
    pub refused: Amounts,
    /// What VMs give back because others need it, in MiB.
    pub given_back: f64,
    /// Share of its CPUs that is busy, in percent.
    busy: Option<f64>,
    /// Changes under way, and begun in this cycle.
    changes: usize,
}

impl NodeBudget {
    fn new(node: NodeName) -> Self {
        Self {
            node,
            committed: None,
            used: None,
            vcpus: None,
            granted: Amounts::default(),
            refused: Amounts::default(),
            given_back: 0.0,
            busy: None,
            changes: 0,
        }
    }

    /// As it stands without the VMs.
    fn open(&mut self, config: &PlannerConfig, input: &NodeInput) {
        let known = |taken: Option<f64>, of: Option<f64>| {
            let of = of.filter(|of| *of > 0.0 && input.fresh)?;
            Some(Stock { taken: taken?, of })
        };
        let share = |total: Option<f64>, percent: f64| total.map(|total| total * percent / 100.0);
        let for_guests = share(input.memory, 100.0 - config.memory_reserve);
        let for_guests = for_guests.map(|mib| mib * config.memory_overcommit);
        self.committed = known(input.others_memory, for_guests);
        self.used = known(input.memory_used, share(input.memory, config.max_host_memory));
        self.vcpus = known(input.others_vcpus, share(input.cpus, 100.0 * config.cpu_overcommit));
        self.busy = input.cpu.filter(|_| input.fresh).map(|share| share * 100.0);
        self.changes = input.changing;
        (self.granted, self.refused, self.given_back) = Default::default();
    }

    /// What limits the resource.
    fn limits(&self, resource: Resource) -> [(Limit, Option<Stock>); 2] {
        match resource {
            Resource::Cpu => [(Limit::Vcpus, self.vcpus); 2],
            Resource::Memory => [(Limit::Committed, self.committed), (Limit::Used, self.used)],
        }
    }

    /// What it has for who grows, by the limit that leaves least; nothing where that is not known.
    #[must_use]
    pub fn room(&self, resource: Resource) -> Option<Room> {
        self.free(resource).map(|(_, limit, stock)| Room { limit, stock })
    }

    /// How much is free of the resource, and which limit says so; nothing where that is not known.
    pub(crate) fn free(&self, resource: Resource) -> Option<(f64, Limit, Stock)> {
        let [(first, a), (second, b)] = self.limits(resource);
        let (a, b) = (a?, b?);
        let (limit, stock) = if a.free() <= b.free() { (first, a) } else { (second, b) };
        Some((stock.free(), limit, stock))
    }

    /// What a VM has is taken.
    pub(crate) fn count(&mut self, account: &Account) {
        let add = |stock: &mut Option<Stock>, amount: Option<f64>| {
            let both = stock.zip(amount);
            *stock = both.map(|(stock, amount)| Stock { taken: stock.taken + amount, ..stock });
        };
        add(&mut self.committed, account.memory);
        add(&mut self.used, Some(account.unseen));
        add(&mut self.vcpus, account.vcpus);
    }

    /// Whether there is room for so much more, and a channel.
    pub(crate) fn check(
        &self,
        step: Move,
        more: f64,
        most_busy: Option<f64>,
    ) -> Result<(), Reason> {
        if self.changes >= CHANGES_PER_NODE {
            return Err(Reason::NodeBusy(self.changes));
        }
        if !step.is_growth() {
            return Ok(());
        }
        if let Move::Balloon { .. } = step {
            let used = self.used.ok_or(Reason::NodeUnknown)?;
            let wanted = f64::from(step.added_mib());
            let short = Short { limit: Limit::Used, stock: used, wanted };
            return if wanted > used.free() { Err(Reason::NodeFull(short)) } else { Ok(()) };
        }
        let resource = step.resource();
        let (free, limit, stock) = self.free(resource).ok_or(Reason::NodeUnknown)?;
        let short = |limit, stock| Err(Reason::NodeFull(Short { limit, stock, wanted: more }));
        if more > free {
            return short(limit, stock);
        }
        match most_busy.filter(|_| resource == Resource::Cpu) {
            None => Ok(()),
            Some(of) => match self.busy {
                None => Err(Reason::NodeUnknown),
                Some(taken) if taken > of => short(Limit::Busy, Stock { taken, of }),
                Some(_) => Ok(()),
            },
        }
    }

    /// Counts a move against the node for the rest of the cycle.
    pub(crate) fn take(&mut self, step: Move, more: f64) {
        self.changes += 1;
        if !step.is_growth() {
            return;
        }
        if let (Move::Balloon { .. }, Some(used)) = (step, &mut self.used) {
            used.taken += f64::from(step.added_mib());
            return;
        }
        self.granted.add(step.resource(), more);
        let stocks = match step.resource() {
            Resource::Cpu => [&mut self.vcpus, &mut None],
            Resource::Memory => [&mut self.committed, &mut self.used],
        };
        for stock in stocks.into_iter().flatten() {
            stock.taken += more;
        }
    }
}

/// All nodes, made ready for a cycle.
pub(crate) fn open(budgets: &mut Vec<NodeBudget>, config: &PlannerConfig, nodes: &Nodes) {
    let known = budgets.iter().map(|budget| &budget.node);
    if !known.eq(nodes.keys()) {
        *budgets = nodes.keys().cloned().map(NodeBudget::new).collect();
    }
    for (budget, input) in budgets.iter_mut().zip(nodes.values()) {
        budget.open(config, input);
    }
}
