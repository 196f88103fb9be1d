//! `promote`.

use vm_autoscale_proxmox::VmId;

use super::Daemon;
use crate::when::{When, when};

/// Which VMs.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct PromoteArgs {
    /// Only these VMs; each is told in full.
    #[arg(value_name = "VMID")]
    pub(crate) vms: Vec<VmId>,
    /// By what happened since then, at most.
    #[arg(long, value_name = "TIME", default_value = "14d", value_parser = when)]
    pub(crate) since: When,
    #[command(flatten)]
    pub(crate) daemon: Daemon,
}

pub(super) const PROMOTE_HELP: &str = "\
For each VM what is known about it in its present mode, and whether that is enough for the next one
(observe, recommend, up-only, full), with the line of the configuration that would be changed. It
changes nothing.

Examples:
  vm-autoscale promote
  vm-autoscale promote 101 102
  vm-autoscale promote --since 30d --output-format json

Exit codes: 0 done, whatever it says; 1 failed, 2 wrong usage, 3 configuration invalid, 5 not
permitted, 6 no daemon answers and the journal has nothing of its VMs, 66 file missing";
