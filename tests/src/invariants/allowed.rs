//! What a run was allowed to do.

use std::ops::RangeInclusive;

use vm_autoscale_proxmox::VmId;

/// The limits of a run. Times are in seconds of the lab.
#[derive(Debug, Clone)]
pub struct Allowed {
    /// By VMID, the first range that has it; a VM in none may not be changed at all.
    pub vms: Vec<(RangeInclusive<u32>, Bounds)>,
    /// Which way.
    pub direction: Direction,
    /// Between two changes of the same resource of a VM.
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounds {
    /// vCPUs.
    pub vcpus: RangeInclusive<u32>,
    /// MiB.
    pub memory: RangeInclusive<u32>,
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
    /// `vcpus` or `memory`.
    pub key: &'static str,
    /// What it is to become.
    pub to: u32,
    /// When it was durable.
    pub at: f64,
}

impl Allowed {
    /// What holds for that VM.
    pub(super) fn bounds(&self, vmid: VmId) -> Option<&Bounds> {
        let mut all = self.vms.iter();
        all.find_map(|(range, bounds)| range.contains(&vmid.get()).then_some(bounds))
    }
}
