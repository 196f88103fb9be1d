//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};
use vm_autoscale_proxmox::{ClusterName, NodeName, VmId};

mod bundle;
mod doctor;
mod explain;
mod headroom;
mod help;
mod history;
mod notify;
mod pause;
mod plan;
mod promote;
mod replay;
mod report;
mod restore;
mod top;
mod version;
use bundle::BUNDLE_HELP;
pub(crate) use bundle::BundleArgs;
use doctor::DOCTOR_HELP;
pub(crate) use doctor::DoctorArgs;
use explain::EXPLAIN_HELP;
pub(crate) use explain::ExplainArgs;
use headroom::HEADROOM_HELP;
pub(crate) use headroom::HeadroomArgs;
use history::HISTORY_HELP;
pub(crate) use history::HistoryArgs;
use notify::NOTIFY_HELP;
pub(crate) use notify::{NotifyCommand, TestArgs};
use pause::{PAUSE_HELP, RESUME_HELP};
pub(crate) use pause::{PauseArgs, ResumeArgs, spelled};
use plan::PLAN_HELP;
pub(crate) use plan::PlanArgs;
use promote::PROMOTE_HELP;
pub(crate) use promote::PromoteArgs;
use replay::REPLAY_HELP;
pub(crate) use replay::{ReplayArgs, ReplayPolicy, WorldArgs};
use report::REPORT_HELP;
pub(crate) use report::ReportArgs;
use restore::{RESTORE_HELP, SELFTEST_HELP};
pub(crate) use restore::{RestoreArgs, SelftestArgs};
use top::TOP_HELP;
pub(crate) use top::TopArgs;
use version::VERSION_HELP;
pub(crate) use version::VersionArgs;

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
    /// Whether it was named, and is not the usual one.
    #[arg(skip)]
    pub(crate) is_config_named: bool,
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

impl Args {
    /// Of a command line; where that is wrong, the program ends.
    pub(crate) fn of(line: impl Iterator<Item = OsString>) -> Self {
        let matches = Self::command().get_matches_from(line);
        let is_config_named = matches.value_source("config") == Some(ValueSource::CommandLine);
        match Self::from_arg_matches(&matches) {
            Ok(args) => Self { is_config_named, ..args },
            Err(error) => error.exit(),
        }
    }
}

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Command {
    /// Run the daemon (systemd does this).
    #[command(after_help = help::RUN)]
    Run,
    /// Say what is to be done next and why, and the commands that do the same by hand. Changes
    /// nothing.
    #[command(after_help = PLAN_HELP)]
    Plan(PlanArgs),
    /// Ask every node whether it answers, how fast, how its clock is, and whether a gate guards the
    /// helper's key there. 1 where one does not answer.
    #[command(after_help = NODES_HELP)]
    Nodes,
    /// Ask the running daemon what it sees and does. Exit code 1 where something is not well.
    #[command(after_help = STATUS_HELP)]
    Status(StatusArgs),
    /// Say why something is done to a VM or why nothing is: each question that is asked before a
    /// change, with its figures, and which one stopped it.
    #[command(after_help = EXPLAIN_HELP)]
    Explain(ExplainArgs),
    /// Tell which changes were made, what came of each, how long it took, and why.
    #[command(after_help = HISTORY_HELP)]
    History(HistoryArgs),
    /// Watch the VMs: who is under most pressure, how that was for a day, and what is done about
    /// it.
    #[command(after_help = TOP_HELP)]
    Top(TopArgs),
    /// What each node has for who grows, who may grow there, and who would be refused.
    #[command(after_help = HEADROOM_HELP)]
    Headroom(HeadroomArgs),
    /// Say of each VM whether it can be scaled, and what to type where it cannot. Changes nothing.
    #[command(after_help = DOCTOR_HELP)]
    Doctor(DoctorArgs),
    /// Have the running daemon leave VMs alone, from the very next change on.
    #[command(after_help = PAUSE_HELP)]
    Pause(PauseArgs),
    /// End pauses.
    #[command(after_help = RESUME_HELP)]
    Resume(ResumeArgs),
    /// Bring a VM back to the sizes that it had before our changes, and pause it.
    #[command(after_help = RESTORE_HELP)]
    Restore(RestoreArgs),
    /// Try on a VM of yours whether it can be changed, and print what others need to help.
    #[command(after_help = SELFTEST_HELP)]
    Selftest(SelftestArgs),
    /// Whether people would be told.
    #[command(subcommand, after_help = NOTIFY_HELP)]
    Notify(NotifyCommand),
    /// Write what is known of a VM's last days into one document for a bug report, without names.
    #[command(after_help = BUNDLE_HELP)]
    Bundle(BundleArgs),
    /// Play a recorded load to the planner, and sum up what comes of it.
    #[command(after_help = REPLAY_HELP)]
    Replay(ReplayArgs),
    /// What VMs used, got and gave back in a time, and what kept them from it; also as a page.
    #[command(after_help = REPORT_HELP)]
    Report(ReportArgs),
    /// Say of each VM whether enough is known for the next mode, and which line would change it.
    /// Changes nothing.
    #[command(after_help = PROMOTE_HELP)]
    Promote(PromoteArgs),
    /// Print the commands that give VMs back the sizes that they had before our changes. Changes
    /// nothing.
    #[command(after_help = help::SIZES_BEFORE)]
    SizesBefore,
    /// Which release program, daemon and helper are of, and whether it is one.
    #[command(after_help = VERSION_HELP)]
    Version(VersionArgs),
    /// What the configuration says, what holds, and what a reload would change.
    #[command(subcommand, after_help = help::CONFIG)]
    Config(ConfigCommand),
}

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Every value with the file, line and column that set it.
    #[command(after_help = SHOW_EXAMPLES)]
    Show(Show),
    /// What the files say differently from what the daemon runs with.
    #[command(after_help = help::DIFF)]
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

/// Of what.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct StatusArgs {
    /// Only these VMs, and of each all that is known.
    #[arg(value_name = "VMID")]
    pub(crate) vms: Vec<VmId>,
    #[command(flatten)]
    pub(crate) daemon: Daemon,
}

/// Which daemon.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Daemon {
    /// The daemon's socket, where the files name another one than it listens on.
    #[arg(long, value_name = "FILE")]
    pub(crate) control_socket: Option<PathBuf>,
}

impl Show {
    /// Whether the VM is described here.
    pub(crate) fn says_facts(&self) -> bool {
        self.node.is_some() || self.name.is_some() || self.tags.is_some() || self.pool.is_some()
    }
}

const NODES_HELP: &str = "\
Examples:
  vm-autoscale nodes
  vm-autoscale nodes --output-format json

It asks the helper, which hears the user of the daemon only (`scheduler_user`). CLOCK is how far a
node's clock is ahead of this machine's. One that seems behind is looked at for up to 16 s.

Exit codes: 0 all nodes answered, 1 one did not, 6 the helper does not answer";

const STATUS_HELP: &str = "\
What is not well comes first, a line each. Where no daemon answers, it shows what the journal has of
the VMs, and says so.

Examples:
  vm-autoscale status
  vm-autoscale status 101 102
  vm-autoscale status --output-format json

Exit codes: 0 all is well (a pause is: somebody wanted it), 1 something is not, and the first lines
say what; 2 wrong usage, or a VM that is not looked after; 5 not permitted, 6 the daemon cannot be
asked and left nothing to show, 66 file missing";

const SHOW_EXAMPLES: &str = "\
Examples:
  vm-autoscale config show
  vm-autoscale config show --effective --vm 101
  vm-autoscale config show --effective --vm 101 --tags web,prod

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 configuration invalid, 66 file missing";

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
