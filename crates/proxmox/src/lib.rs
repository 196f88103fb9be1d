//! What is true of Proxmox VE: its identifiers and sizes, the text formats of `/etc/pve`, the
//! commands that this project may run on a node, and what their error texts mean.
//!
//! A leaf: no I/O, no async, no clock. Facts are from qemu-server 7.4 to 9.2 and pmxcfs 9.1;
//! where one was seen with the real tools, the item that rests on it says so.

mod amounts;
mod cluster_read;
mod command;
mod conf;
mod config_read;
mod failure;
mod ha;
mod ids;
mod ladder;
mod members;
mod pools;
mod rrd;
mod running;
mod vmlist;

pub use amounts::{BalloonMib, CpuLimit, MemoryMib, Vcpus};
pub use cluster_read::ClusterRead;
pub use command::{
    CommandLineError, ConfigFile, ConfigFiles, MonitorQuery, NodeCommand, PendingOption,
};
pub use conf::{Hotplug, Identity, PendingValue, Tags, VmConfig, redact};
pub use config_read::split_configs;
pub use failure::Failure;
pub use ha::HaMoves;
pub use ids::{ClusterName, Digest, NodeName, VmId};
pub use ladder::Ladder;
pub use members::{Member, Members, PmxcfsVersion};
pub use pools::{Pools, redact_pools};
pub use rrd::{NodeLine, RrdLine, VmLine, VmStatus};
pub use running::{
    GuestMemory, is_not_running, parse_balloon, parse_guest_stats, parse_guest_vcpus,
    parse_hotpluggable_cpus, parse_memory_size_summary,
};
pub use vmlist::{GuestKind, VmEntry, VmList};

/// Why a text is not what Proxmox would have written. Blames the node's answer or, for values
/// that come from a file of ours, the configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A cluster's name is not one DNS label.
    #[error(
        "`{0}` is not a cluster name (one DNS label: letters, digits and inner hyphens, at most 63)"
    )]
    ClusterName(String),
    /// A digest is not 40 lower-case hexadecimal digits.
    #[error("`{0}` is not a config digest (40 hexadecimal digits)")]
    Digest(String),
    /// A text is not in the format that the named file or command has.
    #[error("{what}: {detail}")]
    Format {
        /// The file or command that answered.
        what: &'static str,
        /// What is wrong with it.
        detail: String,
    },
    /// A node's name is not one DNS label.
    #[error(
        "`{0}` is not a node name (one DNS label: letters, digits and inner hyphens, at most 63)"
    )]
    NodeName(String),
    /// A number is outside what Proxmox takes.
    #[error("{what} {value} is outside {min} to {max}{unit}")]
    Range {
        /// The quantity.
        what: &'static str,
        /// What was given.
        value: String,
        /// Smallest that Proxmox takes.
        min: &'static str,
        /// Largest that Proxmox takes.
        max: &'static str,
        /// The unit with a leading blank, or empty.
        unit: &'static str,
    },
}

impl Error {
    pub(crate) fn format(what: &'static str, detail: impl Into<String>) -> Self {
        Self::Format { what, detail: detail.into() }
    }
}
