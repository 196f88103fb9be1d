//! What is said to a node, and what of its answers the helper itself has to understand: the
//! identifiers and sizes that commands are made of, the commands, and the parts of `/etc/pve` that
//! hold secrets or bounds.
//!
//! A leaf: no I/O, no async, no clock. All that helper and gate need to know of Proxmox VE is here;
//! `vm-autoscale-proxmox` passes it on and adds what only decisions need.

mod amounts;
mod command;
mod conf;
mod config_read;
mod gate;
mod ids;
mod ladder;
mod listing;
mod pools;
mod vmlist;

pub use amounts::{BalloonMib, CpuLimit, MemoryMib, Vcpus};
pub use command::{
    ANCHOR, CommandLineError, ConfigFile, ConfigFiles, HA_STATUS, MEMBERS, MonitorQuery,
    NodeCommand, PAUSE, PendingOption, RRD, VERSION, VMLIST,
};
pub use conf::{
    Hotplug, Identity, MemoryTies, Numbers, OtherHotplug, PendingValue, Tags, VmConfig, redact,
};
pub use config_read::split_configs;
pub use gate::{Gate, GateVersion};
pub use ids::{ClusterName, Digest, NodeName, VmId};
pub use ladder::Ladder;
pub use listing::Listing;
pub use pools::{Pools, redact_pools};
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
    /// A gate's version is not three numbers.
    #[error("`{0}` is not a version of the gate (three numbers, as 1.2.3)")]
    GateVersion(String),
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
    /// A text of `what` that cannot be read, and why.
    pub fn format(what: &'static str, detail: impl Into<String>) -> Self {
        Self::Format { what, detail: detail.into() }
    }
}
