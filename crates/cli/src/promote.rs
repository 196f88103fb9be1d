//! `vm-autoscale promote`: whether enough is known for the next mode. It changes nothing.

use vm_autoscale_scheduler::wall;

use crate::args::{Args, Format, PromoteArgs};
use crate::config::Modes;
use crate::report::series::Grid;
use crate::report::{gathered, journal_of};
use crate::status::asked_or_remembered;
use crate::{Error, json, say, terminal_width};

mod evidence;
mod lines;
mod text;
mod would;

use evidence::Evidence;

/// Reads, judges and tells.
pub(crate) fn promote(args: &Args, wanted: &PromoteArgs) -> Result<u8, Error> {
    let now = wall();
    let grid = Grid { since: wanted.since.seconds(now), until: now };
    if grid.since >= grid.until {
        return Err(Error::Usage("--since is not in the past".to_owned()));
    }
    let journal = journal_of(args, wanted.daemon.control_socket.as_deref())?;
    let status = asked_or_remembered(args, &wanted.daemon, now)?;
    let modes = Modes::read(args, &status)?;
    let gathered = gathered(&journal, &status, grid, &wanted.vms)?;
    let mut all = Vec::new();
    for cluster in &status.clusters {
        let raws = gathered.clusters.get(&cluster.name);
        for vm in &cluster.vms {
            if wanted.vms.is_empty() || wanted.vms.contains(&vm.vmid) {
                let raw = raws.and_then(|raws| raws.get(&vm.vmid));
                all.push(Evidence::of(cluster, vm, (raw, grid), modes.line(cluster, vm)));
            }
        }
    }
    let lines = lines::lines(&all);
    match args.output_format {
        Format::Json => json(&serde_json::json!({"vms": all, "lines": lines}))?,
        Format::Text => {
            let in_full = !wanted.vms.is_empty();
            say(&text::text((&all, &lines), in_full, terminal_width()))?;
        }
    }
    Ok(0)
}
