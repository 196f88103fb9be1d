//! What only decisions need of Proxmox VE: the figures of `.rrd`, members, HA, what QEMU and guests
//! say, and what error texts mean. What is said to a node is `vm-autoscale-node`, which this passes
//! on.
//!
//! No I/O, no async, no clock. Facts are from qemu-server 7.4 to 9.2 and pmxcfs 9.1; where one was
//! seen with the real tools, the item that rests on it says so.

mod cluster_read;
mod failure;
mod ha;
mod members;
mod rrd;
mod running;

pub use cluster_read::ClusterRead;
pub use failure::Failure;
pub use ha::HaMoves;
pub use members::{Member, Members, PmxcfsVersion};
pub use rrd::{NodeLine, RrdLine, VmLine, VmStatus};
pub use running::{
    GuestMemory, is_not_running, parse_balloon, parse_guest_stats, parse_guest_vcpus,
    parse_hotpluggable_cpus, parse_memory_size_summary,
};
pub use vm_autoscale_node::{
    BalloonMib, ClusterName, CommandLineError, ConfigFile, ConfigFiles, CpuLimit, Digest, Error,
    GuestKind, Hotplug, Identity, Ladder, MemoryMib, MemoryTies, MonitorQuery, NodeCommand,
    NodeName, Numbers, OtherHotplug, PendingOption, PendingValue, Pools, Tags, Vcpus, VmConfig,
    VmEntry, VmId, VmList, redact, redact_pools, split_configs,
};
