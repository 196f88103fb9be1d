//! `history`.

use vm_autoscale_proxmox::{ClusterName, VmId};

use super::Daemon;

/// Of which changes.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct HistoryArgs {
    /// Only of these VMs.
    #[arg(value_name = "VMID")]
    pub(crate) vms: Vec<VmId>,
    /// Only of this cluster.
    #[arg(long, value_name = "NAME", value_parser = |s: &str| ClusterName::try_from(s))]
    pub(crate) cluster: Option<ClusterName>,
    /// How far back: 90s, 30m, 2h, 3d.
    #[arg(long, value_name = "TIME", default_value = "7d", value_parser = crate::pause::seconds)]
    pub(crate) since: u64,
    /// Only those that did not come about as they were asked for.
    #[arg(long)]
    pub(crate) failed: bool,
    /// At most so many, the newest.
    #[arg(long, value_name = "NUMBER", default_value_t = 100)]
    pub(crate) limit: usize,
    #[command(flatten)]
    pub(crate) daemon: Daemon,
}

pub(super) const HISTORY_HELP: &str = "\
A line for each change that has ended, newest last: when, what was asked for, what came of it by
reading back, how long that took, and why it was asked for. Where no daemon answers, the journal is
read, and it says so.

Examples:
  vm-autoscale history
  vm-autoscale history 101 102 --since 30d
  vm-autoscale history --failed --output-format json

Exit codes: 0 told, 1 failed, 2 wrong usage, 5 not permitted, 6 the daemon cannot be asked and left
nothing to show, 66 file missing";
