//! `explain --at`: what stood then, what was used around it, and what was changed near it.

use std::fmt::Write as _;

use serde_json::json;
use vm_autoscale_planner::Resource;
use vm_autoscale_scheduler::Source;
use vm_autoscale_scheduler::past::{Column, ColumnUse, Past, PastOrder, PastVm};

use super::shown;
use crate::args::{Args, ExplainArgs, Format};
use crate::history::harmless;
use crate::past::asked_or_read;
use crate::wrap::wrapped;
use crate::{Error, json, say, terminal_width};

/// What was decided earlier than this many seconds before is not looked for.
const DECIDED: u64 = 30 * 86_400;
/// What was changed within so many seconds is near.
const NEAR: u64 = 3600;
/// What was used is told of so many seconds before and after, in columns of five minutes.
const AROUND: u64 = 900;
const COLUMNS: u32 = 6;
/// More decisions in that time than anyone reads.
const LIMIT: usize = 5000;

/// What the past has of the VM at that time; the exit code.
pub(super) fn explain(
    args: &Args,
    wanted: &ExplainArgs,
    (at, now): (u64, u64),
) -> Result<u8, Error> {
    let order = PastOrder {
        vms: vec![wanted.vm],
        cluster: wanted.cluster.clone(),
        since: at.saturating_sub(DECIDED),
        until: at.saturating_add(NEAR).min(now).saturating_add(1),
        points: 0,
        events: true,
        decisions: true,
        limit: LIMIT,
    };
    let (mut past, source) = asked_or_read(args, &wanted.daemon, &order)?;
    let around = PastOrder {
        since: at.saturating_sub(AROUND),
        until: at.saturating_add(AROUND),
        points: COLUMNS,
        events: false,
        decisions: false,
        ..order
    };
    let (used, _) = asked_or_read(args, &wanted.daemon, &around)?;
    harmless(&mut past);
    match args.output_format {
        Format::Json => json(&json!({"at": at, "source": source, "past": past, "used": used}))?,
        Format::Text => say(&text(wanted, (&past, &used), (at, source)))?,
    }
    Ok(0)
}

fn text(wanted: &ExplainArgs, (past, used): (&Past, &Past), (at, source): (u64, Source)) -> String {
    let mut text = String::new();
    if source == Source::Journal {
        text.push_str("The daemon does not answer: this is what its journal has.\n");
    }
    let of = |past: &Past, name| -> Option<PastVm> {
        let cluster = past.clusters.iter().find(|cluster| cluster.name == name)?;
        cluster.vms.iter().find(|vm| vm.vmid == wanted.vm).cloned()
    };
    for cluster in &past.clusters {
        let Some(vm) = of(past, cluster.name.clone()) else { continue };
        let name = vm.name.as_deref().unwrap_or("-");
        // Writing to a String cannot fail.
        let _ = writeln!(text, "VM {} {name}, cluster {}, at {}", vm.vmid, cluster.name, shown(at));
        stood(&mut text, &vm, at);
        let columns = of(used, cluster.name.clone()).map(|vm| vm.columns).unwrap_or_default();
        in_use(&mut text, &columns, at.saturating_sub(AROUND));
        changed(&mut text, &vm, at);
    }
    if past.clusters.iter().all(|cluster| of(past, cluster.name.clone()).is_none()) {
        let _ = writeln!(
            text,
            "VM {}: the journal has nothing of it in the 30 days before {}",
            wanted.vm,
            shown(at)
        );
    }
    text
}

/// The last decision before then on each resource.
fn stood(text: &mut String, vm: &PastVm, at: u64) {
    for (resource, what) in [(Resource::Cpu, "vCPUs"), (Resource::Memory, "memory")] {
        let of = |decision: &&vm_autoscale_scheduler::past::PastDecision| {
            decision.resource == resource && decision.at <= at
        };
        let last = vm.decisions.iter().rev().find(of);
        let said = last.map_or_else(
            || "nothing that was decided by then is on record".to_owned(),
            |decision| format!("{}   (so since {})", decision.text, shown(decision.at)),
        );
        text.push_str(&wrapped(&format!("  {what:<9}"), &said, terminal_width()));
    }
}

fn in_use(text: &mut String, columns: &[Column], since: u64) {
    let of = |used: Option<ColumnUse>, unit: &str| {
        used.map_or_else(
            || "not known".to_owned(),
            |used| {
                format!("{:.0} % of {}{unit} (most {:.0} %)", used.mean, used.plugged, used.most)
            },
        )
    };
    let width = 2 * AROUND / u64::from(COLUMNS);
    for (number, column) in (0u64..).zip(columns) {
        let (cpu, memory) = (of(column.cpu, " vCPUs"), of(column.memory, " MiB"));
        let from = shown(since + number * width);
        let _ = writeln!(text, "  used     from {from}: {cpu}, memory {memory}");
    }
}

fn changed(text: &mut String, vm: &PastVm, at: u64) {
    let near = vm.events.iter().filter(|event| event.at.abs_diff(at) <= NEAR);
    for event in near {
        let said = format!("{}: {} {}", shown(event.at), event.step, event.text);
        text.push_str(&wrapped("  changed  ", &said, terminal_width()));
    }
}
