//! `replay`.

use std::path::PathBuf;

use clap::ValueEnum;
use vm_autoscale_config::Profile;
use vm_autoscale_proxmox::{ClusterName, VmId};

/// What is replayed, and by which policy.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct ReplayArgs {
    #[command(flatten)]
    pub(crate) source: Source,
    /// Who decides [default: what the configuration says].
    #[arg(long, value_enum)]
    pub(crate) policy: Option<ReplayPolicy>,
    /// Shipped figures, for those that the configuration says.
    #[arg(long, value_parser = profile)]
    pub(crate) profile: Option<Profile>,
    #[command(flatten)]
    pub(crate) past: PastArgs,
    #[command(flatten)]
    pub(crate) world: WorldArgs,
}

/// Where the load comes from.
#[derive(Debug, Clone, clap::Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Source {
    /// A recorded load: CSV, plain or gzip, with the columns
    /// `vm_id,t_s,cpu_cores_used,vcpus,mem_used_mb,mem_total_mb`.
    #[arg(long, value_name = "FILE")]
    pub(crate) trace: Option<PathBuf>,
    /// Be a policy of a simulator: one JSON object a line, in and out.
    #[arg(long)]
    pub(crate) pipe: bool,
    /// What the journal has of this VM, whether the daemon runs or not.
    #[arg(long, value_name = "VMID")]
    pub(crate) vm: Option<VmId>,
    /// What `vm-autoscale bundle` wrote; its settings hold unless --config names others.
    #[arg(long, value_name = "FILE")]
    pub(crate) bundle: Option<PathBuf>,
}

/// Which part of the journal.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct PastArgs {
    /// The VM's cluster, where several have that number.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["trace", "pipe", "bundle"], value_parser = cluster)]
    pub(crate) cluster: Option<ClusterName>,
    /// From so long ago on, at most 366d.
    #[arg(long, value_name = "TIME", default_value = "7d", conflicts_with_all = ["trace", "pipe", "bundle"],
        value_parser = crate::pause::seconds)]
    pub(crate) since: u64,
}

/// In what it is replayed.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct WorldArgs {
    /// Between two samples: 1s to 30s.
    #[arg(long, value_name = "TIME", default_value = "10s", conflicts_with = "pipe",
        value_parser = crate::pause::seconds)]
    pub(crate) tick: u64,
    /// Only the first days of the trace.
    #[arg(long, value_name = "N", conflicts_with = "pipe", value_parser = above_zero)]
    pub(crate) days: Option<f64>,
    /// Time at the start that no figure counts [default: 1d of at least five days, 1h of at least
    /// half a day].
    #[arg(long, value_name = "TIME", conflicts_with = "pipe", value_parser = time)]
    pub(crate) warmup: Option<u64>,
    /// Share of the guests' free memory that Proxmox would see as used, 0 to 1: page cache.
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, conflicts_with = "pipe",
        value_parser = share)]
    pub(crate) mem_cache_fill: f64,
    /// Have the VMs share so many hosts, smaller than the VMs together.
    #[arg(long, value_name = "N", conflicts_with = "pipe")]
    pub(crate) hosts: Option<u32>,
    /// Cores of a host, as a share of its VMs' vCPUs.
    #[arg(long, value_name = "SHARE", default_value_t = 0.35, requires = "hosts",
        value_parser = above_zero)]
    pub(crate) host_cpu_frac: f64,
    /// Memory of a host, as a share of its VMs'.
    #[arg(long, value_name = "SHARE", default_value_t = 0.5, requires = "hosts",
        value_parser = above_zero)]
    pub(crate) host_mem_frac: f64,
    /// Give the VMs weights of 500, 1000 and 2000.
    #[arg(long, requires = "hosts")]
    pub(crate) shares_mix: bool,
}

/// Who decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReplayPolicy {
    /// Each VM's own use of late.
    Adaptive,
    /// High and low marks.
    Threshold,
    /// Nobody: VMs stay as they are.
    Static,
}

impl ReplayPolicy {
    /// As it is written.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Adaptive => "adaptive",
            Self::Threshold => "threshold",
            Self::Static => "static",
        }
    }
}

pub(super) fn cluster(text: &str) -> Result<ClusterName, String> {
    text.try_into().map_err(|error: vm_autoscale_proxmox::Error| error.to_string())
}

fn profile(text: &str) -> Result<Profile, String> {
    match text {
        "economy" => Ok(Profile::Economy),
        "balanced" => Ok(Profile::Balanced),
        "steady" => Ok(Profile::Steady),
        _ => Err("economy, balanced or steady".into()),
    }
}

fn time(text: &str) -> Result<u64, String> {
    if text == "0" || text == "0s" { Ok(0) } else { crate::pause::seconds(text) }
}

fn share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "a number from 0 to 1".into())
}

fn above_zero(text: &str) -> Result<f64, String> {
    let number: Option<f64> = text.parse().ok();
    let number = number.filter(|number| *number > 0.0 && *number <= 1e6);
    number.ok_or_else(|| "a number above 0, at most 1000000".into())
}

pub(super) const REPLAY_HELP: &str = "\
Examples:
  vm-autoscale replay --trace week.csv.gz
  vm-autoscale replay --trace week.csv.gz --policy threshold --profile steady
  vm-autoscale replay --trace week.csv.gz --config try.yaml --output-format json
  vm-autoscale replay --pipe --policy threshold
  vm-autoscale replay --vm 101 --since 7d
  vm-autoscale replay --bundle case.json

It changes nothing and asks no one. Without --config the defaults hold, and memory is taken back,
too. With it, what the file says for all VMs holds; a `mode` below `full` counts as `full`, unless
it is `up-only`. With --vm the file is read in any case: it says where the journal is.

Exit codes: 0 done, 1 the trace or the journal is broken or says nothing of the VM, 2 wrong usage,
3 configuration invalid, 66 file missing";
