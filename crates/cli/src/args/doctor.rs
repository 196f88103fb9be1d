//! `doctor`.

use std::path::PathBuf;

use vm_autoscale_config::DoctorCode;
use vm_autoscale_proxmox::ClusterName;

use super::Daemon;

/// Which VMs, and what to make of what is found.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct DoctorArgs {
    /// As in `select`: 101, 200-299, @tag-web, @pool-shop, @node-pve3, @name-db*; lab/101 means
    /// that cluster only, a hyphen before it takes out. Without one, all VMs that are looked after.
    #[arg(value_name = "SELECTOR", value_delimiter = ',')]
    pub(crate) select: Vec<String>,
    /// Only VMs of this cluster.
    #[arg(long, value_name = "NAME", value_parser = |s: &str| ClusterName::try_from(s))]
    pub(crate) cluster: Option<ClusterName>,
    /// Write what `qm set` would have to set as a shell script, which nobody has run yet, into this
    /// new file.
    #[arg(long, value_name = "FILE")]
    pub(crate) fix_script: Option<PathBuf>,
    /// Warnings count, too: exit code 4 where there are some.
    #[arg(long = "strict", id = "strict_doctor")]
    pub(crate) strict: bool,
    /// Print what each finding means, and ask nobody.
    #[arg(long, conflicts_with_all = ["select", "cluster", "fix_script"])]
    pub(crate) codes: bool,
    /// Print what this finding means, and ask nobody.
    #[arg(long, value_name = "CODE", conflicts_with_all = ["select", "cluster", "fix_script"])]
    pub(crate) code: Vec<DoctorCode>,
    #[command(flatten)]
    pub(crate) daemon: Daemon,
}

pub(super) const DOCTOR_HELP: &str = "\
FAIL: the VM, or one of its resources, cannot be scaled. WARN: it can, but not as far or as well as
it could. It goes by what the daemon knows of the VMs anyway, and by what their guests have shown;
nothing is asked of a node. Findings that `doctor.ignore` names are only counted.

`qm reboot VMID`, or a stop and a start, is a power cycle; a reboot inside the guest is none. The
script of --fix-script sets options and stops no VM: read it, then run it on each node.

Examples:
  vm-autoscale doctor
  vm-autoscale doctor 101 @tag-web --fix-script fix.sh
  vm-autoscale doctor --code D120
  vm-autoscale doctor --strict --output-format json

Exit codes: 0 nothing failed, 1 something did, 2 wrong usage, or no such VM is looked after,
4 warnings under --strict, 5 not permitted, 6 the daemon does not answer, 66 file missing";
