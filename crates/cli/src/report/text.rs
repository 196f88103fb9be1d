//! A report as text, under 100 columns.

use std::fmt::Write as _;

use super::model::{Cluster, Failure, Hours, Part, Report, Stood, Vm};
use super::words::{figure, folded, many, percent, time};

/// So many VMs are listed of each kind.
const LISTED: usize = 5;
/// So many failures are listed.
const FAILURES: usize = 8;

/// All of it; tables are at most `width` columns wide.
pub(crate) fn text(report: &Report, width: usize) -> String {
    let [since, until, made] = &report.written;
    let mut text = format!("From {since} to {until}, made {made}\n");
    for cluster in &report.clusters {
        of_cluster(&mut text, cluster, width);
    }
    if report.clusters.is_empty() {
        text.push_str("The journal has nothing of that time.\n");
    }
    for note in &report.notes {
        text.push_str(&folded(&format!("note: {note}"), width));
    }
    text
}

fn of_cluster(text: &mut String, cluster: &Cluster, width: usize) {
    let measured = many(cluster.vms_measured, "VM");
    let known = 100.0 * cluster.known_share;
    let [cpu, memory] = cluster.vms_short;
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "\ncluster {}: {measured} measured; figures are there of {known:.0} % of the time",
        cluster.name
    );
    let _ = writeln!(
        text,
        "              {:>12} {:>12} {:>6} {:>12} {:>12}   SHORT",
        "ALLOCATED", "USED", "", "GIVEN BACK", "ADDED"
    );
    for (what, hours, short) in
        [("vCPU-hours", &cluster.cpu, cpu), ("GiB-hours", &cluster.memory, memory)]
    {
        let _ = writeln!(text, "  {what:<12}{}", sums(hours, short));
    }
    let changes: Vec<String> =
        cluster.changes.iter().map(|count| format!("{} {}", count.changes, count.text)).collect();
    let all: usize = cluster.changes.iter().map(|count| count.changes).sum();
    let of = if changes.is_empty() { String::new() } else { format!(": {}", changes.join(", ")) };
    let _ = writeln!(text, "  {}{of}", many(all, "change"));
    reasons(text, "what kept changes from being made:", &cluster.refused);
    reasons(text, "what kept VMs from being looked after:", &cluster.left_alone);
    rankings(text, cluster, width);
    failures(text, cluster, width);
}

fn sums(hours: &Hours, short: usize) -> String {
    let share = percent(hours.used, hours.allocated).unwrap_or_default();
    let of = if short > 0 { format!(" in {}", many(short, "VM")) } else { String::new() };
    format!(
        "{:>12} {:>12} {share:>6} {:>12} {:>12}   {}{of}",
        figure(hours.allocated),
        figure(hours.used),
        figure(hours.given_back),
        figure(hours.added),
        time(3600.0 * hours.short)
    )
}

fn reasons(text: &mut String, title: &str, all: &[Stood]) {
    if all.is_empty() {
        return;
    }
    // Writing to a String cannot fail.
    let _ = writeln!(text, "  {title}");
    for stood in all {
        let (vms, hours) = (many(stood.vms, "VM"), time(3600.0 * stood.hours));
        let times = many(stood.times, "time");
        let _ = writeln!(text, "  {hours:>10}  {}: {vms}, {times}", stood.text);
    }
}

fn rankings(text: &mut String, cluster: &Cluster, width: usize) {
    let changes = |vm: &Vm| f64::from(u32::try_from(vm.changes).unwrap_or(u32::MAX));
    let given = cluster.top(LISTED, Vm::given_back);
    let short = cluster.top(LISTED, Vm::short);
    let changed = cluster.top(LISTED, changes);
    let few = cluster.vms.len() <= LISTED;
    let all = if few { cluster.vms.iter().collect() } else { Vec::new() };
    let most = [("MOST GIVEN BACK", given), ("MOST SHORT", short), ("MOST CHANGED", changed)];
    let most = most.into_iter().filter(|_| !few);
    for (title, vms) in most.chain([("VM", all)]) {
        if vms.is_empty() {
            continue;
        }
        let head = format!(
            "  {title:<26} {:>15} {:>15}   {:<15} CHANGES",
            "vCPU (BEFORE)", "GiB (BEFORE)", "SHORT"
        );
        push(text, &head, width);
        for vm in vms {
            push(text, &row(vm), width);
        }
    }
}

fn row(vm: &Vm) -> String {
    let name: String = vm.called().chars().take(16).collect();
    let failed = if vm.failed > 0 { format!(", {} failed", vm.failed) } else { String::new() };
    let short = time(3600.0 * vm.short());
    let (cpu, memory) = (sizes(&vm.cpu), sizes(&vm.memory));
    let vmid = vm.vmid.get();
    format!("  {vmid:>9} {name:<16} {cpu:>15} {memory:>15}   {short:<15} {}{failed}", vm.changes)
}

/// What it has, and had before.
fn sizes(part: &Part) -> String {
    let now = part.now.map_or_else(|| "?".to_owned(), figure);
    part.before.map_or_else(|| now.clone(), |before| format!("{now} ({})", figure(before)))
}

/// No line is cut: its end says what to do.
fn failures(text: &mut String, cluster: &Cluster, width: usize) {
    for failure in cluster.failures.iter().take(FAILURES) {
        let name = failure.name.as_deref().unwrap_or("-");
        let Failure { written, vmid, step, text: why, .. } = failure;
        let line = format!("  {written}  VM {vmid} {name}: {step} {why}");
        text.push_str(&folded(&line, width));
    }
}

fn push(text: &mut String, line: &str, width: usize) {
    let cut: String = line.chars().take(width).collect();
    text.push_str(cut.trim_end());
    text.push('\n');
}
