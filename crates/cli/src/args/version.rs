//! `version`.

use super::Daemon;

/// Whose.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct VersionArgs {
    #[command(flatten)]
    pub(crate) daemon: Daemon,
}

pub(super) const VERSION_HELP: &str = "\
Of this program, of the daemon that runs, and of the helper that the daemon works with: the
protocol between the last two, the version of the journal, and the system. `vm-autoscale --version`
says the first of it in one line.

Examples:
  vm-autoscale version
  vm-autoscale version --output-format json

Exit codes: 0 done, also where no daemon answers; 1 failed, or daemon, helper and program are not of
one release: systemctl restart vm-autoscale-helper vm-autoscale; 2 wrong usage, 66 file missing";
