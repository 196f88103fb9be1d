//! Who is heard when. The helper hears nine at once, so that looks, reads and changes each have
//! places of their own; one place is left for `vm-autoscale plan`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use vm_autoscale_protocol::Request;
use vm_autoscale_proxmox::{ClusterName, NodeName};

use super::PATIENCE;
use crate::{AskError, Purpose};

/// Changes, which can take minutes, never keep a look waiting, nor do the reads that belong to
/// changes.
const MAX_CHANGES: usize = 3;
const MAX_READS: usize = 2;
const MAX_LOOKS: usize = 2;
/// What no node is asked for is answered at once, whatever nodes do.
const MAX_OWN: usize = 1;
/// A node on which changes hang for minutes leaves a place to the others.
const MAX_CHANGES_OF_NODE: usize = 2;
/// A change that had to wait longer was decided on what is old by now.
const QUEUE: Duration = Duration::from_secs(5);

/// The places.
#[derive(Debug)]
pub(super) struct Turns {
    changes: Arc<Semaphore>,
    reads: Arc<Semaphore>,
    looks: Arc<Semaphore>,
    own: Arc<Semaphore>,
    /// A node that does not answer holds one place for reads, and not all for changes.
    nodes: Mutex<HashMap<Key, Arc<Semaphore>>>,
}

/// A node, and whether it is asked for changes.
type Key = (ClusterName, NodeName, bool);

/// Places that are held for one request.
pub(super) type Turn = Vec<OwnedSemaphorePermit>;

impl Turns {
    pub(super) fn new() -> Self {
        let places = |count| Arc::new(Semaphore::new(count));
        Self {
            changes: places(MAX_CHANGES),
            reads: places(MAX_READS),
            looks: places(MAX_LOOKS),
            own: places(MAX_OWN),
            nodes: Mutex::default(),
        }
    }

    /// Waits for what the request needs.
    pub(super) async fn take(&self, request: &Request, purpose: Purpose) -> Result<Turn, AskError> {
        let (places, patience) = match (request, purpose) {
            (Request::ReadCluster { .. } | Request::ReadPools { .. }, _)
            | (Request::ReadConfigs { .. }, Purpose::Look) => (vec![self.looks.clone()], PATIENCE),
            (Request::Hello { .. } | Request::ReadNodes {}, _) => (vec![self.own.clone()], QUEUE),
            (request, _) => {
                let node = asks(request).map(|node| self.of(node));
                let is_change = request.target().is_some();
                let (all, patience) =
                    if is_change { (&self.changes, QUEUE) } else { (&self.reads, PATIENCE) };
                (node.into_iter().chain([all.clone()]).collect(), patience)
            }
        };
        let busy = || AskError::NotAsked("busy with what was asked before".to_owned());
        timeout(patience, all(places)).await.map_err(|_| busy())?.map_err(|_| busy())
    }

    fn of(&self, key: Key) -> Arc<Semaphore> {
        let count = if key.2 { MAX_CHANGES_OF_NODE } else { 1 };
        let mut nodes = self.nodes.lock().unwrap_or_else(PoisonError::into_inner);
        nodes.entry(key).or_insert_with(|| Arc::new(Semaphore::new(count))).clone()
    }
}

/// Whether it is to see how things are, now: an answer that comes late is worth nothing.
pub(super) fn is_look(request: &Request, purpose: Purpose) -> bool {
    match request {
        Request::Hello { .. }
        | Request::ReadCluster { .. }
        | Request::ReadNodes {}
        | Request::ReadPools { .. } => true,
        Request::ReadConfigs { .. } => purpose == Purpose::Look,
        _ => false,
    }
}

/// One after the other, always in the same order, so that nobody waits in a circle.
async fn all(places: Vec<Arc<Semaphore>>) -> Result<Turn, AcquireError> {
    let mut turn = Turn::new();
    for places in places {
        turn.push(places.acquire_owned().await?);
    }
    Ok(turn)
}

/// The node that a command is asked of.
fn asks(request: &Request) -> Option<Key> {
    match request {
        Request::ReadConfigs { cluster, node, .. }
        | Request::ReadGate { cluster, node }
        | Request::ReadRunning { cluster, node, .. } => {
            Some((cluster.clone(), node.clone(), false))
        }
        other => other.target().map(|target| (target.cluster.clone(), target.node.clone(), true)),
    }
}

#[cfg(test)]
mod tests {
    use vm_autoscale_protocol::{RunningQuery, Target};

    use super::*;

    const SOON: Duration = Duration::from_millis(50);

    fn running(node: &str) -> Request {
        Request::ReadRunning {
            cluster: "home".try_into().unwrap(),
            node: node.try_into().unwrap(),
            vmid: 101.try_into().unwrap(),
            query: RunningQuery::Vcpus,
        }
    }

    #[tokio::test]
    async fn a_node_that_does_not_answer_holds_one_place() {
        let turns = Turns::new();
        let at_pve1 = turns.take(&running("pve1"), Purpose::Change).await.unwrap();
        let again = running("pve1");
        let second = turns.take(&again, Purpose::Change);
        assert!(timeout(SOON, second).await.is_err(), "one at a time");
        let at_pve2 = running("pve2");
        assert!(timeout(SOON, turns.take(&at_pve2, Purpose::Change)).await.unwrap().is_ok());
        // And no look waits for reads, however many there are.
        let _other = turns.take(&at_pve2, Purpose::Change).await.unwrap();
        let look = Request::ReadConfigs {
            cluster: "home".try_into().unwrap(),
            node: "pve1".try_into().unwrap(),
            owner: "pve1".try_into().unwrap(),
            vmids: vec![101.try_into().unwrap()],
        };
        assert!(timeout(SOON, turns.take(&look, Purpose::Look)).await.unwrap().is_ok());
        drop(at_pve1);
        assert!(timeout(SOON, turns.take(&again, Purpose::Change)).await.unwrap().is_ok());
    }

    #[tokio::test]
    async fn changes_that_hang_on_a_node_leave_a_place_to_the_others() {
        let turns = Turns::new();
        let change = |node: &str| Request::SetVcpus {
            target: Target {
                cluster: "home".try_into().unwrap(),
                node: node.try_into().unwrap(),
                vmid: 101.try_into().unwrap(),
                digest: "0".repeat(40).try_into().unwrap(),
            },
            vcpus: 2.try_into().unwrap(),
        };
        let (at_pve1, at_pve2) = (change("pve1"), change("pve2"));
        let mut hung = Vec::new();
        for _ in 0..2 {
            hung.push(turns.take(&at_pve1, Purpose::Change).await.unwrap());
        }
        let third = turns.take(&at_pve1, Purpose::Change);
        assert!(timeout(SOON, third).await.is_err(), "a third is on its way there");
        assert!(timeout(SOON, turns.take(&at_pve2, Purpose::Change)).await.unwrap().is_ok());
        // And what no node is asked for waits for nobody.
        let nodes = Request::ReadNodes {};
        assert!(timeout(SOON, turns.take(&nodes, Purpose::Change)).await.unwrap().is_ok());
    }
}
