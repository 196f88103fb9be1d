//! Judges what a lab executed by the invariants I1 to I12. It knows nothing of how scheduler and
//! helper come to what they do: only the lab's books, its VMs at the end, and what was allowed.

use std::fmt;
use std::ops::RangeInclusive;

use vm_autoscale_lab::{Entry, Usage, VmInfo};
use vm_autoscale_proxmox::VmId;

mod allowed;
mod books;
mod change;
mod conf;
mod rests;
mod rules;
mod seen;
#[cfg(test)]
mod tests;
mod timeline;
mod world;

pub use allowed::{Allowed, Bounds, By, Cpu, Direction, Intended, Low, Rates, Rule, Way};
use books::Books;
use change::Change;
use rests::Rests;
pub use rests::Stop;
use seen::Seen;
use world::World;

/// What was broken, and by what.
#[derive(Debug, Clone, PartialEq)]
pub struct Violation {
    /// `I1` to `I12`.
    pub invariant: &'static str,
    /// In which way.
    pub why: String,
    /// By which line; none where it is about the end.
    pub entry: Option<Entry>,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.invariant, self.why)?;
        let Some(entry) = &self.entry else { return Ok(()) };
        let node = entry.node.as_ref().map_or("the lab", |node| node.as_str());
        let Entry { start, end, exit, line, .. } = entry;
        write!(f, "\n    {start:.3} to {end:.3} on {node}, exit {exit}: {line}")
    }
}

/// Takes a history piece by piece, in the order in which the lab tells it.
#[derive(Debug)]
pub struct Checker {
    allowed: Allowed,
    world: World,
    books: Books,
    seen: Seen,
    rests: Rests,
    /// What held before each reload of late, from when on and until when it may.
    before: Vec<(f64, f64, Vms)>,
    violations: Vec<Violation>,
}

type Vms = Vec<(RangeInclusive<u32>, Bounds)>;

impl Checker {
    /// One that has seen nothing yet.
    #[must_use]
    pub fn new(allowed: Allowed) -> Self {
        Self {
            world: World::new(allowed.nodes),
            allowed,
            books: Books::default(),
            seen: Seen::default(),
            rests: Rests::default(),
            before: Vec::new(),
            violations: Vec::new(),
        }
    }

    /// A change that was made durable before it was sent; each allows one `qm set`.
    pub fn intended(&mut self, intended: Intended) {
        let intents = self.books.intents.get_or_insert_default();
        // One that was never sent is not sent any more.
        intents.retain(|old| intended.at - old.at < timeline::KEPT);
        intents.push(intended);
    }

    /// The scheduler or the helper was away until then: no look is missed.
    pub fn away_until(&mut self, time: f64) {
        self.books.last_look = Some(time);
    }

    /// A scheduler begins anew: what was seen before is in its journal.
    pub fn starts(&mut self, time: f64) {
        self.away_until(time);
        self.rests.starts(time);
    }

    /// A helper begins anew: nothing of before is known.
    pub fn helper_starts(&mut self, time: f64) {
        self.rests.helper_starts(time);
    }

    /// The journal is lost.
    pub fn loses(&mut self, time: f64) {
        self.books.lose(time);
        self.rests.resume_all(time);
        self.rests.lose(time);
    }

    /// From the cycle after that moment on, this holds for the VMs.
    pub fn reloads(&mut self, time: f64, vms: Vms) {
        let from = self.before.last().map_or(0.0, |(_, until, _)| *until);
        let until = time + self.allowed.look_gap + self.allowed.late;
        self.before.retain(|(_, until, _)| time - until < timeline::KEPT);
        self.before.push((from, until, std::mem::replace(&mut self.allowed.vms, vms)));
    }

    /// A pause was answered.
    pub fn pauses(&mut self, number: u64, stop: Stop) {
        self.rests.stop(number, stop);
    }

    /// A pause was ended.
    pub fn resumes(&mut self, number: u64, time: f64) {
        self.rests.resume(number, time);
    }

    /// What VMs used in a round.
    pub fn uses(&mut self, time: f64, usage: &[Usage]) {
        self.seen.round(time, usage);
    }

    /// What may hold for the VM at that moment.
    fn bounds(&self, vmid: VmId, at: f64) -> Vec<&Bounds> {
        // Until one is known to hold, so may the one before.
        let slack = self.allowed.look_gap + self.allowed.late;
        let held = |(from, until, _): &&(f64, f64, Vms)| *from - slack <= at && at < *until;
        let before = self.before.iter().filter(held);
        let before = before.filter_map(|(_, _, vms)| allowed::of(vms, vmid));
        let last = self.before.last().is_none_or(|(_, until, _)| at >= until - slack);
        let now = self.allowed.bounds(vmid).filter(|_| last);
        now.into_iter().chain(before).collect()
    }

    /// Takes one line.
    pub fn take(&mut self, entry: &Entry) {
        if let Some(vmid) = self.world.take(entry) {
            self.seen.forget(vmid);
        }
        match entry.kind.as_str() {
            "ReadCluster" if !entry.cut_off => self.look(entry),
            "ReadConfigs" if !entry.cut_off => self.books.reads(entry),
            "ReadMonitor" | "ReadGuestVcpus" | "ReadGuestMeminfo" => self.books.questions += 1,
            // What a test executes itself to learn the lab's time.
            "Refused" if entry.line != "mark" => {
                self.add("I11", "not a command of vm-autoscale".to_owned(), Some(entry));
            }
            _ => {}
        }
        if let Some(change) = Change::of(entry) {
            rules::judge(self, &change);
            self.books.changed(&change);
        }
    }

    fn look(&mut self, entry: &Entry) {
        let last = self.books.last_look;
        // One that hung ends after those that came later.
        self.books.last_look = Some(last.map_or(entry.start, |last| last.max(entry.start)));
        let gap = last.map_or(0.0, |last| entry.start - last);
        if gap > self.allowed.look_gap {
            self.add("I9", format!("{gap:.1} s without a look"), Some(entry));
        }
        self.world.look(entry);
    }

    fn add(&mut self, invariant: &'static str, why: String, entry: Option<&Entry>) {
        self.violations.push(Violation { invariant, why, entry: entry.cloned() });
    }

    /// What was found so far and not told yet.
    pub fn violations(&mut self) -> Vec<Violation> {
        std::mem::take(&mut self.violations)
    }

    /// Nothing of ours waits in `[PENDING]`, but for what a change of the last `patience` seconds
    /// left, or where nobody may write.
    #[must_use]
    pub fn leftovers(&self, vms: &[VmInfo], now: f64, patience: f64) -> Vec<Violation> {
        let mut found = Vec::new();
        for vm in vms {
            let conf = conf::Conf::parse(&vm.conf);
            let ended = self.books.vms.get(&vm.vmid).and_then(|vm| vm.last()).map(|last| last.end);
            let fresh = ended.is_none_or(|end| now - end < patience);
            if fresh || conf.lock || self.world.stands(vm, now).is_some() {
                continue;
            }
            for (key, value) in &conf.pending {
                let theirs = self.world.is_foreign(vm.vmid, key);
                if !theirs && self.books.asked(vm.vmid, key, value) {
                    let why = format!("VM {}: our {key} {value} still waits", vm.vmid);
                    found.push(Violation { invariant: "I6", why, entry: None });
                }
            }
        }
        found
    }

    /// No more questions than a bounded number a change.
    pub fn counts(&mut self) {
        let Books { questions, changes, .. } = self.books;
        if questions > 64 * (changes + 1) {
            self.add("I12", format!("{questions} questions for {changes} changes"), None);
        }
    }
}

/// Everything that a whole history and the VMs at its end show.
#[must_use]
pub fn check(allowed: Allowed, history: &[Entry], vms: &[VmInfo]) -> Vec<Violation> {
    let mut checker = Checker::new(allowed);
    for intended in std::mem::take(&mut checker.allowed.intents) {
        checker.intended(intended);
    }
    for entry in history {
        checker.take(entry);
    }
    let now = history.iter().map(|entry| entry.end).fold(0.0, f64::max);
    checker.counts();
    let mut found = checker.violations();
    found.extend(checker.leftovers(vms, now, 0.0));
    found
}
