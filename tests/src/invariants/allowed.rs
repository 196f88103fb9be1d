//! What a run was allowed to do.

use std::ops::RangeInclusive;

use vm_autoscale_proxmox::VmId;

/// The limits of a run. Times are in seconds of the lab.
#[derive(Debug, Clone)]
pub struct Allowed {
    /// By VMID, the first range that has it; a VM in none may not be changed at all.
    pub vms: Vec<(RangeInclusive<u32>, Bounds)>,
    /// Which way, whatever holds for a VM.
    pub direction: Direction,
    /// Between two changes of the same resource of a VM that goes by marks, and after a failure of
    /// any.
    pub cooldown: f64,
    /// At once on a node.
    pub under_way: usize,
    /// The helper's; none where it was started anew, since it counts from 0 then.
    pub rates: Option<Rates>,
    /// The longest time from a look to the next.
    pub look_gap: f64,
    /// From a round of pvestatd to the next.
    pub round: f64,
    /// How long after a look its decisions may be sent.
    pub late: f64,
    /// How many nodes the cluster has.
    pub nodes: usize,
    /// Whether a load that was set is what the guest needs: one that ran out of memory and died
    /// needs nothing, and no history tells that.
    pub needs: bool,
    /// Every intent that was made durable; none where the journal is not known.
    pub intents: Vec<Intended>,
}

/// Of a VM.
#[derive(Debug, Clone, PartialEq)]
pub struct Bounds {
    /// vCPUs.
    pub vcpus: RangeInclusive<u32>,
    /// MiB.
    pub memory: RangeInclusive<u32>,
    /// How it may be changed within them.
    pub way: Way,
}

/// How a VM may be changed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Way {
    /// Which way.
    pub direction: Direction,
    /// By what it is decided.
    pub rule: Rule,
    /// By what its CPU becomes larger and smaller.
    pub cpu: Cpu,
    /// Whether its memory does by the balloon, and not by DIMMs.
    pub balloon: bool,
}

impl Way {
    /// By marks of which nothing is known, by vCPUs and DIMMs.
    pub const PLAIN: Self = Self {
        direction: Direction::Both,
        rule: Rule::Marks(None),
        cpu: Cpu::Vcpus,
        balloon: false,
    };
}

/// By what is decided on a VM.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rule {
    /// Below a low mark it shrinks; where that is known.
    Marks(Option<Low>),
    /// By its own use of late, with the shipped figures.
    Adaptive,
}

/// A low mark.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Low {
    /// Share of the vCPUs.
    pub cpu: f64,
    /// Share of the memory.
    pub memory: f64,
    /// So many decisions in a row must find it low.
    pub times: u32,
    /// Seconds from one to the next.
    pub apart: f64,
}

/// By what a VM's CPU becomes larger and smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cpu {
    /// By vCPUs only.
    Vcpus,
    /// By the limit only, whoever set it.
    Limit,
    /// By vCPUs, or by a limit where that is not somebody else's.
    Either,
}

/// What may be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Nothing at all.
    None,
    /// Growth.
    Up,
    /// Growth and shrinking.
    Both,
}

/// Changes a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rates {
    /// Of a VM.
    pub per_vm: u32,
    /// On a node.
    pub per_node: u32,
    /// In all.
    pub total: u32,
}

/// An intent.
#[derive(Debug, Clone, PartialEq)]
pub struct Intended {
    /// Of which VM.
    pub vmid: VmId,
    /// `vcpus`, `cpulimit` (in hundredths, 0 for none), `memory` or `balloon`.
    pub key: &'static str,
    /// What it is to become.
    pub to: u32,
    /// When it was durable.
    pub at: f64,
    /// Who wants it.
    pub by: By,
}

/// Who wants a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// What was seen of the VM.
    Itself,
    /// Others on a full node.
    Others,
    /// An administrator, by an order.
    Order,
}

impl Allowed {
    /// What holds for that VM.
    pub(super) fn bounds(&self, vmid: VmId) -> Option<&Bounds> {
        of(&self.vms, vmid)
    }
}

/// The first that holds for that VM.
pub(super) fn of(all: &[(RangeInclusive<u32>, Bounds)], vmid: VmId) -> Option<&Bounds> {
    let mut all = all.iter();
    all.find_map(|(range, bounds)| range.contains(&vmid.get()).then_some(bounds))
}
