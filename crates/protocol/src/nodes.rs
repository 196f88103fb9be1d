//! How the ways to the nodes are.

use serde::{Deserialize, Serialize};
use vm_autoscale_node::{ClusterName, NodeName};

/// The answer to `ReadNodes`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nodes {
    /// Every node of `helper.yaml`, in its order.
    pub nodes: Vec<NodeHealth>,
}

/// How the way to one node is. No node is asked for this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeHealth {
    /// The cluster.
    pub cluster: ClusterName,
    /// The node.
    pub node: NodeName,
    /// What is so.
    pub state: NodeState,
    /// For how long, in seconds.
    pub since_s: u64,
    /// What went wrong; absent where nothing did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Commands that were sent there and do not end; they keep their places.
    pub hung: u32,
}

/// What is so with a node, as far as the helper had to do with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeState {
    /// The login is refused; it is tried once a minute.
    AuthFailed,
    /// The first session is being opened.
    Connecting,
    /// Its host key is not one that the administrator pinned.
    HostKeyRefused,
    /// It takes commands and does not end them.
    Hung,
    /// There is no session, and nothing speaks against one: most nodes of a cluster are never
    /// asked.
    Idle,
    /// It does not answer.
    Unreachable,
    /// There is a session.
    Up,
}

impl NodeState {
    /// Whether a person should look after it.
    #[must_use]
    pub fn is_trouble(self) -> bool {
        !matches!(self, Self::Connecting | Self::Idle | Self::Up)
    }

    /// As told to people.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::AuthFailed => "login refused",
            Self::Connecting => "connecting",
            Self::HostKeyRefused => "host key refused",
            Self::Hung => "commands hang",
            Self::Idle => "not in use",
            Self::Unreachable => "unreachable",
            Self::Up => "up",
        }
    }
}
