//! The transcript: what others need to know to help, and no name of anybody's.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use vm_autoscale_scheduler::{ErrandEnd, ErrandStatus, ErrandStep, GoalEnd};

use super::{Left, Selftest};
use crate::version;

/// Takes the names out of what may have some.
pub(super) fn anonymous(order: &mut ErrandStatus, names: &BTreeSet<String>) {
    order.name = None;
    let ErrandStatus { goals, steps, obstacles, waits, end, .. } = order;
    let whys = goals.iter_mut().filter_map(|goal| goal.why.as_mut());
    let texts = steps.iter_mut().map(|step| &mut step.text);
    let ends = end.iter_mut().filter_map(|end| match end {
        ErrandEnd::Stopped { why } => Some(why),
        _ => None,
    });
    for text in whys.chain(texts).chain(ends).chain(obstacles).chain(waits) {
        *text = without(text, names);
    }
    // Both are names by their types; nobody needs them.
    if let (Ok(node), Ok(cluster)) = ("node".try_into(), "cluster".try_into()) {
        (order.node, order.cluster) = (node, cluster);
    }
}

/// Whole words only: a name may be a part of another word.
fn without(text: &str, names: &BTreeSet<String>) -> String {
    let in_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    let mut out = String::new();
    for piece in text.split_inclusive(|c| !in_name(c)) {
        let word = piece.trim_end_matches(|c| !in_name(c));
        let rest = piece.get(word.len()..).unwrap_or_default();
        out.push_str(if names.contains(word) { "NAME" } else { word });
        out.push_str(rest);
    }
    out
}

/// As text.
pub(super) fn transcript(tested: &Selftest) -> String {
    let mut text = "-- transcript, without names --\n".to_owned();
    // Writing to a String cannot fail.
    let _ = writeln!(text, "program  {}", version::told(&tested.program));
    if let Some(daemon) = &tested.daemon {
        let helper = daemon.helper.as_deref().unwrap_or("not known");
        let _ = writeln!(text, "daemon   {}; helper {helper}", version::told(daemon));
    }
    let _ = writeln!(text, "system   {}", tested.system.told());
    text.push_str(
        "node     vm-autoscale does not ask for its release: add what `pveversion` says\n",
    );
    for (count, fact) in tested.order.facts.iter().enumerate() {
        let head = if count == 0 { "VM" } else { "" };
        let _ = writeln!(text, "{head:<8} {fact}");
    }
    for (count, step) in tested.order.steps.iter().enumerate() {
        text.push_str(&told(count + 1, step));
    }
    for goal in tested.order.goals.iter().filter(|goal| goal.end != Some(GoalEnd::Reached)) {
        let what = if goal.end == Some(GoalEnd::Skipped) { "skipped" } else { "not reached" };
        let _ = writeln!(text, "{what}: {}: {}", goal.way, goal.why.as_deref().unwrap_or("-"));
    }
    text + &end(tested)
}

fn told(number: usize, step: &ErrandStep) -> String {
    let ErrandStep { step, argv, text, reverted, took_ms, qemu, guest, .. } = step;
    let ran = if argv.is_empty() { "nothing was sent".to_owned() } else { argv.join(" ") };
    let has =
        |size: &Option<u32>| size.map_or_else(|| "says nothing".to_owned(), |n| format!("has {n}"));
    let reverted = if *reverted { "; reverted" } else { "" };
    format!(
        "{number}. {step}\n   {ran}\n   {text}{reverted}; {took_ms} ms; QEMU {}, the guest {}\n",
        has(qemu),
        has(guest)
    )
}

fn end(tested: &Selftest) -> String {
    let verdict = match (&tested.order.end, tested.passed) {
        (_, true) => "PASSED".to_owned(),
        (Some(ErrandEnd::Stopped { why }), _) => format!("FAILED: {why}"),
        (Some(ErrandEnd::Cancelled { .. }), _) => "FAILED: it was taken back".to_owned(),
        _ => "FAILED: not every step was verified".to_owned(),
    };
    let left = match &tested.left {
        Left::Nothing => "The VM is as it was.\n".to_owned(),
        Left::NotKnown => {
            let vmid = tested.order.vmid;
            format!("How the VM is now is not known: see `qm config {vmid}` on its node.\n")
        }
        Left::These(commands) => {
            let lines = commands.join("\n  ");
            format!("LEFT: the VM is not as it was. On its node this undoes it:\n  {lines}\n")
        }
    };
    format!("-- end of the transcript --\n{verdict}\n{left}")
}
