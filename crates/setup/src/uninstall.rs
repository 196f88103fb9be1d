//! `uninstall`: what install put there, away again.

mod look;
mod nodes;
mod plan;
mod sizes;

use std::path::PathBuf;
use std::process::ExitCode;

use self::plan::{Extent, Plan};
use crate::args::Format;
use crate::error::Error;
use crate::install::{ask, found};
use crate::root::Root;
use crate::told::Told;
use crate::{manifest, units};

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub(crate) struct Uninstall {
    /// Take it out of an image that is unpacked there, and leave this machine alone.
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    /// Also remove what you edited, the keys, the journal, the logs, the user and the groups.
    #[arg(long)]
    purge: bool,
    /// Before anything else, print the commands that give every VM back the size that it had before
    /// the first change in the journal. Without --yes nothing else is done.
    #[arg(long, conflicts_with = "root")]
    restore_vms: bool,
    /// Before that, take our line and the gate from the nodes.
    #[arg(long)]
    nodes: bool,
    /// Your own way in to a node, as root, for --nodes. Can be given again.
    #[arg(long, value_name = "[NODE=][USER@]HOST", requires = "nodes")]
    ssh: Vec<String>,
    /// Only say what would be done.
    #[arg(long)]
    dry_run: bool,
    /// The files are dpkg's: do the rest. What the package's own script calls.
    #[arg(long)]
    packaged: bool,
    /// Ask nothing.
    #[arg(long)]
    yes: bool,
    /// How the answer is printed.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    output_format: Format,
}

pub(crate) fn run(args: &Uninstall) -> Result<ExitCode, Error> {
    if !nix::unistd::geteuid().is_root() {
        let what = "uninstall removes root's files, and you are not root";
        return Err(Error::not_permitted(what, "sudo vm-autoscale-setup uninstall"));
    }
    if args.root.is_none() {
        units::must_run()?;
    }
    let root = Root::new(args.root.as_deref())?;
    if !args.packaged && found::is_dpkgs(&root) {
        let what = "the files are those of the package vm-autoscale";
        let help = "apt remove vm-autoscale, or apt purge vm-autoscale; before that, \
                    vm-autoscale-setup authorize NODE --remove takes the key from a node";
        return Err(Error::failed(what, help));
    }
    let is_sure = args.yes || args.packaged || args.dry_run;
    let sizes = if args.restore_vms { sizes::before()? } else { Vec::new() };
    if !sizes.is_empty() && !is_sure {
        return Err(sizes::first(&sizes));
    }
    if !is_sure && !ask::is_possible() {
        let what = "there is no terminal to ask on, and nothing was done";
        return Err(Error::failed(what, "run it with --yes; --dry-run says what it does"));
    }
    let shipped = manifest::all()?;
    let (seen, complaint) = look::look_round(&root, &shipped)?;
    let extent = Extent { purge: args.purge, packaged: args.packaged };
    let plan = plan::plan(&shipped, &seen, extent);
    let mut told = Told::new(args.output_format, args.dry_run);
    told.notes(complaint);
    told.notes(sizes.into_iter().map(|line| format!("the size of before: {line}")));
    if args.nodes && !args.dry_run {
        told.notes(nodes::take_away(&root, &args.ssh, args.yes)?);
    } else {
        told.notes(nodes::left(&root));
    }
    carry_out(told, &root, plan, (!is_sure, args.dry_run))
}

fn carry_out(
    mut told: Told,
    root: &Root,
    plan: Plan,
    (asks, is_dry): (bool, bool),
) -> Result<ExitCode, Error> {
    told.notes(plan.left.into_iter().map(|left| format!("left: {left}")));
    if plan.steps.is_empty() {
        told.end("nothing to do: nothing of vm-autoscale is there that could go", Vec::new())?;
        return Ok(ExitCode::SUCCESS);
    }
    if asks || is_dry {
        told.ahead(root, &plan.steps)?;
    }
    if is_dry {
        told.end("nothing was done: this was --dry-run", Vec::new())?;
        return Ok(ExitCode::SUCCESS);
    }
    if asks && !ask::go_on()? {
        told.end("nothing was done", Vec::new())?;
        return Ok(ExitCode::FAILURE);
    }
    told.apply(root, &plan.steps)?;
    told.end("removed", Vec::new())?;
    Ok(ExitCode::SUCCESS)
}

const EXAMPLES: &str = "\
Examples:
  vm-autoscale-setup uninstall --dry-run --purge
  vm-autoscale-setup uninstall
  vm-autoscale-setup uninstall --restore-vms --nodes --purge

Without --purge your configuration, the keys, the journal and the accounts stay. What is
left is named at the end, with the reason.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 helper.yaml invalid, 5 not root";
