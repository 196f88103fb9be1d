//! What was read and changed so far, as far back as it can matter.

use std::collections::{BTreeMap, VecDeque};

use vm_autoscale_lab::Entry;
use vm_autoscale_proxmox::{Digest, NodeName, VmId};

use super::allowed::Intended;
use super::change::{Change, What, amount, resource};
use super::conf::{Conf, hundredths};
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
    /// When a journal was lost: what was asked for before is nobody's.
    lost: f64,
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
    /// What it was by the config that the change was for, in the key's unit.
    pub(super) from: Option<u32>,
    pub(super) did_something: bool,
    pub(super) failed: bool,
}

impl Done {
    fn of(change: &Change<'_>, from: Option<u32>) -> Self {
        Self {
            from,
            vmid: change.vmid,
            node: change.entry.node.clone(),
            start: change.entry.start,
            end: change.entry.end,
            what: change.what.clone(),
            did_something: change.did_something(),
            failed: change.entry.exit != 0,
        }
    }

    pub(super) fn key(&self) -> Option<&'static str> {
        if let What::Set(key, _) = self.what { Some(key) } else { None }
    }

    pub(super) fn to(&self) -> Option<u32> {
        if let What::Set(_, to) = self.what { Some(to) } else { None }
    }

    pub(super) fn resource(&self) -> Option<&'static str> {
        self.key().map(resource)
    }

    pub(super) fn shrinks(&self) -> bool {
        let What::Set(key, to) = self.what else { return false };
        self.from.is_some_and(|from| amount(key, to) < from)
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
        let mut from = None;
        if let What::Set(key, to) = change.what {
            let basis = vm.shown(&change.digest, change.entry.start);
            from = basis.and_then(|read| read.conf.size(key));
            if change.entry.start >= self.lost {
                vm.asked.push_back((key, to));
            }
            vm.asked.drain(..vm.asked.len().saturating_sub(64));
        }
        let done = Done::of(change, from);
        vm.done.push_back(done.clone());
        prune(&mut vm.done, end, |done| done.end);
        self.done.push_back(done);
        prune(&mut self.done, end, |done| done.end);
        self.changes += 1;
    }

    /// Whether a change of ours asked for that.
    pub(super) fn asked(&self, vmid: VmId, key: &str, value: &str) -> bool {
        // No limit may be written as 0.
        let limit = || Some(hundredths(value).unwrap_or(0));
        let value = if key == "cpulimit" { limit() } else { value.parse().ok() };
        let asked = self.vms.get(&vmid).into_iter().flat_map(|vm| &vm.asked);
        asked.clone().any(|(name, to)| *name == key && value == Some(*to))
    }

    /// Whether that limit may be one that we set.
    pub(super) fn limits(&self, vmid: VmId, limit: u32) -> bool {
        let asked = self.vms.get(&vmid).into_iter().flat_map(|vm| &vm.asked);
        asked.clone().any(|(name, to)| *name == "cpulimit" && *to == limit)
    }

    /// Nothing that was asked for by then is known any more.
    pub(super) fn lose(&mut self, at: f64) {
        self.lost = at;
        self.vms.values_mut().for_each(|vm| vm.asked.clear());
    }
}
