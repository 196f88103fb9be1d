//! `report`.

use std::path::PathBuf;

use vm_autoscale_proxmox::VmId;

use super::Daemon;
use crate::when::{When, when};

/// Of which time and VMs, and where the page goes.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct ReportArgs {
    /// From then on: so long ago (90m, 12h, 7d), or a time of this machine's clock (2026-07-01, or
    /// '2026-07-01 08:00').
    #[arg(long, value_name = "TIME", default_value = "7d", value_parser = when)]
    pub(crate) since: When,
    /// Up to then [default: now].
    #[arg(long, value_name = "TIME", value_parser = when)]
    pub(crate) until: Option<When>,
    /// Only these VMs.
    #[arg(long = "vm", value_name = "VMID", num_args = 1.., value_delimiter = ',')]
    pub(crate) vms: Vec<VmId>,
    /// Also write it as a page with charts, which loads nothing from anywhere.
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) daemon: Daemon,
}

pub(super) const REPORT_HELP: &str = "\
It reads the journal, whether the daemon runs or not: what VMs used, five minutes together, and
what was decided and done. `given back` and `added` are against the sizes before our first change,
as far as the journal reaches back (see `sizes-before`). A time without figures is a gap, and is in
no sum.

Examples:
  vm-autoscale report
  vm-autoscale report --since 30d --html report.html
  vm-autoscale report --since 2026-07-01 --until 2026-08-01 --output-format json
  vm-autoscale report --vm 101 102 --since 24h

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 configuration invalid, 5 not permitted, 6 no daemon
answers and the journal has nothing of its VMs, 66 file missing";
