//! `headroom`.

use vm_autoscale_proxmox::NodeName;

use super::Daemon;

/// Of which nodes, and how much.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct HeadroomArgs {
    /// Only this node.
    #[arg(long, value_name = "NODE", value_parser = |s: &str| NodeName::try_from(s))]
    pub(crate) node: Option<NodeName>,
    /// Also each VM that does not grow whatever its node has, and why.
    #[arg(long)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) daemon: Daemon,
}

pub(super) const HEADROOM_HELP: &str = "\
Of each node: what its limits in host_limits leave, and which leaves least. Then who would be refused
the very next step, who may grow and how far, and how many do not grow whatever the node has; who
uses most of what it has comes first. Each is told as if it were the only one to grow: what one gets
the others do not. Cooldowns pass, and are not counted. The running daemon reckons it as it reckons
what it grants, so nobody else can say it: where none answers, there is no headroom to tell.

Examples:
  vm-autoscale headroom
  vm-autoscale headroom --node pve1 --all
  vm-autoscale headroom --output-format json

Exit codes: 0 done, 1 failed, or a cluster cannot be asked; 2 wrong usage, or no such node; 5 not
permitted, 6 the daemon does not answer, 66 file missing";
