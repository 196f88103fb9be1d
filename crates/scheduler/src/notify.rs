//! Telling people: messages on a change of state, by mail and Gotify, and a sign of life. Never in
//! the way of a cycle: a worker puts a message into a queue or counts it as lost, and each channel
//! has a thread that delivers.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use governor::clock::MonotonicClock;
use vm_autoscale_proxmox::{ClusterName, NodeName, VmId};

use crate::Intent;
use crate::act::Settled;

mod bounded;
mod channel;
mod gate;
mod gotify;
mod http;
mod mail;
mod message;
mod pulse;
mod start;
mod target;
mod trust;
mod undelivered;

use channel::Channel;
use gate::Gate;
use message::{Message, Subject};
use pulse::Pulse;
use undelivered::Undelivered;

/// At a stop the channels have so long in all.
pub(crate) const LAST: Duration = Duration::from_secs(2);

/// Where workers say what happened; without any channel it does nothing.
#[derive(Clone, Default)]
pub(crate) struct Notifier(Option<Arc<Inner>>);

struct Inner {
    gate: Arc<Mutex<Gate<MonotonicClock>>>,
    channels: Vec<Channel<Message>>,
    pulse: Option<(Mutex<Pulse>, Channel<()>)>,
}

impl Notifier {
    /// A change has ended.
    pub(crate) fn change(&self, intent: &Intent, settled: &Settled) {
        let Some(inner) = &self.0 else { return };
        inner.event(|| Message::of_change(intent, settled));
    }

    /// Whether the cluster could be seen; said after every look, told when it has changed for good.
    pub(crate) fn cluster(&self, cluster: &ClusterName, problem: Option<&str>) {
        let Some(inner) = &self.0 else { return };
        let subject = Subject::Cluster(cluster.clone());
        inner.state(subject, problem.is_some(), || Message::of_cluster(cluster, problem));
    }

    /// Whether the node is online; said after every look, told when it changes.
    pub(crate) fn node(&self, cluster: &ClusterName, node: &NodeName, online: bool) {
        let Some(inner) = &self.0 else { return };
        let subject = Subject::Node(cluster.clone(), node.clone());
        inner.state(subject, !online, || Message::of_node(cluster, node, online));
    }

    /// Whether the journal works; said after every cycle, told when it changes.
    pub(crate) fn journal(&self, cluster: &ClusterName, problem: Option<&str>) {
        let Some(inner) = &self.0 else { return };
        let subject = Subject::Journal(cluster.clone());
        inner.state(subject, problem.is_some(), || Message::of_journal(cluster, problem));
    }

    /// Somebody else changed a VM.
    pub(crate) fn others(&self, cluster: &ClusterName, vmid: VmId, what: &str) {
        let Some(inner) = &self.0 else { return };
        inner.event(|| Message::of_others(cluster, vmid, what));
    }

    /// Why QEMU and config of a VM disagree; said in every cycle in which they do, and once more.
    pub(crate) fn quarantine(&self, cluster: &ClusterName, vmid: VmId, why: Option<&str>) {
        let Some(inner) = &self.0 else { return };
        let subject = Subject::Quarantine(cluster.clone(), vmid);
        inner.state(subject, why.is_some(), || Message::of_quarantine(cluster, vmid, why));
    }

    /// Why the helper cannot be reached at the start, or that it was met.
    pub(crate) fn helper(&self, problem: Option<&str>) {
        let Some(inner) = &self.0 else { return };
        inner.state(Subject::Helper, problem.is_some(), || Message::of_helper(problem));
    }

    /// The clusters whose cycles make one sign of life.
    pub(crate) fn expect<'c>(&self, clusters: impl Iterator<Item = &'c ClusterName>) {
        if let Some((pulse, _)) = self.0.as_ref().and_then(|inner| inner.pulse.as_ref()) {
            lock(pulse).expect(clusters);
        }
    }

    /// A cycle is complete.
    pub(crate) fn cycle(&self, cluster: &ClusterName, seen: bool) {
        let Some((pulse, channel)) = self.0.as_ref().and_then(|inner| inner.pulse.as_ref()) else {
            return;
        };
        if lock(pulse).cycle(cluster, seen, Instant::now()) {
            channel.put(());
        }
    }

    /// Delivers what can be delivered in a moment. Nothing is taken any more.
    pub(crate) fn stop(&self) {
        let Some(inner) = &self.0 else { return };
        let until = Instant::now() + LAST;
        // First told, then waited for: they have the time together.
        inner.channels.iter().for_each(Channel::close);
        if let Some((_, channel)) = &inner.pulse {
            channel.close();
        }
        for channel in &inner.channels {
            channel.wait(until);
        }
        if let Some((_, channel)) = &inner.pulse {
            channel.wait(until);
        }
    }
}

impl Inner {
    fn event(&self, message: impl FnOnce() -> Message) {
        if let Some(message) = lock(&self.gate).event(message()) {
            self.put(&message);
        }
    }

    fn state(&self, subject: Subject, bad: bool, message: impl FnOnce() -> Message) {
        // The lock is not held while the message is made.
        let Some(left_out) = lock(&self.gate).state(subject, bad) else { return };
        self.put(&message().noting(0, left_out));
    }

    fn put(&self, message: &Message) {
        for channel in &self.channels {
            channel.put(message.clone());
        }
    }
}

/// What is behind these locks is whole after every statement.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
pub(crate) mod tests;
