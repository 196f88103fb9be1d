//! `restore` and `selftest`.

use vm_autoscale_proxmox::{ClusterName, VmId};

use super::Daemon;

/// Which VM, and whether it is meant.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct RestoreArgs {
    /// The VM.
    #[arg(value_name = "VMID")]
    pub(crate) vm: VmId,
    /// The cluster, where several have such a VM.
    #[arg(long, value_name = "NAME", value_parser = |s: &str| ClusterName::try_from(s))]
    pub(crate) cluster: Option<ClusterName>,
    /// Do it, and not only show it.
    #[arg(long, conflicts_with = "cancel")]
    pub(crate) yes: bool,
    /// Take the order back; a step under way goes on to its end.
    #[arg(long)]
    pub(crate) cancel: bool,
    #[command(flatten)]
    pub(crate) daemon: Daemon,
}

/// Which VM, and whether it is meant.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct SelftestArgs {
    /// A VM of yours that may be tried on.
    #[arg(long, value_name = "VMID")]
    pub(crate) vm: VmId,
    /// The cluster, where several have such a VM.
    #[arg(long, value_name = "NAME", value_parser = |s: &str| ClusterName::try_from(s))]
    pub(crate) cluster: Option<ClusterName>,
    /// Do it, and not only show it.
    #[arg(long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) daemon: Daemon,
}

pub(super) const RESTORE_HELP: &str = "\
Without --yes it shows from where to where the VM would go, and in which steps. With --yes the
daemon does it, in any mode and whatever min_ and max_ say in config.yaml; the helper's rules, the
node's room and the guest's word on its memory hold. Each step is verified. Then the VM is paused,
so that it is not scaled again at once: resume it by the number that is said.

What keeps a change from being made (a pause, a lock, HA, a quarantine, changes of others) ends the
order; so do three attempts in vain at one value, five minutes without progress, and a restart of
the daemon, which does not go on with it. Interrupting this program does not end it: --cancel does.

Examples:
  vm-autoscale restore 101
  vm-autoscale restore 101 --yes
  vm-autoscale restore 101 --cancel

Only root and members of the group vm-autoscale-admin may order it.

Exit codes: 0 done, shown, or nothing to restore; 1 it cannot be begun, or ended before all was
reached; 2 wrong usage, 5 not permitted, 6 the daemon does not answer, 66 file missing";

pub(super) const SELFTEST_HELP: &str = "\
It gives the VM one vCPU more and takes it back, then one DIMM more and takes it back, by the way of
every change, and prints a transcript without names that can be shown to others. What the VM is not
able to is skipped and said. The VM has to be looked after, run and be free, and a rule of the
helper's has to let it through. It is left as it was, or what is left is said with the command that
undoes it. Memory is taken only where the guest says that it can spare it.

Examples:
  vm-autoscale selftest --vm 9000
  vm-autoscale selftest --vm 9000 --yes

Only root and members of the group vm-autoscale-admin may order it.

Exit codes: 0 all that could be tried works, or shown; 1 something does not, is left, or it cannot
be begun; 2 wrong usage, 5 not permitted, 6 the daemon does not answer, 66 file missing";
