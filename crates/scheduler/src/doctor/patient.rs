//! What the rules go by.

use vm_autoscale_planner::{CpuLever, MemoryLever, VmPolicy};
use vm_autoscale_proxmox::{NodeName, VmConfig, VmId};

/// A VM, as far as the daemon knows it.
#[derive(Debug, Clone)]
pub(crate) struct Patient<'a> {
    pub(crate) vmid: VmId,
    /// Nothing where it could not be read.
    pub(crate) config: Option<&'a VmConfig>,
    pub(crate) policy: &'a VmPolicy,
    pub(crate) node: &'a NodeName,
    /// Whether the cluster sees its node.
    pub(crate) node_online: bool,
    pub(crate) running: Option<bool>,
    /// What the HA manager does with it, when it is not steady.
    pub(crate) ha_move: Option<&'a str>,
    /// Of its cluster, as far as they said how many CPUs they have.
    pub(crate) nodes: &'a [Node],
    pub(crate) learnt: Learnt,
}

/// A node and its logical CPUs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) name: NodeName,
    pub(crate) cpus: u32,
}

/// What changes of ours, and questions to its guest, have shown. It is of the QEMU that runs now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Learnt {
    /// How often the guest kept vCPUs that were to be taken.
    pub(crate) vcpus_kept: u32,
    /// How often it kept DIMMs.
    pub(crate) dimms_kept: u32,
    /// It did not use the vCPUs that it was given last.
    pub(crate) unused_vcpus: bool,
    /// It does not use all memory that is plugged.
    pub(crate) unused_memory: bool,
    /// How many MiB of it, where it said so.
    pub(crate) guest_memory: Option<u32>,
    /// Whether its agent answered the last time.
    pub(crate) agent: Option<bool>,
    /// Whether its balloon driver did.
    pub(crate) driver: Option<bool>,
    /// What config and QEMU have where they disagree: vCPUs, MiB.
    pub(crate) differs: [Option<(u32, u32)>; 2],
    /// What stands in `[PENDING]` is of ours, and will be cleared.
    pub(crate) is_our_duty: bool,
}

impl Patient<'_> {
    /// Whether vCPUs are to be plugged.
    pub(super) fn wants_vcpus(&self) -> bool {
        self.policy.cpu.is_some() && self.policy.cpu_lever != CpuLever::Limit
    }

    /// Whether DIMMs are.
    pub(crate) fn wants_dimms(&self) -> bool {
        self.policy.memory.is_some() && self.policy.memory_lever == MemoryLever::Dimm
    }

    /// Whether the balloon is to be moved.
    pub(super) fn wants_balloon(&self) -> bool {
        self.policy.memory.is_some() && self.policy.memory_lever == MemoryLever::Balloon
    }

    /// The node with the fewest CPUs: a VM may be moved to any.
    pub(crate) fn fewest(&self) -> Option<&Node> {
        self.nodes.iter().min_by_key(|node| node.cpus)
    }

    /// Whether its guest is there to be told to do something.
    pub(super) fn may_run(&self) -> bool {
        self.running != Some(false)
    }
}
