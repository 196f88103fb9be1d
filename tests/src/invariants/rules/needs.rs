//! I1: never below what the guest's programs were seen to want, and only after having looked at
//! that for long enough.

use super::super::Checker;
use super::super::allowed::{Bounds, By, Low, Rule};
use super::super::seen::Used;
use super::{Case, FRESH};

/// The policy `adaptive` keeps what was needed in so many seconds at least.
const WINDOW: f64 = 600.0;
const MEMORY_WINDOW: f64 = 1800.0;
/// It smooths single samples away: so many in a row are none.
const STEADY: usize = 9;
/// What is left of so many after smoothing.
const SMOOTHED: f64 = 0.95;
/// What was added and is not used goes again after so long.
const TRIAL: f64 = 180.0;
/// Decisions by marks are no further apart.
const JUDGED: f64 = 120.0;
/// Two rounds of the same guest differ by that much where nothing changes.
const NOISE: f64 = 1.05;

/// What was taken was needed, or nobody had looked whether it was.
pub(super) fn needed(checker: &Checker, case: &Case<'_>, bounds: &Bounds) -> Option<String> {
    if !case.shrinks() {
        return None;
    }
    if let Some(why) = set(checker, case) {
        return Some(why);
    }
    if case.by == By::Order {
        return None;
    }
    let known = known(checker, case);
    match bounds.way.rule {
        Rule::Marks(low) => {
            current(
                checker,
                case,
                known,
                |used| if case.is_cpu() { used.cores } else { used.memory },
            )
            .or_else(|| not_low(checker, case, known, low?))
        }
        Rule::Adaptive if case.is_cpu() => {
            unwatched(checker, case).or_else(|| of_late(checker, case, known))
        }
        Rule::Adaptive => {
            unwatched(checker, case).or_else(|| current(checker, case, known, |used| used.programs))
        }
    }
}

/// What a test has set.
fn set(checker: &Checker, case: &Case<'_>) -> Option<String> {
    if !checker.allowed.needs {
        return None;
    }
    let start = case.change.entry.start;
    let (since, (cores, mib)) = checker.world.load(case.change.vmid, start)?;
    let needs = if case.is_cpu() { cores } else { mib };
    let seen = since + 2.0 * checker.allowed.round;
    let known = checker.world.was_seen(seen, start, checker.allowed.late);
    let Case { key, to, .. } = case;
    (case.size() < needs && known).then(|| format!("{key} {to}, and the guest needs {needs}"))
}

/// The last round of which two looks had told in time.
fn known(checker: &Checker, case: &Case<'_>) -> f64 {
    let start = case.change.entry.start;
    let mut rounds = checker.seen.back(case.change.vmid, start);
    let told = |used: &&Used| checker.world.was_seen(used.at, start, checker.allowed.late);
    let known = rounds.find(told).map(|used| used.at);
    // What has not been looked at for so long is I7's to judge.
    known.filter(|at| start - at < 3.0 * FRESH).unwrap_or(f64::NEG_INFINITY)
}

/// Not even the least of what was used since is left.
fn current(
    checker: &Checker,
    case: &Case<'_>,
    known: f64,
    figure: impl Fn(&Used) -> f64,
) -> Option<String> {
    let rounds = checker.seen.back(case.change.vmid, case.change.entry.start);
    let least = rounds.take_while(|used| used.at >= known).map(figure).reduce(f64::min)?;
    let Case { key, to, .. } = case;
    (known.is_finite() && case.size() < least)
        .then(|| format!("{key} {to}, and {least:.2} were in use"))
}

/// So many decisions in a row found it low.
fn not_low(checker: &Checker, case: &Case<'_>, known: f64, low: Low) -> Option<String> {
    let conf = &case.basis?.conf;
    let mark =
        if case.is_cpu() { low.cpu * conf.cores()? } else { low.memory * f64::from(conf.left()?) };
    let is_low =
        |used: &&Used| NOISE.recip() * if case.is_cpu() { used.cores } else { used.memory } <= mark;
    let (mut found, mut before) = (0, f64::INFINITY);
    let rounds = checker.seen.back(case.change.vmid, case.change.entry.start);
    for used in rounds.take_while(|used| used.at >= known - JUDGED * f64::from(low.times)) {
        if before - used.at >= 0.8 * low.apart && is_low(&used) {
            (found, before) = (found + 1, used.at);
        }
    }
    (known.is_finite() && found < low.times)
        .then(|| format!("it was low {found} times, and not {}", low.times))
}

/// More was used for a while within the window.
fn of_late(checker: &Checker, case: &Case<'_>, known: f64) -> Option<String> {
    let rounds = checker.seen.back(case.change.vmid, known);
    let window = rounds.take_while(|used| used.at > known - WINDOW + 2.0 * checker.allowed.round);
    let cores: Vec<f64> = window.map(|used| used.cores).collect();
    let steady = cores.windows(STEADY).map(|few| few.iter().copied().fold(f64::INFINITY, f64::min));
    let most = SMOOTHED * steady.fold(0.0, f64::max);
    let Case { key, to, .. } = case;
    (case.size() * NOISE < most).then(|| format!("{key} {to}, and {most:.2} were in use of late"))
}

/// Nobody can know of a whole window yet.
fn unwatched(checker: &Checker, case: &Case<'_>) -> Option<String> {
    let start = case.change.entry.start;
    let since = start - checker.rests.began(start);
    let last = case.vm.done.iter().rev().find(|done| done.key() == Some(case.key));
    let back = last.is_some_and(|last| last.from == Some(case.to) && !last.failed);
    let least = match case.by {
        _ if case.is_cpu() && back => TRIAL,
        By::Itself if !case.is_cpu() => MEMORY_WINDOW,
        By::Others => 0.0,
        _ => WINDOW,
    };
    let least = least - checker.allowed.round;
    (since < least).then(|| format!("{since:.0} s after the start, and not {least:.0}"))
}
