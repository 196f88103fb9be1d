//! Room on the nodes. It holds back growth, never shrinking.

use std::collections::BTreeMap;

use vm_autoscale_proxmox::NodeName;

use crate::input::Nodes;
use crate::reason::Percent;
use crate::{Moment, Move, NodeInput, PlannerConfig, Reason};

/// The nodes of one cycle, and what was granted on them in it.
pub(crate) struct Room<'a> {
    config: &'a PlannerConfig,
    nodes: &'a Nodes,
    /// Of earlier cycles.
    grants: &'a [(NodeName, Moment, f64)],
    granted: BTreeMap<&'a NodeName, Granted>,
}

#[derive(Default)]
struct Granted {
    mib: f64,
    changes: usize,
}

/// As many as the helper has channels for; more would wait there while their reasons age.
const CHANGES_PER_NODE: usize = 2;

impl<'a> Room<'a> {
    pub(crate) fn new(
        config: &'a PlannerConfig,
        nodes: &'a Nodes,
        grants: &'a [(NodeName, Moment, f64)],
    ) -> Self {
        Self { config, nodes, grants, granted: BTreeMap::new() }
    }

    /// Whether the node has room for the move. What takes nothing has, when a channel is free.
    pub(crate) fn check(&self, node: &NodeName, step: Move) -> Result<(), Reason> {
        let under_way = self.nodes.get(node).map_or(0, |node| node.changing);
        let changes = under_way + self.granted.get(node).map_or(0, |granted| granted.changes);
        if changes >= CHANGES_PER_NODE {
            return Err(Reason::NodeBusy(changes));
        }
        if !step.is_growth() {
            return Ok(());
        }
        let input = self.nodes.get(node).filter(|node| node.fresh).ok_or(Reason::NodeUnknown)?;
        let (used, limit) = match step {
            Move::Cpu { .. } | Move::CpuLimit { .. } => {
                (input.cpu.map(|share| share * 100.0), self.config.max_host_cpu)
            }
            Move::Memory { .. } | Move::Balloon { .. } => {
                (self.memory_after(node, input, step), self.config.max_host_memory)
            }
        };
        match used {
            None => Err(Reason::NodeUnknown),
            Some(used) if used > limit => Err(Reason::NodeFull(Percent(used), Percent(limit))),
            Some(_) => Ok(()),
        }
    }

    /// Counts the move against the node for the rest of the cycle; the MiB that are to be counted
    /// for longer.
    pub(crate) fn grant(&mut self, node: &'a NodeName, step: Move) -> Option<f64> {
        let granted = self.granted.entry(node).or_default();
        granted.mib += added_mib(step);
        granted.changes += 1;
        Some(added_mib(step)).filter(|mib| *mib > 0.0)
    }

    /// Percent of the node's memory in use with this and all that was granted already.
    fn memory_after(&self, name: &NodeName, node: &NodeInput, step: Move) -> Option<f64> {
        let earlier = self.grants.iter().filter(|(node, ..)| node == name);
        let granted = self.granted.get(name).map_or(0.0, |granted| granted.mib)
            + earlier.map(|(.., mib)| mib).sum::<f64>();
        let total = node.memory.filter(|total| *total > 0.0)?;
        Some(100.0 * (node.memory_used? + granted + added_mib(step)) / total)
    }
}

fn added_mib(step: Move) -> f64 {
    f64::from(step.added_mib())
}
