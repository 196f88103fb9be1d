//! `install`: everything in its place, once or again.

mod answers;
pub(crate) mod ask;
pub(crate) mod found;
mod judge;
mod plan;
mod policy;
mod reach;
mod release;
pub(crate) mod seen;
pub(crate) mod wanted;

use std::path::PathBuf;
use std::process::ExitCode;

use vm_autoscale_config::{Node, VmSet};
use vm_autoscale_proxmox::{ClusterName, MemoryMib, Vcpus};

use self::answers::Answers;
use self::release::Release;
use self::seen::Seen;
use crate::args::Format;
use crate::error::Error;
use crate::record::Record;
use crate::root::Root;
use crate::step::Step;
use crate::told::Told;
use crate::{paths, units};

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub(crate) struct Install {
    /// The unpacked release; without it, the one that this program stands in.
    #[arg(long, value_name = "DIR")]
    from: Option<PathBuf>,
    /// Install into an image that is unpacked there, and leave this machine alone.
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    /// Only say what would be done.
    #[arg(long)]
    dry_run: bool,
    /// A YAML file of answers, with the keys `cluster`, `user`, `nodes`, `vms`, `max_vcpus`,
    /// `max_memory`, `start_at_boot` and `audit`; flags hold over it.
    #[arg(long, value_name = "FILE")]
    answers: Option<PathBuf>,
    /// What the scheduler is to call the cluster.
    #[arg(long, value_name = "NAME", value_parser = cluster)]
    cluster: Option<ClusterName>,
    /// A node of it. Can be given again.
    #[arg(long, value_name = "NAME=IP[:PORT]", value_parser = answers::node)]
    node: Vec<Node>,
    /// The VMs that may be changed: numbers and ranges.
    #[arg(long, value_name = "LIST", value_parser = answers::vms)]
    vms: Option<VmSet>,
    /// vCPUs that each of them may have at most.
    #[arg(long, value_name = "N", value_parser = answers::vcpus)]
    max_vcpus: Option<Vcpus>,
    /// MiB of memory that each of them may have at most.
    #[arg(long, value_name = "MIB", value_parser = answers::memory)]
    max_memory: Option<MemoryMib>,
    /// Leave it to you when the daemons start.
    #[arg(long)]
    no_start_at_boot: bool,
    /// Also put the rules for auditd to their place.
    #[arg(long)]
    audit: bool,
    /// Install an older release over a newer one.
    #[arg(long)]
    downgrade: bool,
    /// The files are dpkg's: do the rest. What the package's own script calls.
    #[arg(long, conflicts_with = "from")]
    packaged: bool,
    /// Ask nothing.
    #[arg(long)]
    yes: bool,
    /// How the answer is printed.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    output_format: Format,
}

pub(crate) fn run(args: &Install) -> Result<ExitCode, Error> {
    if !nix::unistd::geteuid().is_root() {
        let what = "install writes root's files, and you are not root";
        return Err(Error::not_permitted(what, "sudo vm-autoscale-setup install"));
    }
    if args.root.is_none() {
        units::must_run()?;
    }
    let mut told = Told::new(args.output_format, args.dry_run);
    let root = Root::new(args.root.as_deref())?;
    let mut answers = Answers::of(args)?;
    let release = release(args, &root, &mut told)?;
    found::complete(&mut answers, &root);
    let asks = !args.yes && !args.packaged && !args.dry_run && ask::is_possible();
    if asks && !answers.name_nodes() && is_open(&root) {
        ask::complete(&mut answers)?;
    }
    let mut wanted = wanted::wanted(&release, &answers, &root)?;
    let (seen, complaint) = Seen::look(&root, &wanted)?;
    reach::settle(&mut wanted, &seen, &root);
    is_no_older(&seen.record, args.downgrade)?;
    let plan = plan::plan(&wanted, &seen);
    told.notes(complaint.into_iter().chain(plan.notes));
    carry_out(told, &root, &plan.steps, (asks, args.dry_run), next(&answers))
}

fn carry_out(
    mut told: Told,
    root: &Root,
    steps: &[Step],
    (asks, is_dry): (bool, bool),
    next: Vec<String>,
) -> Result<ExitCode, Error> {
    if steps.is_empty() {
        told.end("nothing to do: everything is in its place", Vec::new())?;
        return Ok(ExitCode::SUCCESS);
    }
    if asks || is_dry {
        told.ahead(root, steps)?;
    }
    if is_dry {
        told.end("nothing was done: this was --dry-run", Vec::new())?;
        return Ok(ExitCode::SUCCESS);
    }
    if asks && !ask::go_on()? {
        told.end("nothing was done", Vec::new())?;
        return Ok(ExitCode::FAILURE);
    }
    told.apply(root, steps)?;
    told.end("installed", next)?;
    Ok(ExitCode::SUCCESS)
}

fn release(args: &Install, root: &Root, told: &mut Told) -> Result<Release, Error> {
    if args.packaged {
        return Ok(Release::Dpkg);
    }
    if found::is_dpkgs(root) {
        told.notes([DPKGS.to_owned()]);
        return Ok(Release::Dpkg);
    }
    Release::find(args.from.as_deref())
}

/// Whether helper.yaml still waits for answers.
fn is_open(root: &Root) -> bool {
    match std::fs::read_to_string(root.at(paths::POLICY)) {
        Ok(text) => text == policy::EXAMPLE,
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    }
}

/// A newer release's journal may be one that an older one does not read.
fn is_no_older(record: &Record, allowed: bool) -> Result<(), Error> {
    let own = env!("CARGO_PKG_VERSION");
    if allowed || numbers(&record.version) <= numbers(own) {
        return Ok(());
    }
    let what = format!(
        "release {} is installed, and this is the older {own}: it may not be able to read the journal",
        record.version
    );
    let help = "install the newer one; or, with the journal moved away, use --downgrade";
    Err(Error::failed(what, help))
}

fn numbers(version: &str) -> Vec<u32> {
    let numbers = version.split(['.', '-', '+']).map_while(|number| number.parse().ok());
    numbers.take(3).collect()
}

/// What is left for the administrator.
fn next(answers: &Answers) -> Vec<String> {
    let mut next = Vec::new();
    if !answers.name_nodes() {
        next.push(format!("write your nodes and rules into {}", paths::POLICY));
        next.push("vm-autoscale-setup trust-host NODE ADDRESS".to_owned());
        next.push("vm-autoscale-setup authorize NODE --ssh root@ADDRESS".to_owned());
    }
    for node in answers.nodes.iter().filter(|_| answers.name_nodes()) {
        let port = if node.port == 22 { String::new() } else { format!(":{}", node.port) };
        let ip = if port.is_empty() || node.address.is_ipv4() {
            node.address.to_string()
        } else {
            format!("[{}]", node.address)
        };
        next.push(format!("vm-autoscale-setup trust-host {} {ip}{port}", node.name));
        next.push(format!(
            "vm-autoscale-setup authorize {} --ssh root@{}",
            node.name, node.address
        ));
    }
    next.push("vm-autoscale-setup check".to_owned());
    next.push(format!("systemctl start {} {}", units::SOCKET, units::SCHEDULER));
    next
}

fn cluster(text: &str) -> Result<ClusterName, String> {
    ClusterName::try_from(text).map_err(|error| error.to_string())
}

const DPKGS: &str = "the files are those of the package vm-autoscale: apt replaces them, and here \
                     the rest is done";

const EXAMPLES: &str = "\
Examples:
  ./bin/vm-autoscale-setup install
  ./bin/vm-autoscale-setup install --dry-run
  vm-autoscale-setup install --yes --cluster home --node pve1=192.168.1.11
      --vms 101,200-299 --max-vcpus 8 --max-memory 16384

Run again, it mends what is missing and changes nothing else. A file that you edited
stays as it is, and the new one is laid beside it as NAME.new.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 the answers are invalid, 5 not root,
66 file missing";
