//! What workers and the daemon say; most of it is nothing new.

use std::collections::BTreeMap;

use vm_autoscale_planner::Resource;
use vm_autoscale_protocol::{NodeHealth, NodeState};
use vm_autoscale_proxmox::{ClusterName, NodeName, VmId};

use super::message::{Message, Subject};
use super::{Notifier, lock};
use crate::act::Settled;
use crate::{Intent, Pause};

impl Notifier {
    /// A change has ended.
    pub(crate) fn change(&self, intent: &Intent, settled: &Settled) {
        let Some(inner) = &self.0 else { return };
        let message = Message::of_change(intent, settled);
        if inner.teller.has_digest() {
            let mut summary = lock(&self.1.summary);
            summary.note(message.kind);
            if settled.outcome.kind() == "verified" {
                summary.changed(intent);
            }
        }
        lock(&self.1.gate).event(message);
    }

    /// Whether the cluster could be seen; said after every look, told when it has changed for good.
    pub(crate) fn cluster(&self, cluster: &ClusterName, problem: Option<&str>) {
        let subject = Subject::Cluster(cluster.clone());
        self.state(subject, problem.is_some(), false, || Message::of_cluster(cluster, problem));
    }

    /// Whether the node is online; said after every look, told when it changes.
    pub(crate) fn node(&self, cluster: &ClusterName, node: &NodeName, online: bool) {
        let subject = Subject::Node(cluster.clone(), node.clone());
        self.state(subject, !online, false, || Message::of_node(cluster, node, online));
    }

    /// Whether a node that its cluster sees can be worked with; said after every look, told when it
    /// has changed for good. One that nobody needs is neither well nor not.
    pub(crate) fn way(&self, way: &NodeHealth) {
        let is_trouble = way.state.is_trouble();
        if is_trouble || way.state == NodeState::Up {
            let subject = Subject::Way(way.cluster.clone(), way.node.clone());
            self.state(subject, is_trouble, false, || Message::of_way(way));
        }
    }

    /// Whether the journal works; said after every cycle, told when it changes.
    pub(crate) fn journal(&self, cluster: &ClusterName, problem: Option<&str>) {
        let subject = Subject::Journal(cluster.clone());
        self.state(subject, problem.is_some(), false, || Message::of_journal(cluster, problem));
    }

    /// Somebody else changed a VM.
    pub(crate) fn others(&self, cluster: &ClusterName, vmid: VmId, what: &str) {
        let Some(inner) = &self.0 else { return };
        let message = Message::of_others(cluster, vmid, what);
        if inner.teller.has_digest() {
            lock(&self.1.summary).note(message.kind);
        }
        lock(&self.1.gate).event(message);
    }

    /// Why QEMU and config of a VM disagree; said in every cycle in which they do, and once more.
    pub(crate) fn quarantine(&self, cluster: &ClusterName, vmid: VmId, why: Option<&str>) {
        let subject = Subject::Quarantine(cluster.clone(), vmid);
        self.state(subject, why.is_some(), false, || Message::of_quarantine(cluster, vmid, why));
    }

    /// Why a VM has wanted more than it may have for long; said as long as it is so, and once more.
    pub(crate) fn stuck(&self, cluster: &ClusterName, of: (VmId, Resource), why: Option<&str>) {
        let subject = Subject::Stuck(cluster.clone(), of.0, of.1);
        self.state(subject, why.is_some(), true, || Message::of_stuck(cluster, of, why));
    }

    /// What the cluster's pause file says; said after every look.
    pub(crate) fn pause_file(&self, cluster: &ClusterName, says: Option<&str>) {
        let subject = Subject::PauseFile(cluster.clone());
        self.state(subject, says.is_some(), true, || Message::of_pause_file(cluster, says));
    }

    /// Why the helper cannot be reached at the start, or that it was met.
    pub(crate) fn helper(&self, problem: Option<&str>) {
        self.state(Subject::Helper, problem.is_some(), false, || Message::of_helper(problem));
    }

    /// Why the files could not be read anew, or that they were.
    pub(crate) fn reload(&self, problem: Option<&str>) {
        self.state(Subject::Reload, problem.is_some(), true, || Message::of_reload(problem));
    }

    /// The pauses that hold. Those of before the start are no news.
    pub(crate) fn pauses(&self, all: &[Pause]) {
        if self.0.is_none() {
            return;
        }
        let what = |pause: &Pause| (pause.number, format!("{}: {}", pause.select, pause.reason));
        let now: BTreeMap<u64, String> = all.iter().map(what).collect();
        let Some(before) = lock(&self.1.pauses).replace(now.clone()) else { return };
        let mut gate = lock(&self.1.gate);
        for (number, what) in now.iter().filter(|(number, _)| !before.contains_key(number)) {
            gate.add(Message::of_pause(*number, what, true));
        }
        for (number, what) in before.iter().filter(|(number, _)| !now.contains_key(number)) {
            gate.add(Message::of_pause(*number, what, false));
        }
    }

    /// It is told when it has changed. Neither is the lock held while the message is made, nor is
    /// one made that is not told.
    fn state(&self, subject: Subject, bad: bool, sure: bool, message: impl FnOnce() -> Message) {
        let Some(inner) = &self.0 else { return };
        if !lock(&self.1.gate).state(subject, bad, sure) {
            return;
        }
        let message = message();
        if inner.teller.has_digest() {
            lock(&self.1.summary).note(message.kind);
        }
        lock(&self.1.gate).add(message);
    }
}
