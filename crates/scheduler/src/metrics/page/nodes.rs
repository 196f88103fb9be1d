//! The nodes, and the helper's ways to them.

use std::fmt;

use vm_autoscale_protocol::NodeState;

use super::{Facts, MIB, share};
use crate::NodeStatus;
use crate::metrics::series::{Labels, Sheet};

const STATES: [(NodeState, &str); 7] = [
    (NodeState::AuthFailed, "auth-failed"),
    (NodeState::Connecting, "connecting"),
    (NodeState::HostKeyRefused, "host-key-refused"),
    (NodeState::Hung, "hung"),
    (NodeState::Idle, "idle"),
    (NodeState::Unreachable, "unreachable"),
    (NodeState::Up, "up"),
];
/// What guests have of a node, and what they may have.
const KINDS: [&str; 2] = ["taken", "limit"];

impl Facts {
    pub(super) fn nodes(&self, sheet: &mut Sheet<'_>) -> fmt::Result {
        let up = |node: &NodeStatus| Some(if node.online { 1.0 } else { 0.0 });
        sheet.gauges(("node_up", "1 while the cluster sees the node."), self.each_node(up))?;
        let cpu = self.each_node(|node| node.cpu.map(share));
        sheet.gauges(("node_cpu_ratio", "Busy CPUs, 0 to 1."), cpu)?;
        let memory = self.each_node(|node| node.memory.map(share));
        sheet.gauges(("node_memory_ratio", "Used memory, 0 to 1."), memory)?;
        let bytes = |node: &NodeStatus| node.memory_budget.map(|(a, b)| (a * MIB, b * MIB));
        let help = "Memory that running guests have (taken), and that they may have (limit).";
        sheet.gauges(("node_budget_bytes", help), self.budgets(bytes))?;
        let help = "vCPUs that running VMs have (taken), and that they may have (limit).";
        sheet.gauges(("node_budget_vcpus", help), self.budgets(|node| node.vcpus_budget))
    }

    fn each_node(
        &self,
        value: impl Fn(&NodeStatus) -> Option<f64>,
    ) -> impl Iterator<Item = (Labels<'_, 2>, f64)> {
        let nodes = self.report.clusters.iter().flat_map(|cluster| {
            cluster.nodes.iter().map(move |node| (cluster.name.as_str(), node))
        });
        nodes.filter_map(move |(cluster, node)| {
            Some(([("cluster", cluster), ("node", node.name.as_str())], value(node)?))
        })
    }

    fn budgets(
        &self,
        value: impl Fn(&NodeStatus) -> Option<(f64, f64)>,
    ) -> impl Iterator<Item = (Labels<'_, 3>, f64)> {
        let nodes = self.report.clusters.iter().flat_map(|cluster| {
            cluster.nodes.iter().map(move |node| (cluster.name.as_str(), node))
        });
        nodes.filter_map(move |(cluster, node)| Some((cluster, node, value(node)?))).flat_map(
            |(cluster, node, (taken, limit))| {
                KINDS.into_iter().zip([taken, limit]).map(move |(kind, value)| {
                    ([("cluster", cluster), ("node", node.name.as_str()), ("kind", kind)], value)
                })
            },
        )
    }

    pub(super) fn ways(&self, sheet: &mut Sheet<'_>) -> fmt::Result {
        let states = self.report.ways.iter().flat_map(|way| {
            STATES.into_iter().map(|(state, word)| {
                let of = [("cluster", way.cluster.as_str()), ("node", way.node.as_str())];
                let [cluster, node] = of;
                ([cluster, node, ("state", word)], u32::from(way.state == state))
            })
        });
        let help = "1 for what is so with the helper's way to the node.";
        sheet.gauges(("node_ssh_state", help), states)?;
        let hung = self.report.ways.iter().map(|way| {
            ([("cluster", way.cluster.as_str()), ("node", way.node.as_str())], way.hung)
        });
        sheet.gauges(("node_ssh_hung_commands", "Commands that do not end there."), hung)
    }
}
