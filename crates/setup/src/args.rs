//! The command line.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

use crate::authorize::Authorize;
use crate::check::Check;
use crate::import::Tool;
use crate::install::Install;
use crate::rotate_key::RotateKey;
use crate::trust_host::TrustHost;
use crate::uninstall::Uninstall;

/// Sets vm-autoscale up.
#[derive(Debug, Parser)]
#[command(name = "vm-autoscale-setup", version, max_term_width = 100, after_help = EXAMPLES)]
#[command(arg_required_else_help = true, subcommand_required = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Put everything in its place. Run again, it mends what is missing and keeps what you edited.
    Install(Install),
    /// Fetch a node's host keys, show their fingerprints, and pin those that you confirm.
    TrustHost(TrustHost),
    /// Let the helper's key in at a node, for the commands of vm-autoscale alone, and prove it.
    Authorize(Authorize),
    /// Give nodes a new key, and take the old one away once the new one is proven.
    RotateKey(RotateKey),
    /// Look whether everything is as it should be, and say what is not.
    Check(Check),
    /// Take away what install put there.
    Uninstall(Uninstall),
    /// Turn the configuration of the Python program proxmox-vm-autoscale, or of its secure fork,
    /// into a config.yaml and a helper.yaml, and say of every key what became of it.
    Import(Import),
}

#[derive(Debug, clap::Args)]
#[command(after_help = IMPORT_EXAMPLES)]
pub(crate) struct Import {
    /// The old configuration. It is only read.
    #[arg(value_name = "OLD.yaml")]
    pub(crate) old: PathBuf,
    /// Where the new files go; made where it is missing. Nothing in it is overwritten.
    #[arg(long, value_name = "DIR", default_value = "./vm-autoscale-imported")]
    pub(crate) output: PathBuf,
    /// The address of a host of the old file that has only a name there. Can be given again.
    #[arg(long, value_name = "NAME=IP", value_parser = address)]
    pub(crate) address: Vec<(String, IpAddr)>,
    /// The program that the old file is of. Without it, that is told by the file's keys.
    #[arg(long, value_enum, value_name = "PROGRAM")]
    pub(crate) from: Option<Tool>,
    /// The private key that helper.yaml will name.
    #[arg(long, value_name = "FILE", default_value = "/etc/vm-autoscale/id_ed25519")]
    pub(crate) identity: PathBuf,
    /// The file of known host keys that helper.yaml will name.
    #[arg(long, value_name = "FILE", default_value = "/etc/vm-autoscale/known_hosts")]
    pub(crate) known_hosts: PathBuf,
    /// How the answer is printed.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) output_format: Format,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Format {
    /// A table.
    Text,
    /// One JSON value.
    Json,
}

fn address(text: &str) -> Result<(String, IpAddr), String> {
    let (name, ip) = text.rsplit_once('=').ok_or("write NAME=IP")?;
    let ip = ip.parse().map_err(|_| "what stands behind the = is no IP address")?;
    Ok((name.to_owned(), ip))
}

const EXAMPLES: &str = "\
Examples:
  vm-autoscale-setup install
  vm-autoscale-setup trust-host pve1 192.168.1.11
  vm-autoscale-setup authorize pve1 --ssh root@192.168.1.11
  vm-autoscale-setup check

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 configuration invalid, 4 warnings under --strict,
5 not permitted, 6 a node cannot be reached, 66 file missing";

const IMPORT_EXAMPLES: &str = "\
Examples:
  vm-autoscale-setup import /usr/local/bin/vm_autoscale/config.yaml
  vm-autoscale-setup import config.yaml --output new --address pve1=192.168.1.11

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 the old file cannot be used, 66 file missing";
