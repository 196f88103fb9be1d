//! What was read and changed so far, as far back as it can matter.

use std::collections::{BTreeMap, VecDeque};

use vm_autoscale_lab::Entry;
use vm_autoscale_proxmox::{Digest, NodeName, VmId};

use super::allowed::Intended;
use super::change::{Change, What};
use super::conf::Conf;
use super::timeline::prune;

#[derive(Debug, Default)]
pub(super) struct Books {
    pub(super) vms: BTreeMap<VmId, OfVm>,
    /// Of all VMs.
    pub(super) done: VecDeque<Done>,
    pub(super) last_look: Option<f64>,
    pub(super) questions: u64,
    pub(super) changes: u64,
    /// Not used yet; none where nobody says what was intended.
    pub(super) intents: Option<Vec<Intended>>,
}

#[derive(Debug, Default)]
pub(super) struct OfVm {
    pub(super) reads: VecDeque<Read>,
    pub(super) done: VecDeque<Done>,
    /// The last values that were asked for.
    asked: VecDeque<(&'static str, u32)>,
}

/// A config as it was shown.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) start: f64,
    pub(super) end: f64,
    pub(super) digest: Digest,
    pub(super) conf: Conf,
}

/// A change that has ended.
#[derive(Debug, Clone)]
pub(super) struct Done {
    pub(super) vmid: VmId,
    pub(super) node: Option<NodeName>,
    pub(super) start: f64,
    pub(super) end: f64,
    pub(super) what: What,
    pub(super) did_something: bool,
    pub(super) failed: bool,
}

impl Done {
    fn of(change: &Change<'_>) -> Self {
        Self {
            vmid: change.vmid,
            node: change.entry.node.clone(),
            start: change.entry.start,
            end: change.entry.end,
            what: change.what.clone(),
            did_something: change.did_something(),
            failed: change.entry.exit != 0,
        }
    }
}

impl OfVm {
    pub(super) fn last(&self) -> Option<&Done> {
        self.done.back()
    }

    /// The last reading that showed this config and ended by then.
    pub(super) fn shown(&self, digest: &Digest, by: f64) -> Option<&Read> {
        self.reads.iter().rev().find(|read| read.digest == *digest && read.end <= by)
    }
}

impl Books {
    pub(super) fn reads(&mut self, entry: &Entry) {
        for shown in &entry.showed {
            let vm = self.vms.entry(shown.vmid).or_default();
            vm.reads.push_back(Read {
                start: entry.start,
                end: entry.end,
                digest: shown.digest.clone(),
                conf: Conf::parse(&shown.conf),
            });
            prune(&mut vm.reads, entry.end, |read| read.end);
        }
    }

    pub(super) fn changed(&mut self, change: &Change<'_>) {
        let (vm, end) = (self.vms.entry(change.vmid).or_default(), change.entry.end);
        if let What::Set(key, to) = change.what {
            vm.asked.push_back((key, to));
            vm.asked.drain(..vm.asked.len().saturating_sub(64));
        }
        vm.done.push_back(Done::of(change));
        prune(&mut vm.done, end, |done| done.end);
        self.done.push_back(Done::of(change));
        prune(&mut self.done, end, |done| done.end);
        self.changes += 1;
    }

    /// Whether a change of ours asked for that.
    pub(super) fn asked(&self, vmid: VmId, key: &str, value: &str) -> bool {
        let asked = self.vms.get(&vmid).into_iter().flat_map(|vm| &vm.asked);
        asked.clone().any(|(name, to)| *name == key && to.to_string() == value)
    }
}
