//! What is told of clusters, nodes and VMs.

use vm_autoscale_planner::Resource;
use vm_autoscale_protocol::NodeHealth;
use vm_autoscale_proxmox::{ClusterName, NodeName, VmId};

use super::{Message, Subject};
use crate::Intent;
use crate::act::Settled;

impl Message {
    pub(in crate::notify) fn of_change(intent: &Intent, settled: &Settled) -> Self {
        let Intent { cluster, node, vmid, step, .. } = intent;
        let Settled { outcome, reverted, .. } = settled;
        let kind = outcome.kind();
        let subject = Subject::Change {
            cluster: cluster.clone(),
            vmid: *vmid,
            memory: step.resource() == Resource::Memory,
            grows: step.is_growth(),
            kind,
        };
        let title = format!("VM {vmid}: {step} {outcome}");
        let told = intent.told(outcome, *reverted);
        let text = format!("VM {vmid}: {step} {told}\n\nnode {node}, cluster {cluster}\n");
        Self::new(subject, kind, Some(node.clone()), &title, &text)
    }

    pub(in crate::notify) fn of_cluster(cluster: &ClusterName, problem: Option<&str>) -> Self {
        let (kind, title) = match problem {
            Some(_) => ("cluster-unseen", format!("cluster {cluster} cannot be seen")),
            None => ("cluster-seen", format!("cluster {cluster} is seen again")),
        };
        let text = problem.map_or_else(
            || format!("{title}\n"),
            |problem| format!("{title}: {problem}\n\nNone of its VMs is changed meanwhile.\n"),
        );
        Self::new(Subject::Cluster(cluster.clone()), kind, None, &title, &text)
    }

    /// Whether the journal works; nothing is changed while it does not.
    pub(in crate::notify) fn of_journal(cluster: &ClusterName, problem: Option<&str>) -> Self {
        let (kind, title) = match problem {
            Some(_) => ("journal-failed", format!("cluster {cluster}: the journal does not work")),
            None => ("journal-works", format!("cluster {cluster}: the journal works again")),
        };
        let then = |problem: &str| format!(": {problem}\n\nNone of its VMs is changed meanwhile.");
        let text = format!("{title}{}\n", problem.map(then).unwrap_or_default());
        Self::new(Subject::Journal(cluster.clone()), kind, None, &title, &text)
    }

    /// That somebody else changed a VM.
    pub(in crate::notify) fn of_others(cluster: &ClusterName, vmid: VmId, what: &str) -> Self {
        let title = format!("VM {vmid} was changed by someone else");
        let then = "Its new size is the one to go on from. Where nobody did that by hand, another \
                    autoscaler (or a second one of this kind) is at work on this VM.";
        let text = format!("{title}: {what}\n\n{then}\n\ncluster {cluster}\n");
        let subject = Subject::Others(cluster.clone(), vmid);
        Self::new(subject, "changed-by-others", None, &title, &text)
    }

    /// Whether QEMU and config of a VM disagree.
    pub(in crate::notify) fn of_quarantine(
        cluster: &ClusterName,
        vmid: VmId,
        why: Option<&str>,
    ) -> Self {
        let (kind, title) = match why {
            Some(_) => ("quarantined", format!("VM {vmid} is quarantined")),
            None => ("released", format!("VM {vmid} is no longer quarantined")),
        };
        let why = why.map(|why| format!(": {why}")).unwrap_or_default();
        let text = format!("{title}{why}\n\ncluster {cluster}\n");
        Self::new(Subject::Quarantine(cluster.clone(), vmid), kind, None, &title, &text)
    }

    pub(in crate::notify) fn of_helper(problem: Option<&str>) -> Self {
        let (kind, title, then) = match problem {
            Some(problem) => {
                let then = format!(": {problem}\n\nNo VM is changed meanwhile.\n");
                ("helper-unreached", "the helper cannot be reached", then)
            }
            None => ("helper-met", "the helper is met", "\n".to_owned()),
        };
        Self::new(Subject::Helper, kind, None, title, &format!("{title}{then}"))
    }

    /// Whether a node that its cluster sees can be worked with: a login or a host key that is
    /// refused, commands that hang.
    pub(in crate::notify) fn of_way(way: &NodeHealth) -> Self {
        let NodeHealth { cluster, node, state, error, .. } = way;
        let (kind, title, then) = if state.is_trouble() {
            let why = error.as_deref().map(|error| format!(": {error}")).unwrap_or_default();
            let then = "None of its VMs is changed meanwhile; those of other nodes are.";
            let title = format!("node {node} of cluster {cluster}: {}", state.text());
            ("node-unusable", title, format!("{why}\n\n{then}\n"))
        } else {
            let title = format!("node {node} of cluster {cluster} can be worked with again");
            ("node-usable", title, "\n".to_owned())
        };
        let subject = Subject::Way(cluster.clone(), node.clone());
        let text = format!("{title}{then}");
        Self::new(subject, kind, Some(node.clone()), &title, &text)
    }

    pub(in crate::notify) fn of_node(cluster: &ClusterName, node: &NodeName, online: bool) -> Self {
        let (kind, state, then) = if online {
            ("node-back", "online again", "")
        } else {
            ("node-offline", "offline", "\nIts VMs are left alone meanwhile.\n")
        };
        let title = format!("node {node} of cluster {cluster} is {state}");
        let text = format!("{title}\n{then}");
        let subject = Subject::Node(cluster.clone(), node.clone());
        Self::new(subject, kind, Some(node.clone()), &title, &text)
    }
}
