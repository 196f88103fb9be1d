//! What `vm-autoscale status` shows.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use vm_autoscale_config::Clusters;
use vm_autoscale_planner::{Choice, Verdict};
use vm_autoscale_protocol::NodeHealth;
use vm_autoscale_proxmox::{ClusterName, NodeName, VmId};

use crate::{ChannelStatus, Counts, Event, LastChange, PauseStatus, Reload, Source};

mod planned;
mod seen;

pub use planned::{Planned, PlannedState};
pub(crate) use seen::Seen;

/// All clusters.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct StatusReport {
    /// The daemon's version.
    pub version: String,
    /// Of each cluster, by name.
    pub clusters: Vec<ClusterStatus>,
    /// What the file says of VMs that are not there; a daemon of before says nothing of it.
    #[serde(default)]
    pub notes: Vec<String>,
    /// The clusters and nodes of helper.yaml.
    #[serde(default)]
    pub hosts: Clusters,
    /// Changes since the start.
    pub counts: Counts,
    /// The last events, oldest first.
    pub recent: Vec<Event>,
    /// What administrators paused.
    #[serde(default)]
    pub pauses: Vec<PauseStatus>,
    /// The last attempt to read the files anew.
    #[serde(default)]
    pub reload: Option<Reload>,
    /// What is wrong with the daemon as a whole.
    #[serde(default)]
    pub problems: Vec<String>,
    /// How the ways to the nodes are, by what the helper met there; empty where it does not say.
    #[serde(default)]
    pub ways: Vec<NodeHealth>,
    /// What became of messages, by channel; a daemon of before says nothing of it.
    #[serde(default)]
    pub channels: Vec<ChannelStatus>,
    /// Who says all this.
    #[serde(default)]
    pub source: Source,
    /// When that was noted, in seconds since 1970; nothing where it is of now.
    #[serde(default)]
    pub noted_at: Option<u64>,
}

/// One cluster.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClusterStatus {
    /// Its name in `helper.yaml`.
    pub name: ClusterName,
    /// The node that answers.
    pub answered_by: Option<NodeName>,
    /// Why the last look did not come about.
    pub problem: Option<String>,
    /// For how many seconds there was one at the end of that look; a daemon of before does not say.
    #[serde(default)]
    pub problem_for: Option<u64>,
    /// What `/etc/pve/vm-autoscale.pause` says, where that is there: nothing is changed then.
    #[serde(default)]
    pub paused: Option<String>,
    /// Looks since the start.
    pub looks: u64,
    /// Milliseconds that the last look took, decisions included.
    pub look_ms: u64,
    /// Its nodes.
    pub nodes: Vec<NodeStatus>,
    /// The VMs that are looked after.
    pub vms: Vec<VmStatus>,
    /// Whether it is known which VM is in which pool; a daemon of before says nothing of it.
    #[serde(default)]
    pub pools_known: bool,
    /// VMs of which it is not known whether they are selected.
    #[serde(default)]
    pub undecided: usize,
    /// Lines of `/etc/pve/.rrd` that cannot be read: what they speak of has no figures. A daemon of
    /// before says nothing of it.
    #[serde(default)]
    pub unread: usize,
}

/// One node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NodeStatus {
    /// Its name.
    pub name: NodeName,
    /// Busy CPUs in percent.
    pub cpu: Option<f64>,
    /// Used memory in percent.
    pub memory: Option<f64>,
    /// Whether the cluster sees it.
    pub online: bool,
    /// Whether the figures are of the last 30 s.
    pub fresh: bool,
    /// Memory in MiB that its guests have, and may have in all; nothing where that is not known, as
    /// in the next one. A daemon of before says nothing of either.
    #[serde(default)]
    pub memory_budget: Option<(f64, f64)>,
    /// vCPUs that its VMs have, and may have in all.
    #[serde(default)]
    pub vcpus_budget: Option<(f64, f64)>,
}

/// One VM.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VmStatus {
    /// Its number.
    pub vmid: VmId,
    /// Its name.
    pub name: Option<String>,
    /// Where it is.
    pub node: NodeName,
    /// Its tags, in lower case; a daemon of before says nothing of them.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Its pool; none also where pools are not read.
    #[serde(default)]
    pub pool: Option<String>,
    /// How far decisions are carried out.
    pub mode: String,
    /// Plugged vCPUs by the config.
    pub vcpus: Option<u32>,
    /// Memory in MiB by the config.
    pub memory: Option<u32>,
    /// Used vCPUs in percent of the plugged ones.
    pub cpu_used: Option<f64>,
    /// Used memory in percent.
    pub memory_used: Option<f64>,
    /// What is decided on its vCPUs, and why.
    pub cpu: String,
    /// What is decided on its memory, and why.
    pub memory_decision: String,
    /// Fewest and most vCPUs that the file allows; a daemon of before says nothing of this, nor of
    /// what follows.
    #[serde(default)]
    pub vcpus_bounds: Option<(u32, u32)>,
    /// Least and most memory in MiB that the file allows.
    #[serde(default)]
    pub memory_bounds: Option<(u32, u32)>,
    /// The schedules that hold for it, by their names.
    #[serde(default)]
    pub schedules: Vec<String>,
    /// Seconds since its last new sample came.
    #[serde(default)]
    pub sample_age: Option<u64>,
    /// How well it is known what memory it needs; nothing where there is no sample.
    #[serde(default)]
    pub signal: Option<MemorySignal>,
    /// Since when the decision on its vCPUs holds, in seconds since 1970.
    #[serde(default)]
    pub cpu_since: Option<u64>,
    /// Since when the decision on its memory holds, in seconds since 1970.
    #[serde(default)]
    pub memory_since: Option<u64>,
    /// Whether something keeps it from being looked after: its vCPUs, its memory.
    #[serde(default)]
    pub blocked: [bool; 2],
    /// Stable words for why, of both decisions: its vCPUs, its memory.
    #[serde(default)]
    pub kinds: [Cow<'static, str>; 2],
    /// vCPUs and MiB that it is to get, where that is decided.
    #[serde(default)]
    pub wanted: [Option<u32>; 2],
    /// The last change of ours.
    #[serde(default)]
    pub last: Option<LastChange>,
    /// What the last look decided to change, also where the mode forbids it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moves: Vec<Planned>,
}

/// How well it is known what memory a VM needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MemorySignal {
    /// Its guest said so when it was asked last.
    Guest,
    /// By the balloon device's figure, which counts page cache as used.
    Balloon,
    /// By what its process has on the node: there is no balloon device.
    Host,
}

impl ClusterStatus {
    /// All but its VMs.
    #[must_use]
    pub fn without_vms(&self) -> Self {
        let Self { name, answered_by, problem, paused, looks, look_ms, nodes, .. } = self;
        let problem_for = self.problem_for;
        let (pools_known, undecided, unread) = (self.pools_known, self.undecided, self.unread);
        Self {
            name: name.clone(),
            answered_by: answered_by.clone(),
            problem: problem.clone(),
            problem_for,
            paused: paused.clone(),
            looks: *looks,
            look_ms: *look_ms,
            nodes: nodes.clone(),
            vms: Vec::new(),
            pools_known,
            undecided,
            unread,
        }
    }
}

/// What somebody wrote on a node, for a terminal.
fn one_line(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    line.chars().filter(|c| !c.is_control()).collect()
}

pub(crate) fn told(choice: &Choice) -> String {
    match choice.verdict {
        Verdict::Hold => choice.reason.to_string(),
        Verdict::Recommend(step) => format!("would: {step} ({})", choice.why()),
        Verdict::Act(step) => format!("{step} ({})", choice.why()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use allocation_counter::measure;
    use vm_autoscale_planner::{Moment, Planner};
    use vm_autoscale_protocol::FoundConfig;
    use vm_autoscale_proxmox::{Digest, Pools};

    use super::*;
    use crate::view::tests::{CONFIG, care, look};
    use crate::view::{InFlight, View};
    use crate::worker::planner_config;

    /// What is posted of so many VMs, after their configs were read; and the allocations that takes.
    fn posted(view: &mut View, vms: u32) -> (Seen, u64) {
        let (care, none, now) = (care(CONFIG), InFlight::new(), Moment(Duration::from_secs(10)));
        let vms: Vec<_> = (101..101 + vms).map(|vmid| (vmid, "pve1", 5)).collect();
        view.update(now, look("pve1", 1, &vms), &care, &none);
        for (vmid, ..) in vms {
            let found = FoundConfig {
                digest: Digest::from_bytes([1; 20]),
                text: "cores: 2\nname: web\ntags: Web;prod\n".to_owned(),
            };
            view.put_config(VmId::try_from(vmid).unwrap(), Some(found));
        }
        view.settle(&care);
        let (mut planner, mut out) =
            (Planner::new(planner_config(care.roster.config())), Vec::new());
        planner.plan(now, &view.vm_inputs(&none), &view.node_inputs(now, &none), &mut out);
        let mut seen = None;
        let taken = measure(|| seen = Some(Seen::of(&care.cluster, view, &out, now)));
        (seen.unwrap(), taken.count_total)
    }

    /// VM 101 as it is told.
    fn status(view: &mut View) -> VmStatus {
        posted(view, 1).0.status().vms.remove(0)
    }

    /// In every cycle it is posted, and hardly ever asked for.
    #[test]
    fn what_is_posted_is_not_put_into_words_before_somebody_asks() {
        let of = |vms| posted(&mut View::default(), vms).1;
        // 103 is not looked after. Of each VM the name of its node is written down.
        assert_eq!(of(90) - of(10), 80);
    }

    #[test]
    fn a_vm_is_told_with_its_tags_and_its_pool() {
        let mut view = View::default();
        let vm = status(&mut view);
        assert_eq!((vm.tags.join(" "), vm.pool), ("web prod".to_owned(), None));
        view.pools = Some(Pools::parse("/etc/pve/user.cfg:pool:a/b::101::\n"));
        assert_eq!(status(&mut view).pool.as_deref(), Some("a/b"));
    }

    #[test]
    fn what_a_daemon_of_before_says_is_understood() {
        let vm = status(&mut View::default());
        let mut before = serde_json::to_value(&vm).unwrap();
        let fields = before.as_object_mut().unwrap();
        assert!(fields.remove("tags").is_some() && fields.remove("pool").is_some());
        let read: VmStatus = serde_json::from_value(before).unwrap();
        assert_eq!(read, VmStatus { tags: vec![], pool: None, ..vm });
    }
}
