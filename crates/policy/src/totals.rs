//! The memory that all VMs of a cluster which rules name have together, as far as that is known.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

use vm_autoscale_node::{ClusterName, GuestKind, MemoryMib, NodeName, VmId, VmList};

use crate::Cluster;
use crate::changes::{AskedMemory, LINGERS};

/// A look that is older says nothing of now.
const FRESH: Duration = Duration::from_secs(60);

/// Of the clusters with `max_total_memory`: as much as such VMs are listed.
#[derive(Default)]
pub struct Totals(RefCell<HashMap<ClusterName, Total>>);

#[derive(Default)]
struct Total {
    nodes: Vec<NodeName>,
    look: Option<Look>,
    /// Tells what came before what.
    turn: u64,
    vms: HashMap<VmId, Vm>,
}

/// The number of the node that looked, and since when its pmxcfs runs: versions compare only within
/// one of these.
type By = (usize, u64);

struct Look {
    at: Duration,
    by: By,
    versions: HashMap<VmId, u64>,
}

#[derive(Default)]
struct Vm {
    /// By the config that was read at the node that looks: at which version.
    listed: Option<(By, u64, u32)>,
    /// By the config that was read last, at whichever node.
    last: u32,
    /// Few have one, and there may be thousands of VMs.
    held: Option<Box<Held>>,
}

/// What was asked, for as long as it may come.
#[derive(Default)]
struct Held {
    memory: u32,
    under_way: u32,
    ended: u64,
    /// One whose end was not seen may come until then, whatever config is read meanwhile: a digest
    /// that it was asked by can come back.
    until: Duration,
}

/// What was known when a config was asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Mark {
    turn: u64,
    version: Option<(By, u64)>,
}

impl Vm {
    fn memory(&self) -> u32 {
        let listed = self.listed.map_or(0, |(.., memory)| memory);
        let held = self.held.as_ref().map_or(0, |held| held.memory);
        listed.max(self.last).max(held)
    }
}

impl Totals {
    /// That cluster's are summed up.
    pub(crate) fn add(&self, cluster: &Cluster) {
        let total = Total { nodes: cluster.nodes.clone(), ..Total::default() };
        self.0.borrow_mut().insert(cluster.name.clone(), total);
    }

    /// A look at a cluster that began by `at`: which guests there are, by a node whose pmxcfs runs
    /// since `start`.
    pub fn looked(
        &self,
        cluster: &Cluster,
        at: Duration,
        (node, start): (&NodeName, u64),
        list: &VmList,
    ) {
        let mut all = self.0.borrow_mut();
        let Some(total) = all.get_mut(&cluster.name) else { return };
        // One that began earlier and took longer says less of now.
        if total.look.as_ref().is_some_and(|look| look.at > at) {
            return;
        }
        let qemu = list.iter().filter(|(_, entry)| entry.kind == GuestKind::Qemu);
        let named = qemu.filter(|(vmid, _)| cluster.rule(*vmid).is_some());
        let versions: HashMap<_, _> = named.map(|(vmid, entry)| (vmid, entry.version)).collect();
        let Some(number) = total.number(node) else { return };
        total.vms.retain(|vmid, vm| versions.contains_key(vmid) || vm.held.is_some());
        total.look = Some(Look { at, by: (number, start), versions });
    }

    /// What is known of a VM by the time that its config is asked for at a node.
    pub fn mark(&self, cluster: &ClusterName, node: &NodeName, vmid: VmId) -> Mark {
        let all = self.0.borrow();
        let Some(total) = all.get(cluster) else { return Mark::default() };
        let look = total.look.as_ref().filter(|look| Some(look.by.0) == total.number(node));
        let version = look.and_then(|look| Some((look.by, *look.versions.get(&vmid)?)));
        Mark { turn: total.turn, version }
    }

    /// Its config was read; nothing where the memory is not known.
    pub(crate) fn note(
        &self,
        (cluster, vmid): (&ClusterName, VmId),
        mark: Mark,
        now: Duration,
        memory: Option<u32>,
    ) {
        let mut all = self.0.borrow_mut();
        let Some(total) = all.get_mut(cluster) else { return };
        let Some(memory) = memory else {
            // What may still come counts on.
            if let Some(vm) = total.vms.get_mut(&vmid) {
                vm.listed = None;
            }
            return;
        };
        let vm = total.vms.entry(vmid).or_default();
        vm.last = memory;
        if let Some((by, version)) = mark.version {
            vm.listed = Some((by, version, memory));
        }
        if vm.held.as_ref().is_some_and(|held| held.is_over(mark.turn, now)) {
            vm.held = None;
        }
    }

    /// Whether a VM may grow to that.
    pub(crate) fn room(
        &self,
        cluster: &Cluster,
        vmid: VmId,
        asked: MemoryMib,
        now: Duration,
    ) -> Result<(), String> {
        let Some(limit) = cluster.max_total_memory else { return Ok(()) };
        let all = self.0.borrow();
        let total = all.get(&cluster.name);
        let fresh = |total: &&Total| {
            total.look.as_ref().is_some_and(|look| now.saturating_sub(look.at) <= FRESH)
        };
        let Some(total) = total.filter(fresh) else {
            return Err(format!("no look at the cluster in the last {} s", FRESH.as_secs()));
        };
        let sum = total.sum(vmid, asked)?;
        if sum <= u64::from(limit.get()) {
            return Ok(());
        }
        Err(format!("the VMs would have {sum} MiB of {limit}"))
    }

    /// A growth is about to be sent: from now on it counts.
    pub fn hold(&self, cluster: &ClusterName, vmid: VmId, asked: MemoryMib) {
        let mut all = self.0.borrow_mut();
        let Some(total) = all.get_mut(cluster) else { return };
        let vm = total.vms.entry(vmid).or_default();
        let held = vm.held.get_or_insert_default();
        held.memory = held.memory.max(asked.get());
        held.under_way += 1;
    }

    /// It ended; `known` says whether that was seen. It counts until its config is read anew.
    pub fn ended(&self, cluster: &ClusterName, vmid: VmId, known: bool, now: Duration) {
        let mut all = self.0.borrow_mut();
        let Some(total) = all.get_mut(cluster) else { return };
        total.turn += 1;
        let Some(held) = total.vms.get_mut(&vmid).and_then(|vm| vm.held.as_mut()) else { return };
        held.under_way = held.under_way.saturating_sub(1);
        held.ended = total.turn;
        if !known {
            held.until = held.until.max(now + LINGERS);
        }
    }

    /// What an earlier process asked for may still come.
    pub(crate) fn recall(
        &self,
        cluster: &ClusterName,
        vmid: VmId,
        asked: &AskedMemory,
        now: Duration,
    ) {
        // One of another boot may be far ahead.
        let until = asked.until().min(now + LINGERS);
        let held = Held { memory: asked.memory.get(), until, ..Held::default() };
        let mut all = self.0.borrow_mut();
        let Some(total) = all.get_mut(cluster) else { return };
        total.vms.insert(vmid, Vm { held: Some(Box::new(held)), ..Vm::default() });
    }
}

impl Held {
    /// Whether a config that was asked for in that turn says all that may come of it.
    fn is_over(&self, turn: u64, now: Duration) -> bool {
        self.under_way == 0 && self.ended <= turn && now >= self.until
    }
}

impl Total {
    fn number(&self, node: &NodeName) -> Option<usize> {
        self.nodes.iter().position(|known| known == node)
    }

    /// MiB of all listed VMs if one of them grows.
    fn sum(&self, grows: VmId, asked: MemoryMib) -> Result<u64, String> {
        let look = self.look.as_ref().filter(|look| look.versions.contains_key(&grows));
        let Some(Look { by, versions, .. }) = look else {
            return Err("the last look at the cluster does not show the VM".to_owned());
        };
        let mut sum = 0;
        for (vmid, version) in versions {
            let vm = self.vms.get(vmid);
            let read = vm.filter(|vm| {
                vm.listed.is_some_and(|(read_by, read, _)| (read_by, read) == (*by, *version))
            });
            let Some(vm) = read else {
                return Err(format!(
                    "the config of VM {vmid} was not read as the last look has it"
                ));
            };
            let grown = if *vmid == grows { asked.get() } else { 0 };
            sum += u64::from(vm.memory().max(grown));
        }
        Ok(sum)
    }
}

#[cfg(test)]
mod tests;
