//! I8: cooldowns hold over restarts, too.

use super::super::Checker;
use super::super::allowed::{Bounds, By, Rule};
use super::super::books::Done;
use super::{Case, SAME};

/// What a guest did not release may still be queued in it: nothing is plugged so soon after.
const QUEUED: f64 = 60.0;
/// By the policy `adaptive`, which counts whole seconds, no vCPU and no memory is taken so soon after
/// any was added.
const SETTLED: f64 = 120.0 - 1.0;
const MEMORY_SETTLED: f64 = 1800.0 - 1.0;
/// Others on a full node are given memory by who has had it for so long.
const GIVEN: f64 = 60.0;
/// Until a start shows, and what was under way is sent.
const SHOWS: f64 = 30.0;

/// The last change that did something was too short a time ago.
pub(super) fn too_soon(checker: &Checker, case: &Case<'_>, bounds: &Bounds) -> Option<String> {
    if case.by == By::Order {
        return None;
    }
    let renewed = checker.world.since(case.change.vmid);
    let before = case.vm.done.iter().rev().filter(|done| {
        done.resource() == Some(case.resource()) && done.did_something && done.end > renewed
    });
    let start = case.change.entry.start;
    let mut wrong = before.filter_map(|done| {
        let (rest, least) = (start - done.end, least(checker, case, bounds.way.rule, done));
        let (resource, key) = (case.resource(), case.key);
        (rest < least - SAME).then(|| {
            format!(
                "{rest:.2} s after the last change of its {resource}, and not {least:.0}: {key}"
            )
        })
    });
    wrong.next().or_else(|| after_a_start(checker, case))
}

/// How long such a change waits after that one.
fn least(checker: &Checker, case: &Case<'_>, rule: Rule, done: &Done) -> f64 {
    let cooldown = checker.allowed.cooldown;
    // What failed to take something holds back no growth for long, and each lever fails for itself.
    if done.failed && done.shrinks() {
        return match (case.shrinks(), done.key() == Some(case.key)) {
            (true, true) => cooldown,
            (false, true) => QUEUED.min(cooldown),
            _ => 0.0,
        };
    }
    let (taken, given) = (done.shrinks(), case.shrinks());
    match rule {
        Rule::Marks(_) if taken && undoes(case) => 0.0,
        Rule::Marks(_) => cooldown,
        Rule::Adaptive if done.failed => cooldown,
        Rule::Adaptive if taken || !given || is_taken_back(case, done) => checker.allowed.round,
        Rule::Adaptive if case.is_cpu() => SETTLED,
        Rule::Adaptive if case.by == By::Others => GIVEN,
        Rule::Adaptive => MEMORY_SETTLED,
    }
}

/// Whether what it gave is gone again, as after a selftest.
fn is_taken_back(case: &Case<'_>, done: &Done) -> bool {
    let later = case.vm.done.iter().filter(|later| later.start >= done.end && !later.failed);
    let mut same = later.filter(|later| later.key() == done.key());
    same.any(|later| done.from.is_some() && later.to() <= done.from)
}

/// Who was started and knows nothing of before changes nothing for a cooldown.
fn after_a_start(checker: &Checker, case: &Case<'_>) -> Option<String> {
    let (start, cooldown) = (case.change.entry.start, checker.allowed.cooldown);
    let mut starts = checker.rests.without_memory(start);
    let begun = starts.find(|begun| (SHOWS..cooldown - SAME).contains(&(start - begun)))?;
    (!undoes(case)).then(|| format!("{:.0} s after a start without memory", start - begun))
}

/// Whether it may give back what of its memory some change took in error: as soon as nothing else
/// stands against it, and what was taken step by step as a whole, but no more.
fn undoes(case: &Case<'_>) -> bool {
    let taken = case.vm.done.iter().filter(|done| done.key() == Some(case.key) && done.shrinks());
    let mut before = taken.map(|done| done.from);
    !case.is_cpu() && !case.shrinks() && before.any(|from| from >= Some(case.to))
}
