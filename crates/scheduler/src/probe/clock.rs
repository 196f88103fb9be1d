//! How far the nodes' clocks are from this machine's.
//!
//! A node tells its time by the measurement of itself in `.rrd`, which its pvestatd makes anew
//! every 10 s. So one from the future is of a clock that is ahead; one that is old is of a clock
//! that is behind, or of a pvestatd that stands still, and the next one shows which.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use vm_autoscale_proxmox::{ClusterName, ClusterRead, NodeName};

use crate::{Helper as _, HelperClient, wall};

/// A measurement of an age up to this speaks for no clock that is wrong: pvestatd's 10 s, and what
/// it takes itself.
const FRESH: i64 = 15;
/// For the next measurement.
const PATIENCE: Duration = Duration::from_secs(16);
const PAUSE: Duration = Duration::from_secs(2);

/// What a cluster tells of its nodes.
#[derive(Debug, Default)]
pub(super) struct Clocks {
    /// Who answered for the cluster.
    pub(super) answered_by: Option<NodeName>,
    /// Seconds that each node's clock is ahead of ours, negative where it is behind.
    pub(super) ahead: BTreeMap<NodeName, i64>,
}

/// When each node that is online measured itself the last time, by its own clock.
type Times = BTreeMap<NodeName, i64>;

/// Nothing of a cluster that does not answer: its nodes' errors say why.
pub(super) async fn clocks(helper: &HelperClient, cluster: &ClusterName) -> Clocks {
    let Some((answered_by, first)) = times(helper, cluster).await else { return Clocks::default() };
    let mut ahead = BTreeMap::new();
    let mut old = Times::new();
    let now = seconds(wall());
    for (node, time) in first {
        match of_one(time - now) {
            Some(known) => drop(ahead.insert(node, known)),
            None => drop(old.insert(node, time)),
        }
    }
    let begun = Instant::now();
    while !old.is_empty() && begun.elapsed() < PATIENCE {
        tokio::time::sleep(PAUSE).await;
        let Some((_, again)) = times(helper, cluster).await else { break };
        let now = seconds(wall());
        old.retain(|node, before| match again.get(node) {
            Some(time) if time != before => {
                ahead.insert(node.clone(), time - now);
                false
            }
            _ => true,
        });
    }
    Clocks { answered_by: Some(answered_by), ahead }
}

/// By a single measurement, which is that many seconds in the future.
fn of_one(ahead: i64) -> Option<i64> {
    match ahead {
        1.. => Some(ahead),
        _ if ahead >= -FRESH => Some(0),
        _ => None,
    }
}

async fn times(helper: &HelperClient, cluster: &ClusterName) -> Option<(NodeName, Times)> {
    let (answering, text) = helper.read_cluster(cluster).await.ok()?;
    let read = ClusterRead::parse(&text).ok()?;
    // What is left of a node that is gone says nothing of its clock.
    let online = |name: &NodeName| read.members.nodes.get(name).is_some_and(|node| node.online);
    let lines = read.nodes.iter().filter(|(name, _)| online(name));
    Some((answering, lines.map(|(name, line)| (name.clone(), seconds(line.ctime))).collect()))
}

/// No clock is set beyond what this holds, or its node is told as one far ahead.
fn seconds(time: u64) -> i64 {
    i64::try_from(time).unwrap_or(i64::MAX / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_measurement_speaks_for_nothing_by_itself() {
        let all = [3600, 1, 0, -9, -FRESH, -FRESH - 1, -3600].map(of_one);
        assert_eq!(all, [Some(3600), Some(1), Some(0), Some(0), Some(0), None, None]);
        assert!(seconds(u64::MAX) - seconds(0) > 0);
    }
}
