//! The checker, window by window, so that no history grows.

use std::collections::BTreeSet;

use vm_autoscale_lab::Lab;
use vm_autoscale_scheduler::Journal;

use super::Tally;
use super::hand::RATES;
use super::journal::Noted;
use super::machine::Machine;
use crate::invariants::{Allowed, Bounds, Checker, Direction};

/// After so many seconds a leftover of ours is one that nobody clears.
const PATIENCE: f64 = 1800.0;
/// A tenth of the run, at least so many seconds: what is filled by then stays so.
const WARM: f64 = 7200.0;

pub(super) struct Watch {
    checker: Checker,
    /// Leftovers of the last window: one that is there twice is one.
    leftovers: BTreeSet<String>,
    warm_at: f64,
}

impl Watch {
    pub(super) fn new(nodes: usize, end: f64) -> Self {
        let allowed = Allowed {
            vms: vec![(100..=100_000, Bounds { vcpus: 1..=8, memory: 1024..=16_384 })],
            direction: Direction::Both,
            cooldown: 300.0,
            under_way: 2,
            rates: Some(RATES),
            // A look asks every node until one answers, and one that is down takes 5 s.
            look_gap: 60.0,
            round: 10.0,
            late: 12.0,
            nodes,
            intents: Vec::new(),
        };
        let (checker, leftovers) = (Checker::new(allowed), BTreeSet::new());
        Self { checker, leftovers, warm_at: WARM.max(end / 10.0) }
    }

    /// A scheduler or helper that is started looks from now on.
    pub(super) fn starts(&mut self, now: f64) {
        self.checker.away_until(now);
    }

    pub(super) fn judge<J: Journal>(&mut self, lab: &Lab, journal: &Noted<J>, tally: &mut Tally) {
        for intended in journal.take() {
            self.checker.intended(intended);
        }
        for entry in lab.take_history() {
            tally.lines += u64::from(entry.node.is_some());
            tally.changes += u64::from(entry.node.is_some() && entry.vmid.is_some());
            self.checker.take(&entry);
        }
        let now = lab.now();
        let found = self.checker.leftovers(&lab.vms(), now, PATIENCE);
        let before = std::mem::take(&mut self.leftovers);
        for leftover in found {
            if before.contains(&leftover.why) {
                tally.broken.push(leftover.clone());
            }
            self.leftovers.insert(leftover.why);
        }
        tally.broken.extend(self.checker.violations());
        tally.days = now / 86_400.0;
        tally.verified = journal.counts().verified;
        tally.machine = Machine::now();
        if now >= self.warm_at {
            tally.warm.get_or_insert(tally.machine);
            tally.most = tally.most.most(tally.machine);
        }
    }

    /// What only a whole run shows.
    pub(super) fn end(mut self, tally: &mut Tally) {
        self.checker.counts();
        tally.broken.extend(self.checker.violations());
    }
}
