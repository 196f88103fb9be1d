//! `plan`.

use super::Daemon;

/// By whom.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct PlanArgs {
    /// Look itself, also where a daemon runs.
    #[arg(long)]
    pub(crate) look: bool,
    #[command(flatten)]
    pub(crate) daemon: Daemon,
}

pub(super) const PLAN_HELP: &str = "\
Where a daemon runs with this configuration, it says what it decided by its last look, a few seconds
ago: cooldowns and all that it remembers count. Without one, with --look, or with another --config
than the daemon's, it looks once itself, which only knows what there is at this moment; then it asks
the helper, which hears the user of the daemon only (`scheduler_user`). The commands that do the
same by hand follow, also for what the mode only recommends.

Examples:
  vm-autoscale plan
  vm-autoscale plan --look
  vm-autoscale plan --config try.yaml
  vm-autoscale plan --output-format json

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 configuration invalid, 5 not permitted, 6 helper or
cluster unreachable, 66 file missing";
