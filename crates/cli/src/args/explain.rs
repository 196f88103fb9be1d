//! `explain`.

use vm_autoscale_proxmox::{ClusterName, VmId};

use super::Daemon;

/// Of which VM.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct ExplainArgs {
    /// The VM.
    #[arg(value_name = "VMID")]
    pub(crate) vm: VmId,
    /// The cluster, where several have such a VM.
    #[arg(long, value_name = "NAME", value_parser = |s: &str| ClusterName::try_from(s))]
    pub(crate) cluster: Option<ClusterName>,
    /// How it was then: 2026-11-22T14:30:00Z, '2026-11-22 14:30', 14:30, '2h ago'.
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
    #[command(flatten)]
    pub(crate) daemon: Daemon,
}

pub(super) const EXPLAIN_HELP: &str = "\
It asks the daemon's worker, so that what is told is what decides: each question in the order in
which it is asked, with its figures and the line of the file that sets them. The first one that
stops a change says so, and what would let it through stands below. With --at it is told by the
journal what had been decided by then, what was used around it, and what was changed within an hour.

Examples:
  vm-autoscale explain 101
  vm-autoscale explain 101 --cluster home --output-format json
  vm-autoscale explain 101 --at 02:15

Exit codes: 0 explained, 1 the daemon does not answer, and it is told by the journal; 2 wrong usage,
5 not permitted, 6 the daemon cannot be asked and left nothing to show, 66 file missing";
