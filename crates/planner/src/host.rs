//! Room on the nodes. It holds back growth, never shrinking.

use std::collections::BTreeMap;

use vm_autoscale_proxmox::NodeName;

use crate::input::Nodes;
use crate::reason::Percent;
use crate::{Move, NodeInput, PlannerConfig, Reason};

/// The nodes of one cycle, and what was granted on them in it.
pub(crate) struct Room<'a> {
    config: &'a PlannerConfig,
    nodes: &'a Nodes,
    /// MiB.
    granted: BTreeMap<&'a NodeName, f64>,
}

impl<'a> Room<'a> {
    pub(crate) fn new(config: &'a PlannerConfig, nodes: &'a Nodes) -> Self {
        Self { config, nodes, granted: BTreeMap::new() }
    }

    /// Whether the node has room for the move. What takes nothing always has.
    pub(crate) fn check(&self, node: &NodeName, step: Move) -> Result<(), Reason> {
        if !step.is_growth() {
            return Ok(());
        }
        let input = self.nodes.get(node).filter(|node| node.fresh).ok_or(Reason::NodeUnknown)?;
        let (used, limit) = match step {
            Move::Cpu { .. } => (input.cpu.map(|share| share * 100.0), self.config.max_host_cpu),
            Move::Memory { .. } => {
                (self.memory_after(node, input, step), self.config.max_host_memory)
            }
        };
        match used {
            None => Err(Reason::NodeUnknown),
            Some(used) if used > limit => Err(Reason::NodeFull(Percent(used), Percent(limit))),
            Some(_) => Ok(()),
        }
    }

    /// Counts the move against the node for the rest of the cycle.
    pub(crate) fn grant(&mut self, node: &'a NodeName, step: Move) {
        *self.granted.entry(node).or_default() += added_mib(step);
    }

    /// Percent of the node's memory in use with this and all that was granted already.
    fn memory_after(&self, name: &NodeName, node: &NodeInput, step: Move) -> Option<f64> {
        let granted = self.granted.get(name).copied().unwrap_or_default();
        let total = node.memory.filter(|total| *total > 0.0)?;
        Some(100.0 * (node.memory_used? + granted + added_mib(step)) / total)
    }
}

fn added_mib(step: Move) -> f64 {
    match step {
        Move::Memory { from, to } => (f64::from(to.get()) - f64::from(from.get())).max(0.0),
        Move::Cpu { .. } => 0.0,
    }
}
