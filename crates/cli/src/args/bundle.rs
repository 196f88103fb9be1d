//! `bundle`.

use vm_autoscale_proxmox::{ClusterName, VmId};

use super::Daemon;

/// Of which VM, and how far back.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct BundleArgs {
    /// The VM.
    #[arg(value_name = "VMID")]
    pub(crate) vm: VmId,
    /// The VM's cluster, where several have that number.
    #[arg(long, value_name = "NAME", value_parser = super::replay::cluster)]
    pub(crate) cluster: Option<ClusterName>,
    /// From so long ago on, at most 366d.
    #[arg(long, value_name = "TIME", default_value = "7d", value_parser = crate::pause::seconds)]
    pub(crate) since: u64,
    #[command(flatten)]
    pub(crate) daemon: Daemon,
}

pub(super) const BUNDLE_HELP: &str = "\
One JSON document to attach to a bug report, which others can replay: the VM's settings in effect,
its sizes, what it used every five minutes, what was decided, and what became of changes. Names,
addresses and numbers of VMs, nodes, clusters, tags, pools, classes and schedules are replaced or
left out, and so is what people or nodes wrote in words of their own. What is left: sizes, figures of
use, reasons, and times since the first of them. Look at it before you send it.

Examples:
  vm-autoscale bundle 101 > case.json
  vm-autoscale bundle 101 --since 2d > case.json
  vm-autoscale replay --bundle case.json

Exit codes: 0 done, 1 failed, or the journal has nothing of the VM, 2 wrong usage, 3 configuration
invalid, 5 not permitted, 6 the daemon cannot be asked and left nothing, 66 file missing";
