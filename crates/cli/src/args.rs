//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use vm_autoscale_proxmox::{ClusterName, NodeName, VmId};

/// Gives running VMs of a Proxmox VE cluster the vCPUs and memory they need, and takes back what
/// they do not.
#[derive(Debug, Clone, Parser)]
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

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Command {
    /// Run the daemon (systemd does this).
    Run,
    /// Look once and say what would be done and why. Changes nothing.
    Plan,
    /// Ask the running daemon what it sees and does. 1 where something is not well.
    #[command(after_help = STATUS_HELP)]
    Status(Daemon),
    /// Have the running daemon leave VMs alone, from the very next change on.
    #[command(after_help = PAUSE_HELP)]
    Pause(PauseArgs),
    /// End pauses.
    #[command(after_help = RESUME_HELP)]
    Resume(ResumeArgs),
    /// What the configuration says, what holds, and what a reload would change.
    #[command(subcommand)]
    Config(ConfigCommand),
}

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Every value with the file, line and column that set it.
    #[command(after_help = SHOW_EXAMPLES)]
    Show(Show),
    /// What the files say differently from what the daemon runs with.
    Diff {
        /// The daemon's socket, where the files name another one than it listens on.
        #[arg(long, value_name = "FILE")]
        control_socket: Option<PathBuf>,
    },
}

/// What of it.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Show {
    /// Also what holds by default, layer by layer.
    #[arg(long)]
    pub(crate) effective: bool,
    /// What holds for this VM. What is known of it is asked of the daemon, unless it is said here.
    #[arg(long, value_name = "VMID")]
    pub(crate) vm: Option<VmId>,
    /// The cluster, where several have such a VM.
    #[arg(long, value_name = "NAME", requires = "vm", value_parser = |s: &str| ClusterName::try_from(s))]
    pub(crate) cluster: Option<ClusterName>,
    /// As if it were on this node.
    #[arg(long, value_name = "NODE", requires = "vm", value_parser = |s: &str| NodeName::try_from(s))]
    pub(crate) node: Option<NodeName>,
    /// As if it had this name.
    #[arg(long, requires = "vm")]
    pub(crate) name: Option<String>,
    /// As if it had these tags, separated by commas.
    #[arg(long, value_name = "TAG,TAG", requires = "vm")]
    pub(crate) tags: Option<String>,
    /// As if it were in this pool.
    #[arg(long, requires = "vm")]
    pub(crate) pool: Option<String>,
}

/// The command line with a blank before what begins with a hyphen and is a selector all the same:
/// clap would take it for an option, or every option for a selector. The selector's own reading
/// drops the blank.
pub(crate) fn spelled(all: impl Iterator<Item = OsString>) -> impl Iterator<Item = OsString> {
    let mut pauses = false;
    all.map(move |argument| {
        pauses |= argument == "pause";
        let rest = argument.to_str().and_then(|text| text.strip_prefix('-'));
        let selects = |c: char| c == '@' || c.is_ascii_digit();
        if pauses && rest.is_some_and(|rest| rest.starts_with(selects)) {
            let mut spaced = OsString::from(" ");
            spaced.push(argument);
            return spaced;
        }
        argument
    })
}

/// Which daemon.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Daemon {
    /// The daemon's socket, where the files name another one than it listens on.
    #[arg(long, value_name = "FILE")]
    pub(crate) control_socket: Option<PathBuf>,
}

/// Which VMs, for how long, and why.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct PauseArgs {
    /// As in `select`: 101, 200-299, @tag-web, @pool-shop, @node-pve3, @name-db*; a hyphen takes
    /// out.
    #[arg(value_name = "SELECTOR", default_value = "@all", value_delimiter = ',')]
    pub(crate) select: Vec<String>,
    /// It ends by itself after this: 90s, 30m, 2h, 3d. Without it, it holds until resumed.
    #[arg(long = "for", value_name = "TIME", value_parser = crate::pause::seconds)]
    pub(crate) time: Option<u64>,
    /// Why: whoever looks at the status reads it.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    #[command(flatten)]
    pub(crate) daemon: Daemon,
}

/// Which pauses.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct ResumeArgs {
    /// The numbers that `pause` and `status` say.
    #[arg(value_name = "NUMBER", required_unless_present = "all", conflicts_with = "all")]
    pub(crate) numbers: Vec<u64>,
    /// Every pause.
    #[arg(long)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) daemon: Daemon,
}

impl Show {
    /// Whether the VM is described here.
    pub(crate) fn says_facts(&self) -> bool {
        self.node.is_some() || self.name.is_some() || self.tags.is_some() || self.pool.is_some()
    }
}

const STATUS_HELP: &str = "\
Exit codes: 0 all is well (a pause is: somebody wanted it), 1 something is not, and the first lines
say what; 6 the daemon cannot be asked and left nothing to show";

const PAUSE_HELP: &str = "\
Changes under way go on to their end; none begins on these VMs after the answer. Observing goes on.
A VM of which it is not known whether it is meant is left alone, too. The pause outlives a restart.

Examples:
  vm-autoscale pause --for 2h --reason 'moving racks'
  vm-autoscale pause 101 200-299 --reason 'ticket 4711'
  vm-autoscale pause @pool-shop -250 --for 3d --reason 'sale'
  vm-autoscale resume 3

Only root and members of the group vm-autoscale-admin may pause and resume. Without this program:
echo 'moving racks' > /etc/pve/vm-autoscale.pause on any node pauses its whole cluster.";

const RESUME_HELP: &str = "\
Examples:
  vm-autoscale resume 3
  vm-autoscale resume --all

A file /etc/pve/vm-autoscale.pause is not ended by this: remove it on a node.";

const SHOW_EXAMPLES: &str = "\
Examples:
  vm-autoscale config show
  vm-autoscale config show --effective --vm 101
  vm-autoscale config show --effective --vm 101 --tags web,prod";

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
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
  vm-autoscale pause @tag-web --for 2h --reason 'moving racks'
  vm-autoscale config show --effective --vm 101

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 configuration invalid, 4 warnings under --strict,
5 not permitted, 6 helper or cluster unreachable, 66 file missing";
