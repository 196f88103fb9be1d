//! A cluster on the page.

use maud::{Markup, html};
use vm_autoscale_calendar::Zone;

use super::super::model::{Cluster, Hours, Part, Report, Stood, Vm};
use super::super::series::{COLUMNS, float};
use super::super::words::{figure, many, percent, time};
use super::chart::{Chart, Point, legend};
use super::{name, vm};
use crate::report::written;

/// So many VMs are listed of each kind.
const LISTED: usize = 10;
/// So many failures are listed.
const FAILURES: usize = 15;
/// Rows of the table beside a chart.
const ROWS: u64 = 12;

pub(super) fn section(report: &Report, cluster: &Cluster, at: usize) -> Markup {
    let known = 100.0 * cluster.known_share;
    let points = [points(cluster, |vm| &vm.cpu), points(cluster, |vm| &vm.memory)];
    html! {
        section {
            h2 { "Cluster " (cluster.name) }
            p { (many(cluster.vms_measured, "VM")) " measured. Figures are there of "
                (format!("{known:.0}")) " % of the time." }
            (sums(cluster))
            (legend())
            div.two {
                @for (resource, points) in ["vCPUs", "GiB of memory"].into_iter().zip(&points) {
                    (chart(report, cluster, points, (resource, at)).figure())
                }
            }
            (figures(report, &points))
            div.two {
                (changes(cluster))
                (reasons("What kept changes from being made", &cluster.refused))
                (reasons("What kept VMs from being looked after", &cluster.left_alone))
            }
            (rankings(cluster))
            (failures(cluster))
            (vm::cards(report, cluster, at))
        }
    }
}

fn sums(cluster: &Cluster) -> Markup {
    let [cpu, memory] = cluster.vms_short;
    let changes: usize = cluster.changes.iter().map(|count| count.changes).sum();
    let verified = cluster.changes.iter().filter(|count| count.kind == "verified");
    let verified: usize = verified.map(|count| count.changes).sum();
    let resource = |what: &str, hours: &Hours, short: usize| {
        let share = percent(hours.used, hours.allocated).unwrap_or_else(|| "nothing".to_owned());
        html! {
            div { dt { (what) " allocated" } dd { (figure(hours.allocated))
                small { (figure(hours.used)) " used, " (share) } } }
            div { dt { (what) " given back" } dd { (figure(hours.given_back))
                small { (figure(hours.added)) " added above the sizes of before" } } }
            div { dt { (what.trim_end_matches("-hours")) " short" } dd { (time(3600.0 * hours.short))
                small { "in " (many(short, "VM")) ", their times added up" } } }
        }
    };
    html! {
        dl.sums {
            (resource("vCPU-hours", &cluster.cpu, cpu))
            (resource("GiB-hours", &cluster.memory, memory))
            div { dt { "changes" } dd { (changes) small { (verified) " verified" } } }
        }
    }
}

/// All VMs together, column by column, and how many of them are in it.
struct Sum {
    vms: u32,
    point: Point,
}

fn points(cluster: &Cluster, of: fn(&Vm) -> &Part) -> Vec<Option<Sum>> {
    let mut all: Vec<Option<Sum>> = (0..COLUMNS).map(|_| None).collect();
    for vm in &cluster.vms {
        let part = of(vm);
        for (sum, column) in all.iter_mut().zip(part.series.columns()) {
            if column.seconds <= 0.0 {
                continue;
            }
            let none =
                Point { allocated: 0.0, used: 0.0, most: None, before: None, is_short: false };
            let Sum { vms, point } = sum.get_or_insert(Sum { vms: 0, point: none });
            *vms += 1;
            let allocated = column.allocated / column.seconds;
            point.allocated += allocated;
            point.used += column.used / column.seconds;
            // Of one that was never changed it is what it has.
            let before = part.before.unwrap_or(allocated);
            point.before = Some(point.before.unwrap_or(0.0) + before);
        }
    }
    all
}

fn chart<'a>(
    report: &'a Report,
    cluster: &Cluster,
    points: &[Option<Sum>],
    (resource, at): (&str, usize),
) -> Chart<'a> {
    let zone = Zone::of_machine();
    let times = [0, 1, 2, 3].map(|third| {
        let at = report.grid.begin(third * COLUMNS / 3);
        // The year is said above, the zone, too.
        written(&zone, at).chars().skip(5).take(11).collect()
    });
    let id = resource.split(' ').next().unwrap_or_default();
    Chart {
        id: format!("c{at}-{id}"),
        title: format!("{resource} of all VMs of {}", cluster.name),
        description: format!(
            "{resource} used under what is allocated, from {} to {}; the table below has the figures",
            report.written.first().map_or("", String::as_str),
            report.written.get(1).map_or("", String::as_str),
        ),
        points: points.iter().map(|sum| sum.as_ref().map(|sum| sum.point)).collect(),
        marks: Vec::new(),
        grid: report.grid,
        size: (600.0, 150.0),
        times: times.to_vec(),
    }
}

/// The same as the charts, as figures.
fn figures(report: &Report, [cpu, memory]: &[Vec<Option<Sum>>; 2]) -> Markup {
    let zone = Zone::of_machine();
    let row = |at: u64| {
        let begin = usize::try_from(at * COLUMNS / ROWS).unwrap_or_default();
        let length = usize::try_from(COLUMNS / ROWS).unwrap_or_default();
        let part = |all: &[Option<Sum>]| {
            let known: Vec<(u32, Point)> = all
                .iter()
                .skip(begin)
                .take(length)
                .flatten()
                .map(|sum| (sum.vms, sum.point))
                .collect();
            let mean = |of: fn(&Point) -> f64| {
                let sum: f64 = known.iter().map(|(_, point)| of(point)).sum();
                let count = float(u64::try_from(known.len()).unwrap_or_default());
                if known.is_empty() { "no figures".to_owned() } else { figure(sum / count) }
            };
            let vms = known.iter().map(|(vms, _)| *vms).max().unwrap_or(0);
            let before = mean(|point| point.before.unwrap_or(point.allocated));
            (vms, [mean(|point| point.allocated), mean(|point| point.used), before])
        };
        let ((vms, cpu), (_, memory)) = (part(cpu), part(memory));
        let from = written(&zone, report.grid.begin(at * COLUMNS / ROWS));
        html! {
            tr { td { span.time { (from) } } td.n { (vms) }
                @for text in cpu.iter().chain(&memory) { td.n { (text) } } }
        }
    };
    html! {
        details {
            summary { "The two charts as a table" }
            div.scroll tabindex="0" role="region" aria-label="The two charts as a table" {
                table {
                    thead { tr { th { "From" } th.n { "VMs" }
                        th.n { "vCPUs" } th.n { "used" } th.n { "before us" }
                        th.n { "GiB" } th.n { "used" } th.n { "before us" } } }
                    tbody { @for at in 0..ROWS { (row(at)) } }
                }
            }
        }
    }
}

fn changes(cluster: &Cluster) -> Markup {
    html! {
        div {
            h3 { "Changes by what became of them" }
            @if cluster.changes.is_empty() { p { "There were none." } } @else {
                table {
                    thead { tr { th { "Outcome" } th.n { "Changes" } } }
                    tbody { @for count in &cluster.changes {
                        tr { td { (count.text) } td.n { (count.changes) } }
                    } }
                }
            }
        }
    }
}

fn reasons(title: &str, all: &[Stood]) -> Markup {
    html! {
        div {
            h3 { (title) }
            @if all.is_empty() { p { "Nothing." } } @else {
                table {
                    thead { tr { th { "Why" } th.n { "VMs" } th.n { "Times" } th.n { "Stood" } } }
                    tbody { @for stood in all {
                        tr { td { (stood.text) } td.n { (stood.vms) } td.n { (stood.times) }
                            td.n { (time(3600.0 * stood.hours)) } }
                    } }
                }
            }
        }
    }
}

fn rankings(cluster: &Cluster) -> Markup {
    let changes = |vm: &Vm| f64::from(u32::try_from(vm.changes).unwrap_or(u32::MAX));
    html! {
        @for (title, vms) in [
            ("Most given back", cluster.top(LISTED, Vm::given_back)),
            ("Most short", cluster.top(LISTED, Vm::short)),
            ("Most changed", cluster.top(LISTED, changes)),
        ] {
            @if !vms.is_empty() { h3 { (title) } (vm::table(title, &vms)) }
        }
    }
}

fn failures(cluster: &Cluster) -> Markup {
    let failed = cluster.changes.iter().filter(|count| count.kind != "verified");
    let all: usize = failed.map(|count| count.changes).sum();
    html! {
        @if !cluster.failures.is_empty() {
            h3 { "Changes that did not come to be, the newest first" }
            div.scroll tabindex="0" role="region" aria-label="Changes that did not come to be" {
                table {
                    thead { tr { th { "When" } th.n { "VM" } th { "Name" } th { "Change" } th { "Why" } } }
                    tbody { @for failure in cluster.failures.iter().take(FAILURES) {
                        tr { td { span.time { (failure.written) } } td.n { (failure.vmid) }
                            td { (name(failure.name.as_deref().unwrap_or("-"))) }
                            td { span.time { (failure.step) } } td.why { (failure.text) } }
                    } }
                }
            }
            @if all > FAILURES { p.quiet { "These are the last " (FAILURES) " of " (all) "." } }
        }
    }
}
