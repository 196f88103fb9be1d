//! Why the helper did not do as asked.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use vm_autoscale_node::NodeName;

use crate::{INTERFACE, Reply};

/// An error reply. Each says whom to blame and whether anything can have happened on the node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "name", content = "parameters", deny_unknown_fields)]
pub enum HelperError {
    /// The request is none; the connection is closed after it. Ours to blame.
    #[error("the helper did not understand the request: {message}")]
    BadRequest {
        /// What is wrong with it.
        message: String,
    },
    /// A read failed on the node. Nothing was changed.
    #[error("{node}: the command failed (exit {exit}): {message}")]
    Failed {
        /// The node asked.
        node: NodeName,
        /// Its exit code.
        exit: i64,
        /// The end of what it wrote on standard error.
        message: String,
    },
    /// The node's host key is not one that the administrator pinned. Nothing was sent.
    #[error("{node}: {message}")]
    HostKey {
        /// The node asked.
        node: NodeName,
        /// File, line, fingerprints and what to run.
        message: String,
    },
    /// The helper's own rules forbid it. Nothing was sent.
    #[error("the helper refuses: {message}")]
    Refused {
        /// Which rule.
        rule: Rule,
        /// What was asked, what is allowed, and where that is written.
        message: String,
    },
    /// The answer is longer than its limit; none is better than half of one.
    #[error("{node}: the answer is longer than {limit} bytes")]
    TooLarge {
        /// The node asked.
        node: NodeName,
        /// The limit in bytes.
        limit: u64,
    },
    /// The command was sent and its end was not seen: whether it ran is not known.
    #[error("{node}: the outcome is unknown: {message}")]
    Unknown {
        /// The node asked.
        node: NodeName,
        /// What happened.
        message: String,
    },
    /// No session with the node. Nothing was sent.
    #[error("{node}: unreachable: {message}")]
    Unreachable {
        /// The node asked.
        node: NodeName,
        /// Network, login or back-off.
        message: String,
    },
}

/// The rules of the helper, as `helper.yaml` has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// Smallest and largest size.
    Bounds,
    /// Only listed clusters.
    Clusters,
    /// Only on a config that the helper itself has read.
    Digest,
    /// Only sizes of the DIMM ladder.
    Ladder,
    /// Only listed nodes.
    Nodes,
    /// Only where nothing of others waits for the next start.
    Pending,
    /// Only so many changes a minute.
    Rates,
    /// Nothing at all.
    ReadOnly,
    /// Only what could be written down before: the machine is to blame.
    Record,
    /// Only what the helper itself left behind is cleared.
    Revert,
    /// Only so much at once.
    Step,
    /// Only so much memory of all listed VMs together.
    TotalMemory,
    /// Only listed VMs.
    Vms,
}

impl HelperError {
    /// As a reply.
    #[must_use]
    pub fn to_reply(&self) -> Reply {
        let mut value =
            serde_json::to_value(self).unwrap_or_else(|_| json!({"name": "BadRequest"}));
        let name = value.get("name").and_then(Value::as_str).unwrap_or("BadRequest");
        let error = Some(format!("{INTERFACE}.{name}"));
        let parameters = value.get_mut("parameters").map(Value::take).unwrap_or_default();
        Reply { error, parameters, continues: false }
    }

    /// Reads an error reply; `None` when the reply is no error of the helper's.
    #[must_use]
    pub fn from_reply(reply: &Reply) -> Option<Self> {
        let name = reply.error.as_deref()?.strip_prefix(INTERFACE)?.strip_prefix('.')?;
        serde_json::from_value(json!({"name": name, "parameters": reply.parameters})).ok()
    }
}
