//! How the ways to the nodes are: asked for beside the work, for whoever looks at the status.

use std::time::Duration;

use tokio::time::{sleep, timeout};
use vm_autoscale_protocol::NodeHealth;

use crate::control::Board;
use crate::{AskError, HelperClient};

/// From answer to question.
const PERIOD: Duration = Duration::from_secs(10);
/// No node is asked for it: a helper that needs longer says nothing.
const PATIENCE: Duration = Duration::from_secs(5);

/// Does the work, and has the board know meanwhile how the ways are.
pub(crate) async fn meanwhile<T>(
    helper: &HelperClient,
    board: &Board,
    work: impl Future<Output = T>,
) -> T {
    let ask = async || {
        let ways = helper.nodes().await;
        board.helper_is(helper.version().filter(|_| ways.is_ok()));
        ways
    };
    tokio::select! {
        done = work => done,
        never = watch(ask, board, (PERIOD, PATIENCE)) => match never {},
    }
}

/// What was known before is not told as if it were so now: without an answer nothing is known.
async fn watch(
    ask: impl AsyncFn() -> Result<Vec<NodeHealth>, AskError>,
    board: &Board,
    (period, patience): (Duration, Duration),
) -> std::convert::Infallible {
    loop {
        let ways = timeout(patience, ask()).await.ok().and_then(Result::ok);
        board.ways(ways.unwrap_or_default());
        sleep(period).await;
    }
}

/// What somebody should look into.
pub(crate) fn trouble(way: &NodeHealth) -> Option<String> {
    let NodeHealth { cluster, node, state, since_s, .. } = way;
    if !state.is_trouble() {
        return None;
    }
    let (what, since) = (state.text(), lasting(*since_s));
    let mut text = format!("node {node} of cluster {cluster}: {what} for {since}");
    if let Some(error) = &way.error {
        // It says by itself of which node it is and that it is unreachable.
        let error = error.strip_prefix(&format!("{node}: ")).unwrap_or(error);
        let error = error.strip_prefix(&format!("{what}: ")).unwrap_or(error);
        text.push_str(": ");
        text.push_str(error);
    }
    Some(text)
}

/// A time in the unit that fits.
pub(crate) fn lasting(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        7200..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use tokio::sync::Notify;
    use vm_autoscale_protocol::NodeState;

    use super::*;
    use crate::MemoryJournal;

    fn way(state: NodeState, error: Option<&str>) -> NodeHealth {
        NodeHealth {
            cluster: "lab".try_into().unwrap(),
            node: "pve2".try_into().unwrap(),
            state,
            since_s: 725,
            error: error.map(str::to_owned),
            hung: 0,
        }
    }

    fn ills(board: &Board) -> Vec<String> {
        board.report(&MemoryJournal::default()).ills()
    }

    #[test]
    fn a_node_in_trouble_is_named() {
        let board = Board::default();
        let (up, idle) = (way(NodeState::Up, None), way(NodeState::Idle, None));
        let dead = way(NodeState::Unreachable, Some("pve2: unreachable: connection refused"));
        board.ways(vec![up, dead, idle, way(NodeState::Hung, None)]);
        assert_eq!(
            ills(&board),
            [
                "node pve2 of cluster lab: unreachable for 12 min: connection refused",
                "node pve2 of cluster lab: commands hang for 12 min",
            ]
        );
    }

    /// A node that nobody needed since it could not be reached may be well again.
    #[test]
    fn what_was_wrong_long_ago_is_no_trouble_where_the_cluster_sees_the_node() {
        for (online, since_s, ills) in [(true, 599, 1), (true, 725, 0), (false, 725, 1)] {
            let cluster = serde_json::json!({
                "name": "lab", "answered_by": "pve1", "problem": null, "looks": 1, "look_ms": 1,
                "nodes": [{"name": "pve2", "cpu": 0.1, "memory": 10.0, "online": online, "fresh": true}],
                "vms": [],
            });
            let report = crate::StatusReport {
                clusters: vec![serde_json::from_value(cluster).unwrap()],
                ways: vec![NodeHealth { since_s, ..way(NodeState::Unreachable, None) }],
                ..crate::StatusReport::default()
            };
            assert_eq!((report.ills().len(), report.past().len()), (ills, 1 - ills));
        }
    }

    #[tokio::test]
    async fn without_an_answer_nothing_is_known() {
        let (board, seen, end) = (Board::default(), RefCell::new(Vec::new()), Notify::new());
        // What the board says when the next question goes out.
        let ask = async || {
            seen.borrow_mut().push(ills(&board).len());
            let asked = seen.borrow().len();
            match asked {
                1 | 3 => return Ok(vec![way(NodeState::Hung, None)]),
                2 => return Err(AskError::NotAsked(String::new())),
                4 => {}
                _ => end.notify_one(),
            }
            std::future::pending().await
        };
        let times = (Duration::from_millis(1), Duration::from_millis(50));
        tokio::select! {
            () = end.notified() => {}
            () = sleep(PATIENCE) => {}
            never = watch(ask, &board, times) => match never {},
        }
        assert_eq!(*seen.borrow(), [0, 1, 0, 1, 0]);
    }
}
