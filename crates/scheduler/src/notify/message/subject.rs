//! What a message is about.

use vm_autoscale_planner::Resource;
use vm_autoscale_proxmox::{ClusterName, NodeName, VmId};

/// What a message is about, without the figures that change: two of the same are the same message.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Subject {
    /// One kind of outcome of one kind of change of a VM.
    Change { cluster: ClusterName, vmid: VmId, memory: bool, grows: bool, kind: &'static str },
    /// Whether a channel delivers.
    Channel(&'static str),
    /// Whether a cluster can be seen.
    Cluster(ClusterName),
    /// What was so since the last one.
    Digest,
    /// That somebody else changed a VM.
    Others(ClusterName, VmId),
    /// Whether an administrator's pause holds, by its number.
    Pause(u64),
    /// Whether a cluster is paused by its file.
    PauseFile(ClusterName),
    /// Whether QEMU and config of a VM disagree.
    Quarantine(ClusterName, VmId),
    /// Whether the files could be read anew.
    Reload,
    /// Whether a VM wants more than it may have.
    Stuck(ClusterName, VmId, Resource),
    /// Whether the journal takes what a cluster's worker has to note.
    Journal(ClusterName),
    /// Whether the helper can be reached at the start; later on a cluster tells it.
    Helper,
    /// Whether a node is online.
    Node(ClusterName, NodeName),
    /// Whether a node can be worked with.
    Way(ClusterName, NodeName),
    /// Nothing: whether it arrives.
    Test,
}

impl Subject {
    pub(in crate::notify) fn cluster(&self) -> Option<&ClusterName> {
        match self {
            Self::Change { cluster, .. }
            | Self::Cluster(cluster)
            | Self::Journal(cluster)
            | Self::Node(cluster, _)
            | Self::Others(cluster, _)
            | Self::PauseFile(cluster)
            | Self::Quarantine(cluster, _)
            | Self::Stuck(cluster, ..)
            | Self::Way(cluster, _) => Some(cluster),
            Self::Channel(_)
            | Self::Digest
            | Self::Helper
            | Self::Pause(_)
            | Self::Reload
            | Self::Test => None,
        }
    }

    pub(in crate::notify) fn vmid(&self) -> Option<VmId> {
        match self {
            Self::Change { vmid, .. }
            | Self::Others(_, vmid)
            | Self::Quarantine(_, vmid)
            | Self::Stuck(_, vmid, _) => Some(*vmid),
            _ => None,
        }
    }
}
