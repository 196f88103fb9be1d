//! How each node answers now, what guards our key there, and how its clock is: for whoever asks,
//! not for the daemon.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use serde::Serialize;
use vm_autoscale_protocol::{FoundGate, NodeHealth, NodeState, Sandbox};
use vm_autoscale_proxmox::{ClusterName, NodeName};

use crate::{AskError, Helper as _, HelperClient};

mod clock;

/// Seconds by which two clocks that somebody looks after never differ.
const MAX_SKEW: u64 = 30;

/// What the helper and its nodes made of the questions.
#[derive(Debug, Clone, Serialize)]
pub struct Probe {
    /// The helper.
    pub helper: HelperFacts,
    /// The node that answers for each cluster; one of which none does is not in it.
    pub answered_by: BTreeMap<ClusterName, NodeName>,
    /// Every node of `helper.yaml`.
    pub nodes: Vec<NodeProbe>,
}

/// What the helper says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HelperFacts {
    /// Its version.
    pub version: String,
    /// The protocol that it speaks, which is ours.
    pub protocol: u32,
    /// What its process gave up.
    pub sandbox: Sandbox,
}

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
    /// Seconds that its clock is ahead of this machine's, negative where it is behind; absent where
    /// that is not known.
    pub clock_ahead_s: Option<i64>,
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

    /// Whether its clock and this machine's are too far apart for logs and times of day to mean
    /// the same.
    #[must_use]
    pub fn is_clock_wrong(&self) -> bool {
        self.clock_ahead_s.is_some_and(|ahead| ahead.unsigned_abs() > MAX_SKEW)
    }
}

/// Asks every node of `helper.yaml`, one after the other: the helper hears few at a time, and the
/// daemon is one of them.
///
/// # Errors
/// The helper is not there, or busy.
pub async fn probe(helper: &HelperClient) -> Result<Probe, AskError> {
    let hello = helper.hello().await?;
    let facts =
        HelperFacts { version: hello.version, protocol: hello.protocol, sandbox: hello.sandbox };
    let mut nodes = Vec::new();
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
        let clock_ahead_s = None;
        nodes.push(NodeProbe { cluster, node, state, latency_ms, clock_ahead_s, gate, error });
    }
    let answered_by = set_clocks(helper, &mut nodes).await;
    for now in helper.nodes().await? {
        let same = |probe: &&mut NodeProbe| probe.cluster == now.cluster && probe.node == now.node;
        if let Some(probe) = nodes.iter_mut().find(same) {
            probe.state = now.state;
        }
    }
    Ok(Probe { helper: facts, answered_by, nodes })
}

/// Of all nodes of which one of their cluster can tell; who that is.
async fn set_clocks(
    helper: &HelperClient,
    nodes: &mut [NodeProbe],
) -> BTreeMap<ClusterName, NodeName> {
    let answering = nodes.iter().filter(|node| node.latency_ms.is_some());
    let clusters: BTreeSet<ClusterName> = answering.map(|node| node.cluster.clone()).collect();
    let mut answered_by = BTreeMap::new();
    for cluster in clusters {
        let told = clock::clocks(helper, &cluster).await;
        for node in nodes.iter_mut().filter(|node| node.cluster == cluster) {
            node.clock_ahead_s = told.ahead.get(&node.node).copied();
        }
        answered_by.extend(told.answered_by.map(|node| (cluster, node)));
    }
    answered_by
}

async fn ask(
    helper: &HelperClient,
    (cluster, node): (&ClusterName, &NodeName),
) -> Result<(u64, FoundGate), AskError> {
    let begun = Instant::now();
    let gate = helper.read_gate(cluster, node).await?;
    Ok((begun.elapsed().as_millis().try_into().unwrap_or(u64::MAX), gate))
}
