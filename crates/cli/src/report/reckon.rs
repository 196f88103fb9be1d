//! From what was gathered to what is said.

use std::collections::BTreeMap;

use vm_autoscale_planner::Resource;
use vm_autoscale_proxmox::{ClusterName, VmId};
use vm_autoscale_scheduler::{ClusterStatus, Ended, Stands, StatusReport, VmStatus};

use super::gather::{Raw, Usage, stood};
use super::model::{Cluster, Count, Failure, Hours, Mark, Part, Stood, Vm};
use super::series::{Grid, float};
use super::words::{LEFT_ALONE, REFUSALS, outcome};
use crate::plain::one_line;

/// So many failures are told of a cluster.
const FAILURES: usize = 50;
const HOUR: f64 = 3600.0;

/// One cluster. `write` writes a time down.
pub(crate) fn cluster(
    (name, raws): (&ClusterName, BTreeMap<VmId, Raw>),
    status: &StatusReport,
    grid: Grid,
    write: &dyn Fn(u64) -> String,
) -> Cluster {
    let status = status.clusters.iter().find(|cluster| cluster.name == *name);
    let known = by_number(status);
    let (refused, left_alone) = (reasons(&raws, grid, REFUSALS), reasons(&raws, grid, LEFT_ALONE));
    let (changes, failures) = (changes(&raws), failures(&raws, &known, write));
    let vms: Vec<Vm> = raws
        .into_iter()
        .filter(|(_, raw)| raw.seen.is_some() || !raw.changes.is_empty())
        .map(|(vmid, raw)| vm(vmid, raw, known.get(&vmid).copied()))
        .collect();
    let sum = |of: fn(&Vm) -> &Hours| {
        vms.iter().fold(Hours::default(), |mut sum, vm| {
            sum.add(of(vm));
            sum
        })
    };
    let short = |of: fn(&Vm) -> f64| vms.iter().filter(|vm| of(vm) > 0.0).count();
    Cluster {
        name: name.clone(),
        vms_measured: vms.iter().filter(|vm| vm.measured_hours > 0.0).count(),
        vms_short: [short(|vm| vm.cpu.hours.short), short(|vm| vm.memory.hours.short)],
        known_share: known_share(&vms, grid),
        cpu: sum(|vm| &vm.cpu.hours),
        memory: sum(|vm| &vm.memory.hours),
        changes,
        refused,
        left_alone,
        failures,
        vms,
    }
}

fn by_number(status: Option<&ClusterStatus>) -> BTreeMap<VmId, &VmStatus> {
    let vms = status.into_iter().flat_map(|cluster| &cluster.vms);
    vms.map(|vm| (vm.vmid, vm)).collect()
}

fn named(vm: Option<&VmStatus>) -> Option<String> {
    let mut name = vm.and_then(|vm| vm.name.clone());
    name.iter_mut().for_each(one_line);
    name
}

fn vm(vmid: VmId, raw: Raw, status: Option<&VmStatus>) -> Vm {
    let end = raw.seen.map_or(u64::MAX, |(_, last)| last);
    let marks = raw.changes.iter();
    let marks =
        marks.map(|change| Mark { at: change.at, step: change.step, verified: change.verified });
    Vm {
        vmid,
        name: named(status),
        node: status.map(|vm| vm.node.clone()),
        mode: status.map(|vm| vm.mode.clone()),
        measured_hours: float(raw.measured) / HOUR,
        changes: raw.changes.len(),
        failed: raw.changes.iter().filter(|change| !change.verified).count(),
        marks: marks.collect(),
        cpu: part(raw.cpu, raw.before.cores(end)),
        memory: part(raw.memory, raw.before.gib(end)),
    }
}

fn part(usage: Usage, before: Option<f64>) -> Part {
    let Usage { measured, allocated, used, given_back, added, short, most, now, series } = usage;
    let hours = Hours {
        allocated: allocated / HOUR,
        used: used / HOUR,
        given_back: given_back / HOUR,
        added: added / HOUR,
        short: short / HOUR,
    };
    Part { hours, measured_hours: measured / HOUR, before, now, most, series }
}

/// The share of the columns in which anything is known.
fn known_share(vms: &[Vm], grid: Grid) -> f64 {
    let mut most: Vec<f64> = Vec::new();
    for vm in vms {
        let columns = vm.cpu.series.columns();
        most.resize(most.len().max(columns.len()), 0.0);
        for (most, column) in most.iter_mut().zip(columns) {
            *most = most.max(column.seconds);
        }
    }
    // The sum of nothing is a negative zero.
    ((0.0 + most.iter().sum::<f64>()) / float(grid.length())).min(1.0)
}

fn changes(raws: &BTreeMap<VmId, Raw>) -> Vec<Count> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for change in raws.values().flat_map(|raw| &raw.changes) {
        *counts.entry(&change.kind).or_default() += 1;
    }
    let of = |(kind, count): (&str, usize)| Count {
        kind: kind.to_owned(),
        text: outcome(kind).to_owned(),
        changes: count,
    };
    let mut all: Vec<Count> = counts.into_iter().map(of).collect();
    all.sort_by_key(|count| std::cmp::Reverse(count.changes));
    all
}

/// The last time that the journal says something of these VMs: nobody knows how long a decision
/// stood after that.
fn last(raws: &BTreeMap<VmId, Raw>, grid: Grid) -> u64 {
    let of = |raw: &Raw| {
        let decisions = raw.decisions.iter().flatten().map(|stands| stands.at);
        let changes = raw.changes.iter().map(|change| change.at);
        decisions.chain(changes).chain(raw.seen.map(|(_, last)| last)).max()
    };
    raws.values().filter_map(of).max().unwrap_or(grid.since).clamp(grid.since, grid.until)
}

/// Decisions by their kinds, those that stood longest first. What holds both resources of a VM
/// counts once.
fn reasons(raws: &BTreeMap<VmId, Raw>, grid: Grid, kinds: Kinds) -> Vec<Stood> {
    let whole = (grid.since, last(raws, grid));
    let mut all: BTreeMap<&str, Stood> = BTreeMap::new();
    for raw in raws.values() {
        for (kind, text) in kinds {
            let of = |resource| of_kind(raw.decisions(resource), whole, kind);
            let (cpu, memory) = (of(Resource::Cpu), of(Resource::Memory));
            let times = cpu.0.max(memory.0);
            if times > 0 {
                let none = Stood { kind, text, vms: 0, times: 0, hours: 0.0 };
                let stood = all.entry(kind).or_insert(none);
                stood.vms += 1;
                stood.times += times;
                stood.hours += float(cpu.1.max(memory.1)) / HOUR;
            }
        }
    }
    let mut all: Vec<Stood> = all.into_values().collect();
    all.sort_by(|one, other| other.hours.total_cmp(&one.hours));
    all
}

type Kinds = &'static [(&'static str, &'static str)];

/// How often it was decided, and how many seconds it stood.
fn of_kind(decisions: &[Stands], whole: (u64, u64), kind: &str) -> (usize, u64) {
    let times = decisions.iter().filter(|stands| stands.kind == kind).count();
    (times, if times > 0 { stood(decisions, whole, |word| word == kind) } else { 0 })
}

/// The last ones, newest first.
fn failures(
    raws: &BTreeMap<VmId, Raw>,
    known: &BTreeMap<VmId, &VmStatus>,
    write: &dyn Fn(u64) -> String,
) -> Vec<Failure> {
    let failed = |raw: &&Ended| !raw.verified;
    let mut all: Vec<&Ended> = raws.values().flat_map(|raw| &raw.changes).filter(failed).collect();
    all.sort_by_key(|change| std::cmp::Reverse(change.at));
    let of = |change: &Ended| {
        let mut text = change.text.clone();
        one_line(&mut text);
        Failure {
            at: change.at,
            written: write(change.at),
            vmid: change.vmid,
            name: named(known.get(&change.vmid).copied()),
            step: change.step.to_string(),
            text,
        }
    };
    all.into_iter().take(FAILURES).map(of).collect()
}
