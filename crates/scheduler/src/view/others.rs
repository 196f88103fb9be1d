//! What the guests have of each node that are not looked after: a budget has to know all of them.

use std::collections::{BTreeMap, BTreeSet};

use vm_autoscale_planner::Moment;
use vm_autoscale_proxmox::{GuestKind, NodeName, VmId, VmLine, VmList, VmStatus};

use super::vm::KnownVm;
use super::{FRESH, MIB};

/// By node, and since when it is known.
#[derive(Debug, Default)]
pub(super) struct Others(BTreeMap<NodeName, (Moment, Held)>);

/// What guests have.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Held {
    /// Memory in MiB; containers' limits.
    pub(super) mib: f64,
    /// vCPUs of VMs. A container's CPUs are the node's own, however many it may use at once.
    pub(super) vcpus: f64,
}

impl Held {
    fn add(&mut self, other: Self) {
        self.mib += other.mib;
        self.vcpus += other.vcpus;
    }
}

impl Others {
    /// Takes one look. Of a node with a guest of which nothing is known what was known before
    /// stays, and so it does for all where it is not known on which one a guest is.
    pub(super) fn update(
        &mut self,
        now: Moment,
        guests: &VmList,
        lines: [&BTreeMap<VmId, VmLine>; 2],
        is_known: impl Fn(VmId) -> bool,
    ) {
        if guests.has_doubts() {
            return;
        }
        let mut seen: BTreeMap<&NodeName, Option<Held>> = BTreeMap::new();
        for (vmid, entry) in guests.iter() {
            let sum = seen.entry(&entry.node).or_insert(Some(Held::default()));
            if !is_known(vmid) {
                let line = lines.iter().find_map(|lines| lines.get(&vmid));
                let held = line.and_then(|line| held(line, entry.kind));
                *sum = sum.zip(held).map(|(mut sum, held)| {
                    sum.add(held);
                    sum
                });
            }
        }
        self.0.retain(|node, _| seen.contains_key(node));
        for (node, held) in seen {
            let Some(held) = held else { continue };
            match self.0.get_mut(node) {
                Some(known) => *known = (now, held),
                None => drop(self.0.insert(node.clone(), (now, held))),
            }
        }
    }

    /// By node, with those VMs that are known and not looked after; nothing where that is not
    /// known.
    pub(super) fn by_node<'a>(
        &self,
        now: Moment,
        vms: impl Iterator<Item = &'a KnownVm>,
    ) -> BTreeMap<&NodeName, Held> {
        let fresh = self.0.iter().filter(|(_, (at, _))| now.since(*at) <= FRESH);
        let mut held: BTreeMap<_, _> = fresh.map(|(node, (_, held))| (node, *held)).collect();
        let mut unknown = BTreeSet::new();
        for vm in vms.filter(|vm| vm.policy.is_none()) {
            match (held.get_mut(&vm.node), of_vm(vm)) {
                (Some(sum), Some(more)) => sum.add(more),
                (Some(_), None) => drop(unknown.insert(&vm.node)),
                (None, _) => {}
            }
        }
        held.retain(|node, _| !unknown.contains(node));
        held
    }
}

fn held(line: &VmLine, kind: GuestKind) -> Option<Held> {
    if line.status == VmStatus::NotRunning {
        return Some(Held::default());
    }
    let vcpus = if kind == GuestKind::Lxc { 0.0 } else { line.maxcpu? };
    Some(Held { mib: line.maxmem? / MIB, vcpus })
}

fn of_vm(vm: &KnownVm) -> Option<Held> {
    if !vm.running? {
        return Some(Held::default());
    }
    let sample = vm.sample?;
    Some(Held { mib: sample.memory?, vcpus: sample.vcpus? })
}
