//! `vm-autoscale report`: what a time brought.

use std::path::Path;

use vm_autoscale_calendar::Zone;
use vm_autoscale_scheduler::{Source, StatusReport, moved_ever, read_ledger, wall};

use crate::args::{Args, Format, ReportArgs};
use crate::files::places;
use crate::pause::span;
use crate::status::asked_or_remembered;
use crate::{Error, json, say, terminal_width};

pub(crate) mod before;
pub(crate) mod gather;
mod model;
mod page;
mod reckon;
pub(crate) mod series;
mod text;
pub(crate) mod words;

use before::Befores;
use gather::Gathered;
use model::Report;
use series::Grid;

/// Reads, reckons and tells.
pub(crate) fn report(args: &Args, wanted: &ReportArgs) -> Result<u8, Error> {
    let now = wall();
    let until = wanted.until.map_or(now, |until| until.seconds(now)).min(now);
    let since = wanted.since.seconds(now);
    if since >= until {
        return Err(Error::Usage("--since is not before --until".to_owned()));
    }
    let grid = Grid { since, until };
    let journal = journal_of(args, wanted.daemon.control_socket.as_deref())?;
    let status = asked_or_remembered(args, &wanted.daemon, now)?;
    let gathered = gathered(&journal, &status, grid, &wanted.vms)?;
    let report = made(gathered, &status, grid, now);
    if let Some(file) = &wanted.html {
        let page = page::page(&report);
        let path = file.clone();
        std::fs::write(file, page).map_err(|source| Error::File { path, source })?;
    }
    match args.output_format {
        Format::Json => json(&report)?,
        Format::Text => {
            let page = wanted.html.as_ref();
            let page = page.map(|file| format!("page: {}\n", file.display()));
            let text = text::text(&report, terminal_width());
            say(&(text + &page.unwrap_or_default()))?;
        }
    }
    Ok(0)
}

/// The journal's file, which has to be there.
pub(crate) fn journal_of(args: &Args, socket: Option<&Path>) -> Result<std::path::PathBuf, Error> {
    let journal = places(args, socket)?.journal.ok_or_else(|| {
        Error::Usage("it reads the journal: name a --config that can be read".to_owned())
    })?;
    if journal.exists() { Ok(journal) } else { Err(Error::NoJournal(journal)) }
}

/// All that the journal has of a time, of these VMs, or of all where none is named.
pub(crate) fn gathered(
    journal: &Path,
    status: &StatusReport,
    grid: Grid,
    vms: &[vm_autoscale_proxmox::VmId],
) -> Result<Gathered, Error> {
    let failed = |error: vm_autoscale_scheduler::JournalError| Error::Journal(error.to_string());
    let befores = Befores::new(&moved_ever(journal).map_err(failed)?, status);
    let begin = || Gathered::new(grid, befores.clone(), vms.to_vec());
    read_ledger(journal, (grid.since, grid.until), begin).map_err(failed)
}

/// What is said of what was gathered.
fn made(gathered: Gathered, status: &StatusReport, grid: Grid, now: u64) -> Report {
    let zone = Zone::of_machine();
    let write = |time| written(&zone, time);
    let notes = notes(&gathered, status, now, &write);
    let clusters = gathered.clusters.into_iter();
    let clusters = clusters
        .map(|(name, raws)| reckon::cluster((&name, raws), status, grid, &write))
        .filter(|cluster| !cluster.vms.is_empty())
        .collect();
    Report {
        since: grid.since,
        until: grid.until,
        made: now,
        written: [grid.since, grid.until, now].map(write),
        clusters,
        notes,
        grid,
    }
}

/// A time of this machine's zone, with how far that is from UTC.
pub(crate) fn written(zone: &Zone, time: u64) -> String {
    let stamped = i64::try_from(time).ok().and_then(|time| zone.stamped(time));
    stamped.unwrap_or_else(|| "?".to_owned())
}

/// What is not known, and how figures are to be understood.
fn notes(
    gathered: &Gathered,
    status: &StatusReport,
    now: u64,
    write: &dyn Fn(u64) -> String,
) -> Vec<String> {
    let mut notes = Vec::new();
    let raws = || gathered.clusters.values().flat_map(|vms| vms.values());
    if let Some(first) = raws().filter_map(|raw| Some(raw.seen?.0)).min() {
        let last = raws().filter_map(|raw| Some(raw.seen?.1)).max().unwrap_or(first);
        notes.push(format!(
            "what VMs used is noted five minutes together: the first block in this time ended {}, \
             the last one {}",
            write(first),
            write(last)
        ));
    } else {
        notes.push("no block of use is noted in this time (one takes five minutes)".to_owned());
    }
    if status.source == Source::Journal {
        let ago = status.noted_at.map(|at| span(now.saturating_sub(at)));
        let ago = ago.map_or_else(String::new, |ago| format!(" {ago} ago"));
        notes.push(format!("the daemon does not answer: names, nodes and modes are as noted{ago}"));
    }
    let replaced = raws().filter(|raw| raw.is_another).count();
    for (count, what) in [
        (replaced, "VM numbers had another VM before: what that one used is left out"),
        (gathered.torn, "blocks of the journal cannot be believed and are left out"),
    ] {
        if count > 0 {
            notes.push(format!("{count} {what}"));
        }
    }
    notes.extend(HOW.iter().map(|&how| how.to_owned()));
    notes
}

const HOW: &[&str] = &[
    "a time without figures is a gap, and is in no sum",
    "memory used is what Proxmox counts, page cache with it",
    "vCPUs were short in a block in which a sample had 95 % of them in use; memory was short for as \
     long as a decision said so",
    "given back and added are against the sizes before our first change, as far as the journal \
     reaches back",
];

#[cfg(test)]
pub(crate) mod tests;
