//! VMs on the page: those that say most with charts, the others with a line each.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use maud::{Markup, html};
use vm_autoscale_calendar::Zone;
use vm_autoscale_planner::Resource;

use super::super::model::{Cluster, Mark, Part, Report, Vm};
use super::super::words::{figure, many, percent, time};
use super::chart::{Chart, Point};
use super::name;
use crate::report::written;

/// So many VMs of a cluster have charts.
const CHARTED: usize = 24;
/// So many changes of each are listed, the newest.
const MOVES: usize = 50;
/// So many are marked on a chart.
const MARKS: usize = 300;

pub(super) fn cards(report: &Report, cluster: &Cluster, at: usize) -> Markup {
    let charted = charted(cluster);
    let is_charted: BTreeSet<_> = charted.iter().map(|vm| vm.vmid).collect();
    let rest: Vec<&Vm> = cluster.vms.iter().filter(|vm| !is_charted.contains(&vm.vmid)).collect();
    html! {
        @if !charted.is_empty() {
            h3 { @if rest.is_empty() { "VM by VM" } @else { "VMs that gave back, lacked or changed most" } }
            p.quiet { "Each from " (report.written.first().map_or("", String::as_str)) " to "
                (report.written.get(1).map_or("", String::as_str)) "." }
            div.vms { @for vm in charted { (card(report, vm, at)) } }
        }
        @if !rest.is_empty() {
            h3 { "All other VMs" }
            (table("All other VMs", &rest))
        }
    }
}

/// In turn the first by what was given back, by what was short and by changes, then whoever used
/// most.
fn charted(cluster: &Cluster) -> Vec<&Vm> {
    let changes = |vm: &Vm| f64::from(u32::try_from(vm.changes + vm.failed).unwrap_or(u32::MAX));
    let each = CHARTED / 3;
    let lists = [
        cluster.top(each, Vm::given_back),
        cluster.top(each, Vm::short),
        cluster.top(each, changes),
        cluster.top(CHARTED, |vm| vm.cpu.hours.used + vm.memory.hours.used),
    ];
    let mut seen = BTreeSet::new();
    let all = lists.into_iter().flatten().filter(|vm| seen.insert(vm.vmid));
    let mut chosen: Vec<&Vm> = all.take(CHARTED).collect();
    chosen.sort_by_key(|vm| vm.vmid);
    chosen
}

fn card(report: &Report, vm: &Vm, at: usize) -> Markup {
    let mode = vm.mode.as_deref().unwrap_or("not looked after now");
    let resources =
        [("vCPUs", Resource::Cpu, &vm.cpu), ("GiB of memory", Resource::Memory, &vm.memory)];
    html! {
        article {
            header {
                h4 { (vm.vmid) " " (name(vm.called())) }
                span.quiet { @if let Some(node) = &vm.node { (node) ", " } (mode) }
            }
            @for (what, resource, part) in resources {
                (chart(report, vm, (what, resource, part), at).figure())
                p.quiet { (summary(part)) }
            }
            (moves(vm))
        }
    }
}

fn chart<'a>(
    report: &'a Report,
    vm: &'a Vm,
    (what, resource, part): (&str, Resource, &Part),
    at: usize,
) -> Chart<'a> {
    let points = part.series.columns().iter();
    let points = points.map(|column| {
        (column.seconds > 0.0).then(|| Point {
            allocated: column.allocated / column.seconds,
            used: column.used / column.seconds,
            most: Some(column.most),
            before: part.before,
            is_short: column.short > 0.0,
        })
    });
    let marks = vm.marks.iter().rev().filter(|mark| mark.step.resource() == resource);
    let id = what.split(' ').next().unwrap_or_default();
    Chart {
        id: format!("c{at}-v{}-{id}", vm.vmid),
        title: what.to_owned(),
        description: format!(
            "{what} of VM {} {}, used under what is allocated: {}",
            vm.vmid,
            vm.called(),
            summary(part)
        ),
        points: points.collect(),
        marks: marks.take(MARKS).collect(),
        grid: report.grid,
        size: (300.0, 56.0),
        times: Vec::new(),
    }
}

/// What the chart shows, in words.
fn summary(part: &Part) -> String {
    let hours = &part.hours;
    let Some(now) = part.now else { return "no figures".to_owned() };
    let mean = |hours: f64| figure(hours / part.measured_hours.max(f64::MIN_POSITIVE));
    let mut text = format!(
        "has {}, used {} on average and {} at most",
        figure(now),
        mean(hours.used),
        figure(part.most)
    );
    if let Some(before) = part.before {
        // Writing to a String cannot fail.
        let _ = write!(text, ", had {} before our first change", figure(before));
    }
    if hours.short > 0.0 {
        let _ = write!(text, ", short for {}", time(3600.0 * hours.short));
    }
    text
}

fn moves(vm: &Vm) -> Markup {
    let zone = Zone::of_machine();
    let failed = if vm.failed > 0 { format!(", {} failed", vm.failed) } else { String::new() };
    let told = |mark: &Mark| if mark.verified { "" } else { " (did not come to be)" };
    html! {
        @if vm.changes == 0 { p.quiet { "No change." } } @else {
            details {
                summary { (many(vm.changes, "change")) (failed) }
                ol reversed start=(vm.changes) {
                    @for mark in vm.marks.iter().rev().take(MOVES) {
                        li { (written(&zone, mark.at)) ": " (mark.step) (told(mark)) }
                    }
                }
            }
        }
    }
}

/// A line for each.
pub(super) fn table(title: &str, vms: &[&Vm]) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(title) {
            table {
                thead { tr { th.n { "VM" } th { "Name" } th.n { "vCPUs" } th.n { "used" }
                    th.n { "given back, h" } th.n { "GiB" } th.n { "used" }
                    th.n { "given back, h" } th.n { "short" } th.n { "changes" } } }
                tbody { @for vm in vms { (line(vm)) } }
            }
        }
    }
}

fn line(vm: &Vm) -> Markup {
    let sizes = |part: &Part| {
        let now = part.now.map_or_else(|| "?".to_owned(), figure);
        match part.before.map(figure) {
            Some(before) if before != now => format!("{before} \u{2192} {now}"),
            _ => now,
        }
    };
    let share = |part: &Part| {
        percent(part.hours.used, part.hours.allocated).unwrap_or_else(|| "?".to_owned())
    };
    html! {
        tr { td.n { (vm.vmid) } td { (name(vm.called())) }
            td.n { (sizes(&vm.cpu)) } td.n { (share(&vm.cpu)) } td.n { (figure(vm.cpu.hours.given_back)) }
            td.n { (sizes(&vm.memory)) } td.n { (share(&vm.memory)) } td.n { (figure(vm.memory.hours.given_back)) }
            td.n { (time(3600.0 * vm.short())) } td.n { (vm.changes) } }
    }
}
