//! Telling people: messages on a change of state, by mail, Gotify, ntfy and webhook, a digest, and a
//! sign of life. Never in the way of a cycle: a worker leaves word, one thread gathers what belongs
//! together, and each channel has a thread that delivers.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use vm_autoscale_planner::Resource;
use vm_autoscale_proxmox::{ClusterName, NodeName, VmId};

use crate::act::Settled;
use crate::{Intent, Pause};

mod blocked;
mod bounded;
mod channel;
mod digest;
mod gate;
mod gotify;
mod groups;
mod http;
mod mail;
mod message;
mod ntfy;
mod pulse;
mod start;
mod tally;
mod target;
mod teller;
mod trial;
mod trust;
mod undelivered;
mod webhook;

pub(crate) use blocked::Blocked;
use channel::Channel;
use message::{Message, Subject};
use pulse::{Pulse, Sign};
pub use tally::ChannelStatus;
pub(crate) use tally::Tallies;
use teller::{Shared, Teller};
pub use trial::{Tried, try_channels};
use undelivered::Undelivered;

/// At a stop the channels have so long in all.
pub(crate) const LAST: Duration = Duration::from_secs(2);

/// Where workers say what happened; without any channel it does nothing.
#[derive(Clone)]
pub(crate) struct Notifier(Option<Arc<Inner>>, Arc<Shared>);

struct Inner {
    teller: Teller,
    pulse: Option<(Mutex<Pulse>, Vec<Channel<Sign>>)>,
}

impl Default for Notifier {
    fn default() -> Self {
        Self(None, Arc::new(Shared::new(Duration::ZERO, Blocked::default())))
    }
}

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

    /// The clusters whose cycles make one sign of life.
    pub(crate) fn expect<'c>(&self, clusters: impl Iterator<Item = &'c ClusterName>) {
        if let Some((pulse, _)) = self.0.as_ref().and_then(|inner| inner.pulse.as_ref()) {
            lock(pulse).expect(clusters);
        }
    }

    /// A cycle is complete: whether it saw the cluster, and how many milliseconds it took.
    pub(crate) fn cycle(&self, cluster: &ClusterName, seen: bool, ms: u64) {
        let Some((pulse, channels)) = self.0.as_ref().and_then(|inner| inner.pulse.as_ref()) else {
            return;
        };
        if let Some(sign) = lock(pulse).cycle(cluster, (seen, ms), Instant::now()) {
            channels.iter().for_each(|channel| channel.put(sign.clone()));
        }
    }

    /// What became of messages.
    pub(crate) fn tallies(&self) -> Arc<Tallies> {
        self.1.tallies.clone()
    }

    /// Delivers what can be delivered in a moment. Nothing is taken any more.
    pub(crate) fn stop(&self) {
        let Some(inner) = &self.0 else { return };
        let until = Instant::now() + LAST;
        let signs = inner.pulse.iter().flat_map(|(_, channels)| channels);
        // First told, then waited for: they have the time together.
        inner.teller.close();
        signs.clone().for_each(Channel::close);
        inner.teller.wait(until);
        signs.for_each(|channel| channel.wait(until));
    }

    /// As if others of their kind had been waited for.
    #[cfg(test)]
    fn flush(&self) {
        self.0.as_ref().unwrap().teller.flush();
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

/// What is behind these locks is whole after every statement.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
pub(crate) mod tests;
