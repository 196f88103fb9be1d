//! What the helper answers.

use std::fmt::{Display, Formatter};

use serde::{Deserialize, Serialize};
use vm_autoscale_node::{ClusterName, Digest, Gate, GateVersion, NodeName, VmId};

/// The answer to `Hello`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hello {
    /// The helper's version.
    pub version: String,
    /// The protocol that it speaks.
    pub protocol: u32,
    /// Another one after every start of the helper.
    pub instance: String,
    /// What it may reach.
    pub clusters: Vec<ClusterInfo>,
    /// What its process gave up.
    pub sandbox: Sandbox,
}

/// What the helper's process gave up once it listened, beside every capability that it could use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sandbox {
    /// The version of Landlock that limits files, from 4 on TCP ports, and from 6 on signals and
    /// abstract sockets. 0 where there is none.
    pub landlock: u32,
    /// Whether seccomp denies all system calls but those of a list.
    pub seccomp: bool,
    /// Whether no program that it could execute would gain a capability either. Root's helper can
    /// see to that; that of another user rests on `no_new_privs`.
    pub bounding_set_empty: bool,
}

impl Display for Sandbox {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        match self.landlock {
            0 => f.write_str("no Landlock")?,
            abi => write!(f, "Landlock {abi}")?,
        }
        f.write_str(if self.seccomp { ", seccomp" } else { ", no seccomp" })?;
        f.write_str(", no capabilities")?;
        f.write_str(if self.bounding_set_empty { "" } else { " but a bounding set" })
    }
}

/// A cluster that the helper may reach.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClusterInfo {
    /// Its name in `helper.yaml`.
    pub name: ClusterName,
    /// Its nodes there.
    pub nodes: Vec<NodeName>,
}

/// A part of the answer to `ReadCluster`. One of another node than the part before begins the text
/// anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClusterPiece {
    /// The node that answered.
    pub node: NodeName,
    /// The text goes on here.
    pub piece: String,
}

/// One of the answers to `ReadConfigs`, in the order asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigReply {
    /// The VM.
    pub vmid: VmId,
    /// Its config; absent when there is no such file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<FoundConfig>,
}

/// A config without what no decision needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FoundConfig {
    /// Of the whole raw file.
    pub digest: Digest,
    /// As `vm_autoscale_node::redact` leaves it.
    pub text: String,
}

/// The answer to `ReadGate`: no word of it is the node's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FoundGate {
    /// What is so.
    pub state: GateState,
    /// Absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<GateVersion>,
}

/// Whether a node guards our key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GateState {
    /// The gate alone is what our key opens.
    Forced,
    /// The gate is there, and our key opens more.
    Installed,
    /// There is none.
    None,
}

impl From<Option<Gate>> for FoundGate {
    fn from(gate: Option<Gate>) -> Self {
        let (state, version) = match gate {
            Some(Gate::Forced(version)) => (GateState::Forced, Some(version)),
            Some(Gate::Installed(version)) => (GateState::Installed, Some(version)),
            None => (GateState::None, None),
        };
        Self { state, version }
    }
}

/// The answer to `ReadPools`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FoundPools {
    /// As `vm_autoscale_node::redact_pools` leaves it.
    pub text: String,
}

/// A command that ran to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Executed {
    /// Its exit code.
    pub exit: i64,
    /// What it wrote, as text.
    pub stdout: String,
    /// What it complained about, as text.
    pub stderr: String,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
}

/// The answer to `org.varlink.service.GetInfo`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Info {
    /// Who made it.
    pub vendor: String,
    /// What it is.
    pub product: String,
    /// Its version.
    pub version: String,
    /// Where it lives.
    pub url: String,
    /// What it speaks.
    pub interfaces: Vec<String>,
}

/// The answer to `org.varlink.service.GetInterfaceDescription`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InterfaceDescription {
    /// Varlink IDL.
    pub description: String,
}
