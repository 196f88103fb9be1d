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
        for vm in vms.filter(|vm| vm.held.is_none()) {
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

#[cfg(test)]
mod tests {
    use super::super::tests::{CONFIG, care, look_text};
    use super::super::{InFlight, View};
    use super::*;
    use vm_autoscale_proxmox::ClusterRead;

    /// A look with a container on the second node, and a line of each node.
    fn text(vms: &[(u32, &str, u64)]) -> String {
        let lxc = r#"{ "999": { "node": "pve2", "type": "lxc", "version": 1 }, "#;
        let mut text = look_text("pve1", 1, vms).replace("\"ids\": { ", &format!("\"ids\": {lxc}"));
        let line =
            "/etc/pve/.rrd:pve2.3-vm/999:50:x:running:0:9000:64:0.5:1073741824:9:0:0:1:2:3:4\n";
        let nodes = ["pve1", "pve2"].map(|node| {
            format!("/etc/pve/.rrd:pve2-node/{node}:9::9000:0.5:16:0.2:0:9e9:1e9:0:0:1:1:1:1\n")
        });
        let first = "/etc/pve/.rrd:pve2.3-vm/101";
        text = text.replace(first, &format!("{}{line}{first}", nodes.concat()));
        text
    }

    /// What others have of both nodes, by what was read at 10 s and later.
    fn others(texts: &[(u64, String)]) -> [Option<(f64, f64)>; 2] {
        let (mut view, care, none) = (View::default(), care(CONFIG), InFlight::new());
        let mut now = Moment::default();
        for (second, text) in texts {
            now = Moment(std::time::Duration::from_secs(*second));
            view.update(now, ClusterRead::parse(text).unwrap(), &care, &none);
            view.settle(&care);
        }
        let nodes = view.node_inputs(now, &none);
        ["pve1", "pve2"].map(|node| {
            let input = nodes[&NodeName::try_from(node).unwrap()];
            input.others_memory.zip(input.others_vcpus)
        })
    }

    /// 101 is looked after, 103 is not by its entry, 250 is not selected; each has 2 GiB.
    const VMS: [(u32, &str, u64); 3] = [(101, "pve1", 1), (103, "pve1", 1), (250, "pve2", 1)];

    #[test]
    fn all_that_run_and_are_not_looked_after_are_counted() {
        let seen = others(&[(10, text(&VMS))]);
        assert_eq!(seen, [Some((2048.0, 2.0)), Some((3072.0, 2.0))]);
        let stopped = text(&VMS).replace("250:50:x:running", "250:50:x:stopped");
        assert_eq!(others(&[(10, stopped)])[1], Some((1024.0, 0.0)));
    }

    #[test]
    fn what_is_not_known_is_not_nothing() {
        let lost = text(&VMS).replace("pve2.3-vm/250", "pve2.4-vm/250");
        assert_eq!(others(&[(10, lost.clone())])[1], None);
        // What was known holds as long as a sample.
        for (later, known) in [(40, Some((3072.0, 2.0))), (41, None)] {
            assert_eq!(others(&[(10, text(&VMS)), (later, lost.clone())])[1], known);
        }
        let lost = text(&VMS).replace("pve2.3-vm/103", "pve2.4-vm/103");
        assert_eq!(others(&[(10, lost)]), [None, Some((3072.0, 2.0))]);
    }
}
