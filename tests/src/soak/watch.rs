//! The checker, window by window, so that no history grows.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use vm_autoscale_lab::{Entry, Lab};
use vm_autoscale_scheduler::Journal as _;

use super::chaos::Happening;
use super::fleet::COOLDOWN;
use super::hand::RATES;
use super::journal::{Noted, Said};
use super::machine::Machine;
use super::{Tally, say};
use crate::invariants::{Allowed, Bounds, Checker, Direction, Violation};

type Vms = Vec<(RangeInclusive<u32>, Bounds)>;

/// After so many seconds a leftover of ours is one that nobody clears.
const PATIENCE: f64 = 1800.0;
/// A scheduler that changes nothing breaks nothing, and is of no use: in so many seconds there is
/// always something to do.
const SILENCE: f64 = 4.0 * 3600.0;
/// A tenth of the run, at least so many seconds: what is filled by then stays so.
const WARM: f64 = 7200.0;

pub(super) struct Watch {
    checker: Checker,
    /// Leftovers of the last window: one that is there twice is one.
    leftovers: BTreeSet<String>,
    warm_at: f64,
    /// How many changes were found in effect, and when there was the last one.
    last: (u64, f64),
    trace: Vec<u32>,
}

impl Watch {
    pub(super) fn new((nodes, vms): (usize, Vms), end: f64, trace: Vec<u32>) -> Self {
        let allowed = Allowed {
            vms,
            direction: Direction::Both,
            cooldown: COOLDOWN,
            under_way: 2,
            rates: Some(RATES),
            // A look asks one node after the other until one answers. Where those that are down take
            // its 45 s, no node has seen it, and the next one begins 10 s after it did.
            look_gap: 100.0,
            round: 10.0,
            late: 12.0,
            nodes,
            needs: false,
            intents: Vec::new(),
        };
        let (checker, leftovers) = (Checker::new(allowed), BTreeSet::new());
        Self { checker, leftovers, warm_at: WARM.max(end / 10.0), last: (0, 0.0), trace }
    }

    /// A scheduler that is started looks from now on.
    pub(super) fn starts(&mut self, now: f64) {
        self.checker.starts(now);
    }

    pub(super) fn helper_starts(&mut self, now: f64) {
        self.checker.helper_starts(now);
    }

    /// The journal is lost.
    pub(super) fn loses(&mut self, now: f64) {
        self.checker.loses(now);
    }

    /// Another configuration holds.
    pub(super) fn reloads(&mut self, now: f64, vms: Vms) {
        self.checker.reloads(now, vms);
    }

    /// What was done since the last round, and what VMs use in this one.
    pub(super) fn round(&mut self, lab: &Lab, journal: &Noted, tally: &mut Tally) {
        for intended in journal.take() {
            self.checker.intended(intended);
        }
        for said in journal.said() {
            match said {
                Said::Paused(number, stop) => self.checker.pauses(number, stop),
                Said::Resumed(number, at) => self.checker.resumes(number, at),
            }
        }
        for entry in lab.take_history() {
            tally.lines += u64::from(entry.node.is_some());
            if entry.node.is_some() && entry.vmid.is_some() {
                *tally.changes.entry(entry.kind.clone()).or_default() += 1;
            }
            self.tell(&entry);
            self.checker.take(&entry);
        }
        tally.broken.extend(self.checker.violations());
        self.checker.uses(lab.now(), &lab.usage());
    }

    pub(super) fn judge(&mut self, lab: &Lab, journal: &Noted, tally: &mut Tally) {
        let now = lab.now();
        let found = self.checker.leftovers(&lab.vms(), now, PATIENCE);
        let before = std::mem::take(&mut self.leftovers);
        for leftover in found {
            if before.contains(&leftover.why) {
                tally.broken.push(leftover.clone());
            }
            self.leftovers.insert(leftover.why);
        }
        tally.days = now / 86_400.0;
        tally.verified = tally.verified_before + journal.counts().verified;
        if tally.verified != self.last.0 {
            self.last = (tally.verified, now);
        } else if now - self.last.1 > SILENCE {
            let why = format!("nothing was changed since {:.0} s", self.last.1);
            tally.broken.push(Violation { invariant: "I9", why, entry: None });
        }
        let (size, too_large) = journal.size();
        tally.journal = tally.journal.max(size);
        if too_large {
            let why = format!("the journal takes {size} KiB");
            tally.broken.push(Violation { invariant: "I12", why, entry: None });
        }
        tally.machine = Machine::now();
        if now >= self.warm_at {
            tally.warm.get_or_insert(tally.machine);
            tally.most = tally.most.most(tally.machine);
        }
    }

    /// What befalls our programs is told beside what is traced.
    pub(super) fn happens(&self, now: f64, happening: &Happening) {
        if !self.trace.is_empty() && !matches!(happening, Happening::Control(_)) {
            say(&format!("{now:.3} {happening:?}"));
        }
    }

    fn tell(&self, entry: &Entry) {
        let mut about = entry.showed.iter().map(|shown| shown.vmid).chain(entry.vmid);
        if about.any(|vmid| self.trace.contains(&vmid.get())) {
            let node = entry.node.as_ref().map_or("the lab", |node| node.as_str());
            let Entry { start, end, exit, line, .. } = entry;
            say(&format!("{start:.3} to {end:.3} on {node}, exit {exit}: {line}"));
        }
    }

    /// What only a whole run shows.
    pub(super) fn end(mut self, tally: &mut Tally) {
        self.checker.counts();
        tally.broken.extend(self.checker.violations());
    }
}
