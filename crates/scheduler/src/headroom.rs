//! What `vm-autoscale headroom` shows: what nodes have for who grows, who may have it, and who
//! would be refused.

use serde::{Deserialize, Serialize};
use vm_autoscale_planner::Move;
use vm_autoscale_proxmox::{ClusterName, NodeName, VmId};

pub use crate::control::fetch_headroom;

/// Of which.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeadroomOrder {
    /// Only this node; every one where none is named.
    #[serde(default)]
    pub node: Option<NodeName>,
}

/// Of all clusters.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct HeadroomReport {
    /// By name.
    pub clusters: Vec<ClusterRoom>,
    /// Which clusters could not be asked, and why.
    pub problems: Vec<String>,
}

/// One cluster.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClusterRoom {
    /// Its name in `helper.yaml`.
    pub name: ClusterName,
    /// By name.
    pub nodes: Vec<NodeRoom>,
}

/// One node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NodeRoom {
    /// Its name.
    pub name: NodeName,
    /// Why nothing grows there, or not by what a limit is for that is not among `limits`.
    pub unknown: Option<String>,
    /// The limit that leaves least memory.
    pub memory: Option<Room>,
    /// The limit that leaves fewest vCPUs.
    pub vcpus: Option<Room>,
    /// All of its limits that are known.
    pub limits: Vec<Room>,
    /// The VMs there that are looked after; who uses most of what it has comes first.
    pub vms: Vec<VmRoom>,
}

/// One limit, in MiB or vCPUs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Room {
    /// A stable word: `committed`, `used` or `vcpus`.
    pub limit: String,
    /// The keys that set it.
    pub keys: String,
    /// By who has it, and by what is granted.
    pub taken: f64,
    /// At most.
    pub of: f64,
    /// What is left; 0 where more is taken than may be.
    pub free: f64,
}

/// One VM.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VmRoom {
    /// Its number.
    pub vmid: VmId,
    /// Its name.
    pub name: Option<String>,
    /// How far decisions are carried out.
    pub mode: String,
    /// How much of its vCPUs or of its memory it uses, whichever is more, in percent.
    pub pressure: Option<f64>,
    /// Its vCPUs.
    pub cpu: GrowthStatus,
    /// Its memory.
    pub memory: GrowthStatus,
}

/// How far one resource of a VM could grow now if nobody else did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GrowthStatus {
    /// The largest change that the node has room for, in one step or in many.
    pub most: Option<Move>,
    /// What ends it there.
    pub end: GrowthEnd,
    /// The same for people.
    pub why: String,
}

/// What ends growth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GrowthEnd {
    /// It is at the largest size that it may have.
    Bounds,
    /// The next step would be refused: its node has no room, or nobody knows.
    Node,
    /// The VM is left alone, or cannot be changed.
    Vm,
    /// Its mode adds nothing.
    Mode,
}
