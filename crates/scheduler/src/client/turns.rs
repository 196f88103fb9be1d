//! Who is heard when. The helper hears eight at once, so that looks, reads and changes each have
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
/// A change that had to wait longer was decided on what is old by now.
const QUEUE: Duration = Duration::from_secs(5);

/// The places.
#[derive(Debug)]
pub(super) struct Turns {
    changes: Arc<Semaphore>,
    reads: Arc<Semaphore>,
    looks: Arc<Semaphore>,
    /// A node that does not answer holds one place for reads, not all of them.
    nodes: Mutex<HashMap<(ClusterName, NodeName), Arc<Semaphore>>>,
}

/// Places that are held for one request.
pub(super) type Turn = Vec<OwnedSemaphorePermit>;

impl Turns {
    pub(super) fn new() -> Self {
        let places = |count| Arc::new(Semaphore::new(count));
        Self {
            changes: places(MAX_CHANGES),
            reads: places(MAX_READS),
            looks: places(MAX_LOOKS),
            nodes: Mutex::default(),
        }
    }

    /// Waits for what the request needs.
    pub(super) async fn take(&self, request: &Request, purpose: Purpose) -> Result<Turn, AskError> {
        let (places, patience) = match request {
            request if is_look(request, purpose) && !matches!(request, Request::Hello { .. }) => {
                (vec![self.looks.clone()], PATIENCE)
            }
            request if request.target().is_some() => (vec![self.changes.clone()], QUEUE),
            request => {
                let node = asks(request).map(|node| self.of(node));
                (node.into_iter().chain([self.reads.clone()]).collect(), PATIENCE)
            }
        };
        let busy = || AskError::NotAsked("busy with what was asked before".to_owned());
        timeout(patience, all(places)).await.map_err(|_| busy())?.map_err(|_| busy())
    }

    fn of(&self, node: (ClusterName, NodeName)) -> Arc<Semaphore> {
        let mut nodes = self.nodes.lock().unwrap_or_else(PoisonError::into_inner);
        nodes.entry(node).or_insert_with(|| Arc::new(Semaphore::new(1))).clone()
    }
}

/// Whether it is to see how things are, now: an answer that comes late is worth nothing.
pub(super) fn is_look(request: &Request, purpose: Purpose) -> bool {
    match request {
        Request::Hello { .. } | Request::ReadCluster { .. } | Request::ReadPools { .. } => true,
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

/// The node that a read is asked of.
fn asks(request: &Request) -> Option<(ClusterName, NodeName)> {
    match request {
        Request::ReadConfigs { cluster, node, .. } | Request::ReadRunning { cluster, node, .. } => {
            Some((cluster.clone(), node.clone()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use vm_autoscale_protocol::RunningQuery;

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
}
