//! What is known of a VM in its present mode, and whether that is enough for the next one.

use serde::Serialize;
use vm_autoscale_config::Mode;
use vm_autoscale_proxmox::{ClusterName, VmId};
use vm_autoscale_scheduler::{ClusterStatus, VmStatus};

use super::would::Told;
use crate::config::ModeLine;
use crate::plain::one_line;
use crate::report::gather::Raw;
use crate::report::series::{Grid, float};

const HOUR: u64 = 3600;
const DAY: f64 = 86_400.0;
/// One in so many changes may fail or be undone.
const ONE_IN: usize = 10;

/// Of one VM.
#[derive(Debug, Serialize)]
pub(super) struct Evidence {
    pub(super) cluster: ClusterName,
    pub(super) vmid: VmId,
    pub(super) name: Option<String>,
    pub(super) mode: String,
    /// Nothing where there is no further one.
    pub(super) next: Option<Mode>,
    /// In seconds since 1970: before that the journal has what this mode would not have done, or
    /// nothing at all.
    pub(super) since: Option<u64>,
    /// Days of which there are figures since then.
    pub(super) known_days: f64,
    /// Days that are wanted for the next mode.
    pub(super) wanted_days: f64,
    /// Changes that were only recommended, and those that were made.
    pub(super) recommended: usize,
    pub(super) made: usize,
    pub(super) failed: usize,
    /// Of both, those that went the other way again within an hour.
    pub(super) undone: usize,
    /// By what is recommended now; further steps may follow.
    pub(super) would_give_back_vcpus: f64,
    pub(super) would_give_back_mib: f64,
    /// Hours in which it was short.
    pub(super) cpu_short_hours: f64,
    pub(super) memory_short_hours: f64,
    /// What keeps a resource from being looked after.
    pub(super) blockers: Vec<String>,
    pub(super) verdict: Verdict,
    /// Why it is not ready.
    pub(super) because: Vec<String>,
    /// What says its mode.
    pub(super) line: ModeLine,
}

/// Whether the next mode is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Verdict {
    Ready,
    NotYet,
    NotEnoughKnown,
    /// It is in the last mode.
    Last,
}

impl Evidence {
    /// By what is known now and by what the journal has, if anything.
    pub(super) fn of(
        cluster: &ClusterStatus,
        vm: &VmStatus,
        (raw, grid): (Option<&Raw>, Grid),
        line: ModeLine,
    ) -> Self {
        let none = Raw::default();
        let raw = raw.unwrap_or(&none);
        let (next, wanted_days) = next(&vm.mode);
        let moves = moves(raw);
        let since = since(&vm.mode, raw, &moves);
        let age = float(since.map_or(0, |since| grid.until.saturating_sub(since)));
        let gives = [&vm.cpu, &vm.memory_decision]
            .map(|text| Told::recommended(text).map_or((0.0, 0.0), Told::gives_back));
        let [(vcpus, _), (_, mib)] = gives;
        let mut evidence = Self {
            cluster: cluster.name.clone(),
            vmid: vm.vmid,
            name: vm.name.clone(),
            mode: vm.mode.clone(),
            next,
            since,
            known_days: float(raw.measured).min(age) / DAY,
            wanted_days,
            recommended: moves.iter().filter(|one| !one.is_made).count(),
            made: raw.changes.len(),
            failed: raw.changes.iter().filter(|change| !change.verified).count(),
            undone: undone(&moves),
            would_give_back_vcpus: vcpus,
            would_give_back_mib: mib,
            cpu_short_hours: raw.cpu.short / 3600.0,
            memory_short_hours: raw.memory.short / 3600.0,
            blockers: blockers(vm),
            verdict: Verdict::Last,
            because: Vec::new(),
            line,
        };
        evidence.name.iter_mut().for_each(one_line);
        evidence.judge(vm, raw, moves.len());
        evidence
    }

    fn judge(&mut self, vm: &VmStatus, raw: &Raw, moves: usize) {
        if self.next.is_none() {
            return;
        }
        if vm.blocked == [true, true] {
            self.because.push(format!("it is left alone: {}", self.blockers.join("; ")));
        }
        if self.failed * ONE_IN > self.made {
            let last = raw.changes.iter().rev().find(|change| !change.verified);
            let mut last = last.map(|change| change.text.clone()).unwrap_or_default();
            one_line(&mut last);
            self.because.push(format!("{} of {} changes failed: {last}", self.failed, self.made));
        }
        if self.undone > 1 && self.undone * ONE_IN > moves {
            let undone = self.undone;
            self.because.push(format!("{undone} of {moves} moves went back within an hour"));
        }
        self.verdict = if !self.because.is_empty() {
            Verdict::NotYet
        } else if self.known_days < self.wanted_days {
            let (known, wanted) = (self.known_days, self.wanted_days);
            self.because.push(format!("{known:.1} of {wanted:.0} days are known"));
            Verdict::NotEnoughKnown
        } else {
            Verdict::Ready
        };
    }
}

/// The mode after that one, and how many days are to be known before it: to be told more costs
/// nothing, what is added can be taken again, and what is taken may be missed on the one day of the
/// week when it is needed.
fn next(mode: &str) -> (Option<Mode>, f64) {
    match mode {
        "observe" => (Some(Mode::Recommend), 1.0),
        "recommend" => (Some(Mode::UpOnly), 3.0),
        "up-only" => (Some(Mode::Full), 7.0),
        _ => (None, 0.0),
    }
}

/// A change that was made or recommended.
#[derive(Debug, Clone, Copy)]
struct Step {
    at: u64,
    is_memory: bool,
    grows: bool,
    is_made: bool,
}

/// In the order of time.
fn moves(raw: &Raw) -> Vec<Step> {
    let made = raw.changes.iter().map(|change| Step {
        at: change.at,
        is_memory: change.step.resource() == vm_autoscale_planner::Resource::Memory,
        grows: change.step.is_growth(),
        is_made: true,
    });
    let told = raw.decisions.iter().flatten().filter_map(|stands| {
        let told = Told::recommended(&stands.text)?;
        let is_memory = stands.resource == vm_autoscale_planner::Resource::Memory;
        Some(Step { at: stands.at, is_memory, grows: told.grows(), is_made: false })
    });
    let mut all: Vec<Step> = made.chain(told).collect();
    all.sort_by_key(|step| step.at);
    all
}

/// Those after which the same resource went the other way within an hour.
fn undone(moves: &[Step]) -> usize {
    let back = |(at, step): (usize, &Step)| {
        let later = moves.iter().skip(at + 1).find(|later| later.is_memory == step.is_memory);
        later.is_some_and(|later| later.grows != step.grows && later.at - step.at <= HOUR)
    };
    moves.iter().enumerate().filter(|one| back(*one)).count()
}

/// Since when nothing in the journal speaks against that mode.
fn since(mode: &str, raw: &Raw, moves: &[Step]) -> Option<u64> {
    let is_against = |step: &&Step| match mode {
        "observe" | "recommend" => step.is_made,
        "up-only" => step.is_made != step.grows,
        _ => !step.is_made,
    };
    let last = moves.iter().rev().find(is_against).map(|step| step.at);
    let first = raw.decisions.iter().flatten().map(|stands| stands.at);
    last.or_else(|| first.chain(raw.seen.map(|(first, _)| first)).min())
}

fn blockers(vm: &VmStatus) -> Vec<String> {
    let [cpu, memory] = vm.blocked;
    let texts = [(cpu, "vCPUs", &vm.cpu), (memory, "memory", &vm.memory_decision)];
    if cpu && memory && vm.cpu == vm.memory_decision {
        return vec![said(&vm.cpu)];
    }
    let blocked = texts.into_iter().filter(|(is_blocked, ..)| *is_blocked);
    blocked.map(|(_, what, text)| format!("{what}: {}", said(text))).collect()
}

fn said(text: &str) -> String {
    let mut text = text.to_owned();
    one_line(&mut text);
    text
}

#[cfg(test)]
mod tests;
