//! What a message is about.

use vm_autoscale_proxmox::{ClusterName, NodeName, VmId};

/// What a message is about, without the figures that change: two of the same are the same message.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Subject {
    /// One kind of outcome of one kind of change of a VM.
    Change { cluster: ClusterName, vmid: VmId, memory: bool, grows: bool, kind: &'static str },
    /// Whether a cluster can be seen.
    Cluster(ClusterName),
    /// That somebody else changed a VM.
    Others(ClusterName, VmId),
    /// Whether QEMU and config of a VM disagree.
    Quarantine(ClusterName, VmId),
    /// Whether the journal takes what a cluster's worker has to note.
    Journal(ClusterName),
    /// Whether the helper can be reached at the start; later on a cluster tells it.
    Helper,
    /// Whether a node is online.
    Node(ClusterName, NodeName),
}

impl Subject {
    pub(in crate::notify) fn cluster(&self) -> Option<&ClusterName> {
        match self {
            Self::Change { cluster, .. }
            | Self::Cluster(cluster)
            | Self::Journal(cluster)
            | Self::Node(cluster, _)
            | Self::Others(cluster, _)
            | Self::Quarantine(cluster, _) => Some(cluster),
            Self::Helper => None,
        }
    }

    /// Of a change that did what it should: many, and none of them urgent.
    pub(in crate::notify) fn is_routine(&self) -> bool {
        matches!(self, Self::Change { kind: "verified", .. })
    }

    pub(in crate::notify) fn vmid(&self) -> Option<VmId> {
        match self {
            Self::Change { vmid, .. } | Self::Others(_, vmid) | Self::Quarantine(_, vmid) => {
                Some(*vmid)
            }
            Self::Cluster(_) | Self::Helper | Self::Journal(_) | Self::Node(..) => None,
        }
    }
}
