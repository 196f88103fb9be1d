//! What a decision is made of.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use vm_autoscale_proxmox::{NodeName, VmConfig, VmId};

use crate::{CpuLever, CpuRule, MemoryLever, MemoryRule, Move};

/// A point in time by a clock that never jumps: the time since some start, the same for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(from = "u64", into = "u64")]
pub struct Moment(pub Duration);

impl From<u64> for Moment {
    /// From milliseconds.
    fn from(milliseconds: u64) -> Self {
        Self(Duration::from_millis(milliseconds))
    }
}

impl From<Moment> for u64 {
    /// In milliseconds.
    fn from(moment: Moment) -> Self {
        Self::try_from(moment.0.as_millis()).unwrap_or(Self::MAX)
    }
}

impl Moment {
    /// How long ago `earlier` was; nothing where it lies ahead.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }

    /// Later by that much.
    #[must_use]
    pub fn after(self, wait: Duration) -> Self {
        Self(self.0.saturating_add(wait))
    }
}

/// What pvestatd measured of a VM. What it did not measure is absent, never zero.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// When, in seconds since 1970 by the node's clock: good for telling samples apart.
    pub ctime: u64,
    /// Age of the QEMU process in seconds.
    pub uptime: u64,
    /// CPU time used per second, in cores.
    pub cores_used: Option<f64>,
    /// The vCPUs that the figure is relative to.
    pub vcpus: Option<f64>,
    /// Used memory in MiB. With a balloon device the guest's own figure, page cache counted;
    /// without one the process's resident size, which only rises.
    pub memory_used: Option<f64>,
    /// The memory in MiB that the figure is relative to.
    pub memory: Option<f64>,
}

/// A VM at one moment.
#[derive(Debug, Clone, Copy)]
pub struct VmInput<'a> {
    /// Which.
    pub vmid: VmId,
    /// Where.
    pub node: &'a NodeName,
    /// Whether it runs; `None` when that is not known.
    pub running: Option<bool>,
    /// Its config; `None` when it could not be read.
    pub config: Option<&'a VmConfig>,
    /// The last measurement; `None` when there is none that can be believed.
    pub sample: Option<Sample>,
    /// What the administrator wants for it.
    pub policy: &'a VmPolicy,
    /// Whether a change of ours is under way.
    pub in_flight: bool,
    /// Whether the cluster sees its node.
    pub node_online: bool,
    /// What the HA manager does with it, when it is not steady.
    pub ha_move: Option<&'a str>,
    /// Why it is not known whether, or how, the administrator wants it looked after.
    pub doubt: Option<&'a str>,
    /// Who paused it, and why.
    pub pause: Option<&'a str>,
    /// Why QEMU and config disagree, of its vCPUs and of its memory.
    pub quarantine: [Option<&'a str>; 2],
}

/// A node at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct NodeInput {
    /// Share of its CPUs that is busy, 0 to 1.
    pub cpu: Option<f64>,
    /// Memory in MiB.
    pub memory: Option<f64>,
    /// Used memory in MiB.
    pub memory_used: Option<f64>,
    /// Logical CPUs.
    pub cpus: Option<f64>,
    /// Memory in MiB of the running guests there of which the planner is not told: VMs that are
    /// not looked after, and containers by their limit.
    pub others_memory: Option<f64>,
    /// vCPUs of the running VMs there of which the planner is not told.
    pub others_vcpus: Option<f64>,
    /// Whether the figures are of the last 30 s.
    pub fresh: bool,
    /// Changes of ours that are under way there.
    pub changing: usize,
}

/// All nodes of the cluster.
pub(crate) type Nodes = BTreeMap<NodeName, NodeInput>;

/// What the administrator wants for a VM.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VmPolicy {
    /// How far a decision is carried out.
    pub allow: Allow,
    /// When vCPUs are added and taken; `None` leaves them alone.
    pub cpu: Option<CpuRule>,
    /// When memory is; `None` leaves it alone.
    pub memory: Option<MemoryRule>,
    /// By what its CPU becomes larger and smaller.
    pub cpu_lever: CpuLever,
    /// By what its memory does.
    pub memory_lever: MemoryLever,
    /// Whether not everything is known of its guest: it may be new, and leave unused what it is
    /// given. Off where a trace is all there is, and for those who know what they want.
    pub caution: bool,
    /// Whether what is taken goes in steps that a guest can be asked for. Off where a trace is all
    /// there is.
    pub in_steps: bool,
    /// Fewest and most vCPUs.
    pub vcpus: (u32, u32),
    /// Least and most memory in MiB.
    pub memory_mib: (u32, u32),
    /// Whether memory may be taken, by either lever.
    pub memory_shrink: bool,
    /// Between two decisions on it; nothing where every new sample is judged.
    pub check_interval: Duration,
    /// After a change that failed, and after a start without a journal, before the same resource
    /// is changed; each failure in a row doubles it.
    pub cooldown: Duration,
    /// After a change that came about, before the same resource is changed again.
    pub rest: Duration,
    /// After a change by someone else, before it is touched.
    pub external_change_hold: Duration,
    /// Decisions in a row that must find a resource low before it shrinks; at least 1.
    pub low_checks: u32,
    /// How much it counts where not all can have what they ask for; the config's `shares` where
    /// nothing is said.
    pub weight: Option<u32>,
}

/// Which decisions are carried out; the others are recommendations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allow {
    /// None.
    Nothing,
    /// Those that add.
    Growth,
    /// All.
    Everything,
}

impl Allow {
    /// Whether this is carried out.
    pub(crate) fn allows(self, step: Move) -> bool {
        match self {
            Self::Nothing => false,
            Self::Growth => step.is_growth(),
            Self::Everything => true,
        }
    }
}

/// What holds for a whole cluster.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlannerConfig {
    /// Percent of a node's CPUs above which no vCPU is added there; where it is not said, only the
    /// threshold rule heeds how busy a node is.
    pub max_host_cpu: Option<f64>,
    /// Percent of a node's memory that growth may fill, as far as it is in use.
    pub max_host_memory: f64,
    /// Percent of a node's memory that is not for its guests.
    pub memory_reserve: f64,
    /// So many times what is left of a node's memory its guests may have, used or not.
    pub memory_overcommit: f64,
    /// So many vCPUs the running VMs of a node may have for each of its CPUs.
    pub cpu_overcommit: f64,
}
