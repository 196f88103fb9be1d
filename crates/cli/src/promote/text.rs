//! The evidence as text, under 100 columns.

use std::fmt::Write as _;

use vm_autoscale_calendar::Zone;

use super::evidence::{Evidence, Verdict};
use super::lines::Change;
use crate::report::words::{figure, folded, many, time};
use crate::report::written;

/// So many VMs are held back by name.
const NAMED: usize = 12;

/// A line for each VM, or a block of lines `in_full`, and then the lines of the configuration.
pub(super) fn text((all, lines): (&[Evidence], &[Change]), in_full: bool, width: usize) -> String {
    let mut text = String::new();
    if all.is_empty() {
        text.push_str("No VM is looked after: see `select` and `virtual_machines`.\n");
    } else if !in_full {
        text.push_str("     VMID NAME             MODE      NEXT       KNOWN  VERDICT\n");
    }
    for one in all {
        if in_full { block(&mut text, one, width) } else { line(&mut text, one, width) }
    }
    for change in lines {
        told(&mut text, change, width);
    }
    text.push_str("Nothing was changed. After a change: systemctl reload vm-autoscale\n");
    text
}

fn line(text: &mut String, one: &Evidence, width: usize) {
    let name: String = one.name.as_deref().unwrap_or("-").chars().take(16).collect();
    let next = one.next.map_or_else(|| "-".to_owned(), |next| next.to_string());
    let (vmid, mode) = (one.vmid.get(), &one.mode);
    let line = format!(
        "{vmid:>9} {name:<16} {mode:<9} {next:<9} {:>4} d  {}",
        figure(one.known_days),
        verdict(one)
    );
    let cut: String = line.chars().take(width).collect();
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{}", cut.trim_end());
}

fn verdict(one: &Evidence) -> String {
    let because = one.because.join("; ");
    match one.verdict {
        Verdict::Ready => "ready".to_owned(),
        Verdict::NotYet => format!("not yet, because {because}"),
        Verdict::NotEnoughKnown => format!("not enough known: {because}"),
        Verdict::Last => "in the last mode".to_owned(),
    }
}

fn block(text: &mut String, one: &Evidence, width: usize) {
    let zone = Zone::of_machine();
    let name = one.name.as_deref().unwrap_or("-");
    let since = one.since.map_or_else(|| "?".to_owned(), |since| written(&zone, since));
    let next = one.next.map_or_else(String::new, |next| format!(" -> {next}"));
    let short = [("vCPUs", one.cpu_short_hours), ("memory", one.memory_short_hours)];
    let short: Vec<String> = short
        .iter()
        .filter(|(_, hours)| *hours > 0.0)
        .map(|(what, hours)| format!("{what} for {}", time(hours * 3600.0)))
        .collect();
    let short = if short.is_empty() { "never".to_owned() } else { short.join(", ") };
    let (vcpus, mib) = (one.would_give_back_vcpus, one.would_give_back_mib);
    let lines = [
        format!("VM {} {name}, cluster {}: {}{next}", one.vmid, one.cluster, one.mode),
        format!("  verdict   {}", verdict(one)),
        format!(
            "  known     {} days of figures; the journal speaks for this mode since {since}",
            figure(one.known_days)
        ),
        format!(
            "  changes   {} recommended, {} made, {} failed, {} went back within an hour",
            one.recommended, one.made, one.failed, one.undone
        ),
        format!(
            "  gives     {} vCPUs and {} MiB, by what is recommended now",
            figure(vcpus),
            figure(mib)
        ),
        format!("  short     {short}"),
    ];
    let blockers = one.blockers.iter().map(|why| format!("  blocked   {why}"));
    for line in lines.into_iter().chain(blockers) {
        text.push_str(&folded(&line, width));
    }
}

fn told(text: &mut String, change: &Change, width: usize) {
    let place = change.place.as_deref().unwrap_or("no line says it yet; a new one at the left");
    let ready = many(change.ready, "VM");
    // Writing to a String cannot fail.
    let _ = writeln!(text, "To bring {ready} further ({place}):\n  {}", change.line);
    let Some(hold_back) = &change.hold_back else { return };
    let others = many(change.not_ready.len(), "VM");
    let _ = writeln!(text, "It would take along {others} not ready yet; what holds them back:");
    if change.not_ready.len() > NAMED {
        let _ = writeln!(
            text,
            "  an entry in `virtual_machines` for each (--output-format json has it)"
        );
    } else {
        text.push_str(&folded(&format!("  {hold_back}"), width));
    }
}
