//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

/// Gives running VMs of a Proxmox VE cluster the vCPUs and memory they need, and takes back what
/// they do not.
#[derive(Debug, Parser)]
#[command(name = "vm-autoscale", version, max_term_width = 100, after_help = EXAMPLES)]
#[command(arg_required_else_help = true)]
pub(crate) struct Args {
    /// The configuration.
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        default_value = "/etc/vm-autoscale/config.yaml"
    )]
    pub(crate) config: PathBuf,
    /// Variables for the configuration's `${NAME}`; nobody else may read the file
    /// [default: /etc/vm-autoscale/scheduler.env, where it exists].
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) env_file: Option<PathBuf>,
    /// Check the configuration, say everything that is wrong with it, and exit.
    #[arg(long)]
    pub(crate) validate_only: bool,
    /// With --validate-only: warnings count, too.
    #[arg(long, requires = "validate_only")]
    pub(crate) strict: bool,
    /// How answers are printed.
    #[arg(long, global = true, value_enum, default_value_t = Format::Text)]
    pub(crate) output_format: Format,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the daemon (systemd does this).
    Run,
    /// Look once and say what would be done and why. Changes nothing.
    Plan,
    /// Ask the running daemon what it sees and does.
    Status,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Format {
    /// A table.
    Text,
    /// One JSON value.
    Json,
}

const EXAMPLES: &str = "\
Examples:
  vm-autoscale --validate-only --config /etc/vm-autoscale/config.yaml
  vm-autoscale plan
  vm-autoscale status --output-format json

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 configuration invalid, 4 warnings under --strict,
5 not permitted, 6 helper or cluster unreachable, 66 file missing";
