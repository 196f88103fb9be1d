//! What the lab counted.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use vm_autoscale_proxmox::NodeName;

/// Counters since the lab's start.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stats {
    /// Whether the kernel keeps the lab from writing outside its directory.
    pub confined: bool,
    /// TCP connections to the SSH server.
    pub connections: u64,
    /// Sessions that were authenticated.
    pub logins: u64,
    /// Those by node.
    pub logins_by_node: BTreeMap<NodeName, u64>,
    /// Exec requests on authenticated sessions.
    pub execs: u64,
    /// Lines that are none of vm-autoscale's commands, and requests for a shell, a terminal, a
    /// subsystem or the like.
    pub refused: u64,
    /// Public keys offered or signed with before a session was authenticated.
    pub auth_requests: u64,
    /// Bytes received on sessions before they were authenticated: key exchange and login only,
    /// as no request is taken before.
    pub pre_auth_bytes: u64,
    /// Events of the scenario that could not be.
    pub refused_controls: u64,
    /// Executed commands by kind.
    pub commands: BTreeMap<String, u64>,
    /// Commands by kind that hang now.
    #[serde(default)]
    pub hanging: BTreeMap<String, u64>,
    /// Changes that exited zero.
    pub changes_zero: u64,
    /// Changes that did not.
    pub changes_nonzero: u64,
    /// Changes that ended with their node.
    #[serde(default)]
    pub changes_cut_off: u64,
    /// Entries of the history that were counted only.
    pub history_dropped: u64,
}
