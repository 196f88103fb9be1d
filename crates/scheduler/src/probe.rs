//! How each node answers now, and what guards our key there: for whoever asks, not for the daemon.

use std::time::Instant;

use serde::Serialize;
use vm_autoscale_protocol::{FoundGate, NodeHealth, NodeState};
use vm_autoscale_proxmox::{ClusterName, NodeName};

use crate::{AskError, HelperClient};

/// What one node made of a question.
#[derive(Debug, Clone, Serialize)]
pub struct NodeProbe {
    /// The cluster.
    pub cluster: ClusterName,
    /// The node.
    pub node: NodeName,
    /// How the way there is, after the question.
    pub state: NodeState,
    /// How long the answer took over a session that was open, in milliseconds; absent where there
    /// was none.
    pub latency_ms: Option<u64>,
    /// What guards our key; absent where that is not known.
    pub gate: Option<FoundGate>,
    /// What went wrong.
    pub error: Option<String>,
}

impl NodeProbe {
    /// Whether it answered, and nobody has to look after it.
    #[must_use]
    pub fn is_well(&self) -> bool {
        self.latency_ms.is_some() && !self.state.is_trouble()
    }
}

/// Asks every node of `helper.yaml`, one after the other: the helper hears few at a time, and the
/// daemon is one of them.
///
/// # Errors
/// The helper is not there, or busy.
pub async fn probe(helper: &HelperClient) -> Result<Vec<NodeProbe>, AskError> {
    let mut probes = Vec::new();
    for NodeHealth { cluster, node, state, .. } in helper.nodes().await? {
        let mut answer = ask(helper, (&cluster, &node)).await;
        if answer.is_ok() && state != NodeState::Up {
            // The first one had a login before it.
            answer = ask(helper, (&cluster, &node)).await;
        }
        let (latency_ms, gate, error) = match answer {
            Ok((ms, gate)) => (Some(ms), Some(gate), None),
            Err(error) => (None, None, Some(error.to_string())),
        };
        probes.push(NodeProbe { cluster, node, state, latency_ms, gate, error });
    }
    for now in helper.nodes().await? {
        let same = |probe: &&mut NodeProbe| probe.cluster == now.cluster && probe.node == now.node;
        if let Some(probe) = probes.iter_mut().find(same) {
            probe.state = now.state;
        }
    }
    Ok(probes)
}

async fn ask(
    helper: &HelperClient,
    (cluster, node): (&ClusterName, &NodeName),
) -> Result<(u64, FoundGate), AskError> {
    let begun = Instant::now();
    let gate = helper.read_gate(cluster, node).await?;
    Ok((begun.elapsed().as_millis().try_into().unwrap_or(u64::MAX), gate))
}
