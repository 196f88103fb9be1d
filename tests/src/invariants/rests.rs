//! What people and restarts ask for that no node tells of: pauses, and rests after a start.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use vm_autoscale_proxmox::VmId;

use super::rules::SAME;
use super::timeline::KEPT;

/// A pause, from its answer on.
#[derive(Debug, Clone)]
pub struct Stop {
    /// Whom it names.
    pub vms: RangeInclusive<u32>,
    /// When it was answered.
    pub from: f64,
    /// When it ends, as far as that is known.
    pub until: f64,
}

#[derive(Debug, Default)]
pub(super) struct Rests {
    stops: BTreeMap<u64, Stop>,
    /// When a scheduler without a journal was started: it knows nothing of what was seen before.
    lost: Vec<f64>,
    /// When a helper was, and from when on that does not matter.
    helpers: Vec<(f64, f64)>,
}

impl Rests {
    pub(super) fn stop(&mut self, number: u64, stop: Stop) {
        // One that ended before anything that may still be told is over.
        self.stops.retain(|_, old| old.until > stop.from - KEPT);
        self.stops.insert(number, stop);
    }

    pub(super) fn resume(&mut self, number: u64, at: f64) {
        if let Some(stop) = self.stops.get_mut(&number) {
            stop.until = stop.until.min(at);
        }
    }

    /// No pause is known any more.
    pub(super) fn resume_all(&mut self, at: f64) {
        for stop in self.stops.values_mut() {
            stop.until = stop.until.min(at);
        }
    }

    /// The pause that names the VM at that moment, and a moment before and after it.
    pub(super) fn stopped(&self, vmid: VmId, at: f64) -> Option<&Stop> {
        let holds = |stop: &&Stop| stop.from <= at - SAME && at + SAME < stop.until;
        self.stops.values().filter(holds).find(|stop| stop.vms.contains(&vmid.get()))
    }

    /// Since when what was seen was known by then.
    pub(super) fn began(&self, at: f64) -> f64 {
        self.lost.iter().copied().filter(|began| *began <= at).fold(0.0, f64::max)
    }

    pub(super) fn lose(&mut self, at: f64) {
        self.lost.retain(|old| at - old < 2.0 * KEPT);
        self.lost.push(at);
    }

    pub(super) fn helper_starts(&mut self, at: f64) {
        self.helpers.retain(|(old, _)| at - old < KEPT);
        self.helpers.push((at, f64::INFINITY));
    }

    /// Who is started with its journal settles what is open and reads all configs anew, whichever
    /// helper there was before.
    pub(super) fn starts(&mut self, at: f64) {
        for (_, until) in &mut self.helpers {
            *until = until.min(at);
        }
    }

    /// What was started without knowing of before, as far as that mattered then.
    pub(super) fn without_memory(&self, at: f64) -> impl Iterator<Item = f64> {
        let helpers = self.helpers.iter().filter(move |(_, until)| at < *until);
        self.lost.iter().copied().chain(helpers.map(|(begun, _)| *begun))
    }
}
