//! `replay --vm`: what the journal has of a VM, beside what a policy would have done with it.

use std::fmt::Write as _;
use std::path::Path;

use serde::Serialize;
use vm_autoscale_proxmox::{ClusterName, VmId};
use vm_autoscale_replay::{Block, Driver, Engine, Figures, Past, Rules, Span, Still, World, table};
use vm_autoscale_scheduler::{Event, PastUse, Used, VmUse, past_use, wall};

use super::world;
use crate::args::{Args, Format, ReplayArgs, ReplayPolicy, WorldArgs};
use crate::bundle::Bundle;
use crate::pause::span;
use crate::{Error, json, say};

/// The time at the start that no figure counts, of less than half a day: what it had then is not
/// what it begins with.
const BEGIN: f64 = 300.0;
/// So long is enough for an hour of it.
const HALF_A_DAY: f64 = 43_200.0;
/// So many changes are listed.
const LISTED: usize = 20;

/// What is printed as JSON.
#[derive(Serialize)]
struct Answer<'a> {
    vmid: VmId,
    cluster: &'a ClusterName,
    days: f64,
    measured_days: f64,
    notes: Vec<String>,
    changes: &'a [Event],
    policies: &'a [Figures],
}

/// Reads, plays and tells.
///
/// # Errors
/// There is no journal, it says nothing of the VM, or several clusters have it.
pub(super) fn past(
    args: &Args,
    (wanted, vmid): (&ReplayArgs, VmId),
    journal: &Path,
    rules: &Rules,
    policy: ReplayPolicy,
) -> Result<(), Error> {
    fits(&wanted.world)?;
    let now = wall();
    let since = now.saturating_sub(wanted.past.since);
    let found = recorded(journal, (vmid, wanted.past.cluster.as_ref()), since)?;
    played(args, wanted, (vmid, &found, now), rules, policy)
}

/// Reads a bundle, plays and tells.
///
/// # Errors
/// It is none, or nothing was measured in it.
pub(super) fn of_bundle(
    args: &Args,
    (wanted, bundle): (&ReplayArgs, &Bundle),
    rules: &Rules,
    policy: ReplayPolicy,
) -> Result<(), Error> {
    fits(&wanted.world)?;
    let (vmid, found) = (Bundle::vmid()?, bundle.past()?);
    played(args, wanted, (vmid, &found, bundle.now()), rules, policy)
}

fn played(
    args: &Args,
    wanted: &ReplayArgs,
    (vmid, past_use, now): (VmId, &PastUse, u64),
    rules: &Rules,
    policy: ReplayPolicy,
) -> Result<(), Error> {
    let blocks: Vec<Block> = past_use.blocks.iter().map(block).collect();
    let most = (named(rules.policy.vcpus.1), named(rules.policy.memory_mib.1));
    let past = Past::new(&vmid.to_string(), &blocks, most)?;
    let all = play(&past, rules, policy, &wanted.world)?;
    let answer = Answer {
        vmid,
        cluster: &past_use.cluster,
        days: past.trace().seconds() / 86_400.0,
        measured_days: past.measured() / 86_400.0,
        notes: notes(past_use, &past),
        changes: &past_use.changes,
        policies: &all,
    };
    match args.output_format {
        Format::Json => json(&answer),
        Format::Text => say(&answer.text(now)),
    }
}

/// What is made up for a trace is known of a VM.
fn fits(world: &WorldArgs) -> Result<(), Error> {
    if world.days.is_some() || world.hosts.is_some() || world.mem_cache_fill > 0.0 {
        let text = "--days, --hosts and --mem-cache-fill are for --trace; --vm has --since";
        return Err(Error::Usage(text.to_owned()));
    }
    Ok(())
}

/// What a journal has of a VM since then, of the one cluster that is meant.
///
/// # Errors
/// There is no journal, it says nothing of the VM, or several clusters have it.
pub(crate) fn recorded(
    journal: &Path,
    (vmid, cluster): (VmId, Option<&ClusterName>),
    since: u64,
) -> Result<PastUse, Error> {
    if let Err(error) = std::fs::metadata(journal)
        && error.kind() == std::io::ErrorKind::NotFound
    {
        return Err(Error::NoJournal(journal.to_owned()));
    }
    let found =
        past_use(journal, vmid, since).map_err(|error| Error::Journal(error.to_string()))?;
    chosen(found, vmid, (cluster, wall().saturating_sub(since)))
}

/// What the one cluster that is meant has of it.
fn chosen(
    found: Vec<PastUse>,
    vmid: VmId,
    (cluster, since): (Option<&ClusterName>, u64),
) -> Result<PastUse, Error> {
    let is_meant = |past: &PastUse| cluster.is_none_or(|cluster| *cluster == past.cluster);
    let mut found: Vec<PastUse> = found.into_iter().filter(is_meant).collect();
    let (Some(one), others) = (found.pop(), &found) else {
        let place = cluster.map(|name| format!(" in cluster {name}"));
        return Err(Error::Journal(format!(
            "the journal has nothing of VM {vmid}{} in the last {}: was it looked after? see \
             vm-autoscale status {vmid}, or name a longer --since",
            place.unwrap_or_default(),
            span(since)
        )));
    };
    if !others.is_empty() {
        let names: Vec<&str> =
            others.iter().chain([&one]).map(|past| past.cluster.as_str()).collect();
        return Err(Error::Usage(format!(
            "several clusters have a VM {vmid}: name one with --cluster ({})",
            names.join(", ")
        )));
    }
    Ok(one)
}

fn block(block: &vm_autoscale_scheduler::Block) -> Block {
    let of = |used: Option<Used>, parts: f64| {
        used.map(|used| Span {
            mean: f64::from(used.mean) / parts,
            most: f64::from(used.most) / parts,
            plugged: used.plugged,
        })
    };
    let VmUse { cpu, memory, .. } = block.used;
    let (begin, seconds) = (block.begin(), block.seconds);
    Block { begin, seconds, cpu: of(cpu, 1000.0), memory: of(memory, 1.0) }
}

/// A bound that the file says; without one the VM may have what it had at most.
fn named(bound: u32) -> u32 {
    if bound == u32::MAX { 0 } else { bound }
}

fn play(
    past: &Past,
    rules: &Rules,
    policy: ReplayPolicy,
    wanted: &WorldArgs,
) -> Result<Vec<Figures>, Error> {
    let is_short = past.trace().seconds() < HALF_A_DAY;
    let world = world(wanted);
    let warmup = world.warmup.or_else(|| is_short.then_some(BEGIN));
    let engine = Engine::new(past.trace(), World { warmup, ..world })?;
    let mut deaf = |_| ();
    let still = engine.run("static", &mut Still, &mut deaf);
    let was = engine.run("as it was", &mut past.as_it_was(), &mut deaf).against(&still);
    let mut all = vec![still.clone().against(&still), was];
    if policy != ReplayPolicy::Static {
        let mut driver = Driver::new(engine.fleet(), rules)?;
        all.push(engine.run(policy.name(), &mut driver, &mut deaf).against(&still));
    }
    Ok(all)
}

/// What such a replay cannot know.
fn notes(found: &PastUse, past: &Past) -> Vec<String> {
    let saturated = |of: fn(&VmUse) -> Option<Used>| {
        found.blocks.iter().filter(|b| of(&b.used).is_some_and(|used| used.saturated)).count()
    };
    let (cpu, memory) = (saturated(|used| used.cpu), saturated(|used| used.memory));
    let mut notes = vec![
        "of each block of minutes only the mean and the highest sample are known; memory is what \
         Proxmox counts, page cache with it"
            .to_owned(),
    ];
    if cpu + memory > 0 {
        notes.push(format!(
            "it used nearly all that it had in some blocks (vCPUs in {cpu}, memory in {memory} of \
             {}): what it wanted there is at least that, and nobody knows how much more",
            found.blocks.len()
        ));
    }
    let left_out = [
        (past.left_out(), "have no figure of CPU, or are of a time that another one has told of"),
        (found.of_others, "are of another VM that had this number before"),
        (found.unreadable, "cannot be believed"),
    ];
    for (count, why) in left_out.into_iter().filter(|(count, _)| *count > 0) {
        notes.push(format!("left out: {count} blocks that {why}"));
    }
    notes
}

impl Answer<'_> {
    fn text(&self, now: u64) -> String {
        let Self { vmid, cluster, days, measured_days, .. } = self;
        let mut text =
            format!("VM {vmid} of cluster {cluster}: {days:.2} days, {measured_days:.2} of them ");
        text.push_str("measured; the rest are gaps\n");
        text.push_str(&table(self.policies));
        for note in &self.notes {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "note: {note}");
        }
        let _ = writeln!(text, "changes in that time: {}", self.changes.len());
        let first = self.changes.len().saturating_sub(LISTED);
        for change in self.changes.iter().skip(first) {
            let ago = span(now.saturating_sub(change.at));
            let _ = writeln!(text, "  {ago} ago: {} {}", change.step, change.text);
        }
        text
    }
}
