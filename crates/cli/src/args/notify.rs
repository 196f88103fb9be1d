//! `notify`.

use clap::Subcommand;

use super::Daemon;

/// What about messages.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum NotifyCommand {
    /// Send a test message by every channel, and say of each whether its server took it.
    #[command(after_help = TEST_HELP)]
    Test(TestArgs),
}

/// By what.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct TestArgs {
    /// Only this one: mail, gotify, ntfy, webhook, `uptime_kuma_url` or `healthchecks_url`.
    #[arg(long, value_name = "NAME")]
    pub(crate) channel: Option<String>,
    #[command(flatten)]
    pub(crate) daemon: Daemon,
}

pub(super) const NOTIFY_HELP: &str = "\
Examples:
  vm-autoscale notify test
  vm-autoscale notify test --channel mail --output-format json

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 configuration invalid, 5 not permitted, 66 file
missing";

const TEST_HELP: &str = "\
The running daemon sends them, by the configuration that it runs with and from where it is: one
attempt each, all at the same time, within 15 s. Where no daemon answers, the command does it
itself by the configuration file, and calls no push URL of Uptime Kuma, which would take that for a
sign of life.

Examples:
  vm-autoscale notify test
  vm-autoscale notify test --channel mail
  vm-autoscale notify test --output-format json

Only root and members of the group vm-autoscale-admin may have the daemon send them.

Exit codes: 0 all were taken, 1 one was not, or no channel is switched on, 2 wrong usage, 3
configuration invalid, 5 not permitted, 66 file missing";
