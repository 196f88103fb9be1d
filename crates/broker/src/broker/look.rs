//! A look at a cluster, by whichever of its nodes answers.

use std::rc::Rc;
use std::time::Duration;

use tokio::time::Instant;
use vm_autoscale_node::{Listing, NodeCommand, NodeName};
use vm_autoscale_policy::{Cluster, check};
use vm_autoscale_protocol::{HelperError, Request, Rule};
use vm_autoscale_ssh::{Limits, Link, Unwanted};

use super::{Broker, Done, failed};
use crate::ledger::boot_time;
use crate::replies::Replies;
use crate::stream::Pieces;

/// The longest answer, in bytes.
const MAX_CLUSTER: usize = 8 * 1024 * 1024;
/// For all nodes together: the scheduler looks every ten seconds.
const LOOK: Duration = Duration::from_secs(9);
/// For the first word of the node that answered the last time, by which another one has the time
/// to answer in its place.
const FIRST: Duration = Duration::from_secs(5);
/// For that of each other one: a login and a read take a fraction of it.
const OTHER: Duration = Duration::from_secs(2);

impl Broker {
    /// The node that answered the last time is asked first, then the others.
    pub(super) async fn read_cluster(
        &self,
        request: &Request,
        out: &mut Replies,
    ) -> Result<Done, HelperError> {
        let cluster = check(&self.policy, &self.known, boot_time(), request)?;
        let first = self.entry.borrow().get(&cluster.name).copied().unwrap_or(0);
        let (count, until) = (cluster.nodes.len(), Instant::now() + LOOK);
        let mut failed: Option<(usize, HelperError)> = None;
        for (asked, index) in (0..count).map(|offset| (offset, (first + offset) % count)) {
            let left = until.saturating_duration_since(Instant::now());
            let silence = left.min(if asked == 0 { FIRST } else { OTHER });
            let node = cluster.nodes.get(index).filter(|_| !silence.is_zero());
            let Some(node) = node else { break };
            let link = self.link(&cluster.name, node)?;
            let result = self.stream(cluster, link, silence, out).await;
            // Where time runs out, those come first the next time that were not asked by then.
            let next = if result.is_ok() { index } else { (index + 1) % count };
            self.entry.borrow_mut().insert(cluster.name.clone(), next);
            match result {
                Ok(done) => return Ok(done),
                Err(error) if out.is_broken() => return Err(error),
                // What is told is the same from look to look, whichever is asked first.
                Err(_) if failed.as_ref().is_some_and(|(known, _)| *known < index) => {}
                Err(error) => failed = Some((index, error)),
            }
        }
        let message = "the cluster has no node".to_owned();
        let none = HelperError::Refused { rule: Rule::Nodes, message };
        Err(failed.map_or(none, |(_, error)| error))
    }

    /// Passes a cluster's text on while it comes.
    async fn stream(
        &self,
        cluster: &Cluster,
        link: &Rc<Link>,
        silence: Duration,
        out: &mut Replies,
    ) -> Result<Done, HelperError> {
        let node = link.name().clone();
        let mut pieces = Pieces::new(node.clone());
        let (begun, mut listing) = (boot_time(), Listing::default());
        let sums = cluster.max_total_memory.is_some();
        let wanted = || !self.stopping.get();
        let limits = Limits { bytes: MAX_CLUSTER, silence: Some(silence) };
        let ended = link
            .run(&NodeCommand::ReadCluster, limits, wanted, async |data: Vec<u8>| {
                match pieces.take(&data).map_err(|_| Unwanted)? {
                    Some(piece) => {
                        if sums {
                            listing.take(&piece.piece);
                        }
                        out.send(&piece, true).await.map_err(|_| Unwanted)
                    }
                    None => Ok(()),
                }
            })
            .await?;
        // 2 says that a file was not there, as `manager_status` and the pause file often are not.
        let answered = ended.exit == 0 || ended.exit == 2;
        match pieces.rest().filter(|_| answered) {
            Some(rest) => {
                if sums {
                    listing.take(&rest.piece);
                    self.sum_up(cluster, begun, &node, listing);
                }
                out.last(&rest).await;
            }
            None => return Err(failed(&node, &ended, "no answer of pmxcfs")),
        }
        Ok(Done { node: Some(node), exit: Some(ended.exit) })
    }

    /// Which VMs there are, where their memory is summed up. Of a text that is not believed nothing
    /// is taken: the look before it counts for as long as it is young enough.
    fn sum_up(&self, cluster: &Cluster, begun: Duration, node: &NodeName, listing: Listing) {
        let Some((start, list)) = listing.end() else {
            return tracing::warn!(%node, "a list of VMs that is not believed: memory is not summed up");
        };
        self.known.totals.looked(cluster, begun, (node, start), &list);
    }
}
