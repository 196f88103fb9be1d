//! `bundle`: a case that others can replay, without a word of whose it is.

use vm_autoscale_config::{Effective, Roster, SchedulerConfig};
use vm_autoscale_scheduler::past::{Past, PastOrder, PastVm};
use vm_autoscale_scheduler::{PastUse, StatusReport, VmStatus, wall};

use crate::args::{Args, BundleArgs};
use crate::config::{Read, answer};
use crate::environment::environment;
use crate::past::asked_or_read;
use crate::replay::recorded;
use crate::status::asked_or_remembered;
use crate::{Error, json};

mod form;
mod words;

pub(crate) use form::Bundle;
use form::{Change, Decision, FORM, Figures, Minutes, Setting, Vm};
use words::Words;

/// So many decisions, and changes.
const ROWS: usize = 5000;

/// The exit code.
pub(crate) fn bundle(args: &Args, wanted: &BundleArgs) -> Result<u8, Error> {
    let now = wall();
    let read = Read::new(SchedulerConfig::check(&args.config, &environment(args)?)?)?;
    let report = asked_or_remembered(args, &wanted.daemon, now)?;
    let since = now.saturating_sub(wanted.since);
    let used = recorded(&read.config.journal.path, (wanted.vm, wanted.cluster.as_ref()), since)?;
    let order = PastOrder {
        vms: vec![wanted.vm],
        cluster: Some(used.cluster.clone()),
        since,
        until: now.saturating_add(1),
        points: 0,
        events: true,
        decisions: true,
        limit: ROWS,
    };
    let (past, _) = asked_or_read(args, &wanted.daemon, &order)?;
    json(&of(&read, &report, wanted, (&used, past, now)))?;
    Ok(0)
}

fn of(
    read: &Read,
    report: &StatusReport,
    wanted: &BundleArgs,
    (used, past, now): (&PastUse, Past, u64),
) -> Bundle {
    let words = Words::of(report, read.names());
    let first = used.blocks.first().map_or(now, vm_autoscale_scheduler::Block::begin);
    let cluster = report.clusters.iter().find(|cluster| cluster.name == used.cluster);
    let found = cluster.and_then(|cluster| cluster.vms.iter().find(|vm| vm.vmid == wanted.vm));
    let values = cluster.zip(found).and_then(|(cluster, vm)| {
        let roster = Roster::new(read.config.clone().into(), &cluster.name, &report.hosts);
        read.values(&answer(&roster, cluster, vm))
    });
    let truncated = past.truncated;
    let told = past.clusters.into_iter().flat_map(|cluster| cluster.vms).next();
    let (decisions, changes) = told.map(|vm| rows(&words, vm, first)).unwrap_or_default();
    Bundle {
        form: FORM,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        at: now.saturating_sub(first),
        vm: found.map(sizes),
        settings: values.map(settings).unwrap_or_default(),
        blocks: used.blocks.iter().map(|block| minutes(block, first)).collect(),
        of_others: used.of_others,
        unreadable: used.unreadable,
        decisions,
        changes,
        truncated,
    }
}

fn sizes(vm: &VmStatus) -> Vm {
    let VmStatus { mode, vcpus, memory, vcpus_bounds, memory_bounds, blocked, .. } = vm;
    Vm {
        mode: mode.clone(),
        vcpus: *vcpus,
        memory: *memory,
        vcpus_bounds: *vcpus_bounds,
        memory_bounds: *memory_bounds,
        blocked: *blocked,
    }
}

/// But for the schedules, which have names and days; what they say by now is among the values.
fn settings(values: Vec<Effective<String>>) -> Vec<Setting> {
    let of_the_vm = values.into_iter().filter(|value| !value.key.starts_with("schedules"));
    let setting = |value: Effective<String>| {
        let default = value.place.is_none() && value.profile.is_none();
        Setting { key: value.key, value: value.value, default }
    };
    of_the_vm.map(setting).collect()
}

fn minutes(block: &vm_autoscale_scheduler::Block, first: u64) -> Minutes {
    Minutes {
        end: block.end.saturating_sub(first),
        seconds: block.seconds,
        cpu: block.used.cpu.map(Figures::of),
        memory: block.used.memory.map(Figures::of),
    }
}

/// Those of its own time.
fn rows(words: &Words, vm: PastVm, first: u64) -> (Vec<Decision>, Vec<Change>) {
    let decisions = vm.decisions.into_iter().filter(|decision| decision.at >= first);
    let decisions = decisions.map(|decision| Decision {
        at: decision.at - first,
        resource: decision.resource,
        text: words.text(&decision.kind, &decision.text),
        kind: decision.kind,
    });
    let changes = vm.events.into_iter().filter(|event| event.at >= first);
    let changes = changes.map(|event| Change {
        at: event.at - first,
        step: event.step,
        verified: event.verified,
        reverted: event.reverted,
        took_s: event.took_s,
        // Why it was asked for; what a node said of it is left out.
        reason: words.text("", &event.reason),
        kind: event.kind,
    });
    (decisions.collect(), changes.collect())
}
