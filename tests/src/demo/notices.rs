//! What one look at the status shows that the one before did not.

use std::collections::{BTreeMap, BTreeSet};

use vm_autoscale_planner::Resource;
use vm_autoscale_proxmox::{NodeName, VmId};
use vm_autoscale_scheduler::{ClusterStatus, Event, StatusReport};

/// What the demo's cluster goes through; each is to be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sight {
    Growth,
    Shrink,
    Locked,
    Migration,
    RefusedUnplug,
    DeadNode,
    NodeBack,
}

impl Sight {
    pub(super) const ALL: [(Self, &str); 7] = [
        (Self::Growth, "growth"),
        (Self::Shrink, "shrink"),
        (Self::Locked, "a locked VM"),
        (Self::Migration, "a migration"),
        (Self::RefusedUnplug, "a refused unplug"),
        (Self::DeadNode, "a dead node"),
        (Self::NodeBack, "the node coming back"),
    ];
}

/// What was seen so far.
#[derive(Debug, Default)]
pub(super) struct Notices {
    pub(super) seen: BTreeSet<Sight>,
    told: u64,
    places: BTreeMap<VmId, NodeName>,
    locked: BTreeSet<VmId>,
    dead: BTreeSet<NodeName>,
}

impl Notices {
    /// What is new, one line each.
    pub(super) fn look(&mut self, status: &StatusReport) -> Vec<String> {
        let mut lines = Vec::new();
        for event in status.recent.iter().filter(|event| event.number > self.told) {
            lines.push(event.to_string());
            self.seen.extend(sight(event));
        }
        self.told = status.recent.last().map_or(self.told, |event| event.number);
        for cluster in &status.clusters {
            self.nodes(cluster, &mut lines);
            self.vms(cluster, &mut lines);
        }
        lines
    }

    fn nodes(&mut self, cluster: &ClusterStatus, lines: &mut Vec<String>) {
        for node in &cluster.nodes {
            if !node.online && self.dead.insert(node.name.clone()) {
                lines.push(format!("{}: offline, its VMs are left alone", node.name));
                self.seen.insert(Sight::DeadNode);
            }
            // Back is one whose figures come again, not one that merely answers.
            if node.online && node.fresh && self.dead.remove(&node.name) {
                lines.push(format!("{}: back, with new figures", node.name));
                self.seen.insert(Sight::NodeBack);
            }
        }
    }

    fn vms(&mut self, cluster: &ClusterStatus, lines: &mut Vec<String>) {
        for vm in &cluster.vms {
            let before = self.places.insert(vm.vmid, vm.node.clone());
            if let Some(before) = before.filter(|before| *before != vm.node) {
                lines.push(format!("VM {}: migrated from {before} to {}", vm.vmid, vm.node));
                self.seen.insert(Sight::Migration);
            }
            if vm.cpu.starts_with("locked (") {
                if self.locked.insert(vm.vmid) {
                    lines.push(format!("VM {}: {}, left alone", vm.vmid, vm.cpu));
                    self.seen.insert(Sight::Locked);
                }
            } else if self.locked.remove(&vm.vmid) {
                lines.push(format!("VM {}: not locked any more", vm.vmid));
            }
        }
    }
}

fn sight(event: &Event) -> Option<Sight> {
    let shrinks = !event.step.is_growth();
    match event.verified {
        true if shrinks => Some(Sight::Shrink),
        true => Some(Sight::Growth),
        false => {
            let refused = shrinks && event.text.contains("refused by the guest");
            (refused && event.step.resource() == Resource::Cpu).then_some(Sight::RefusedUnplug)
        }
    }
}
