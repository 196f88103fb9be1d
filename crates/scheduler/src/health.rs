//! What `vm-autoscale status` says of the daemon as a whole.

use serde::{Deserialize, Serialize};
use vm_autoscale_planner::Moment;
use vm_autoscale_protocol::{NodeHealth, NodeState};

use crate::ways::{lasting, trouble};
use crate::{Pause, StatusReport};

/// Who says how it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// The running daemon.
    #[default]
    Daemon,
    /// What a daemon that does not run noted last.
    Journal,
}

/// A pause as it is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PauseStatus {
    /// By this number it is ended.
    pub number: u64,
    /// Which VMs, in the words of `select`.
    pub select: String,
    /// Why.
    pub reason: String,
    /// Who ordered it.
    pub uid: u32,
    /// When, in seconds since 1970.
    pub at: u64,
    /// When it ends by itself, in seconds since 1970 by the clock of now.
    pub until: Option<u64>,
    /// For how many seconds it still holds.
    pub left: Option<u64>,
}

impl PauseStatus {
    /// At that moment, which is `wall` in seconds since 1970.
    pub(crate) fn of(pause: &Pause, now: Moment, wall: u64) -> Self {
        let left = pause.until.map(|until| until.since(now).as_secs());
        Self {
            number: pause.number,
            select: pause.select.to_string(),
            reason: pause.reason.clone(),
            uid: pause.uid,
            at: pause.at,
            until: left.map(|left| wall.saturating_add(left)),
            left,
        }
    }
}

/// So many seconds after a node could not be reached, one that the cluster sees is no trouble.
const PAST: u64 = 600;

/// What became of the last `systemctl reload`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reload {
    /// When, in seconds since 1970.
    pub at: u64,
    /// Whether the files hold from then on.
    pub ok: bool,
    /// Everything that is wrong with them; what was read before holds on. Where they hold: what of
    /// the helper could not be learnt anew.
    pub problem: Option<String>,
    /// What they say differently and what is taken at a start only: keys, and clusters.
    #[serde(default)]
    pub at_next_start: Vec<String>,
}

impl StatusReport {
    /// What somebody should look into, a line each; nothing where all is well. A pause is not:
    /// somebody wanted it.
    #[must_use]
    pub fn ills(&self) -> Vec<String> {
        let mut ills = self.problems.clone();
        let bad = self.reload.as_ref().filter(|reload| !reload.ok);
        ills.extend(
            bad.map(|_| "the last reload failed: what was read before holds on".to_owned()),
        );
        let blind = |cluster: &crate::ClusterStatus| {
            let (name, problem) = (&cluster.name, cluster.problem.as_ref()?);
            let time = cluster.problem_for.map(|time| format!(" (for {})", lasting(time)));
            Some(format!("cluster {name}: {problem}{}", time.unwrap_or_default()))
        };
        ills.extend(self.clusters.iter().filter_map(blind));
        let needed = self.ways.iter().filter(|way| !self.is_past(way));
        ills.extend(needed.filter_map(trouble));
        let failing = |channel: &crate::ChannelStatus| {
            Some(format!(
                "messages by {} are not delivered: {}",
                channel.name,
                channel.problem.as_ref()?
            ))
        };
        ills.extend(self.channels.iter().filter_map(failing));
        ills
    }

    /// What was wrong with a way when it was needed the last time, and may be well by now: the
    /// cluster sees the node, and nobody has asked anything of it since.
    #[must_use]
    pub fn past(&self) -> Vec<String> {
        self.ways.iter().filter(|way| self.is_past(way)).filter_map(trouble).collect()
    }

    fn is_past(&self, way: &NodeHealth) -> bool {
        let cluster = self.clusters.iter().find(|cluster| cluster.name == way.cluster);
        let seen = cluster.filter(|cluster| cluster.problem.is_none());
        let node = seen.and_then(|c| c.nodes.iter().find(|node| node.name == way.node));
        way.state == NodeState::Unreachable
            && way.since_s > PAST
            && node.is_some_and(|node| node.online && node.fresh)
    }
}
