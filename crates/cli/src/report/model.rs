//! What a report says: what is printed as JSON, and what text and page are made of.

use serde::Serialize;
use vm_autoscale_planner::Move;
use vm_autoscale_proxmox::{ClusterName, NodeName, VmId};

use super::series::{Grid, Series};

/// Of a time.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// In seconds since 1970, as are all times.
    pub(crate) since: u64,
    pub(crate) until: u64,
    /// When it was made.
    pub(crate) made: u64,
    /// The same three as people of this machine write them.
    pub(crate) written: [String; 3],
    pub(crate) clusters: Vec<Cluster>,
    /// What is not known, and how figures are to be understood.
    pub(crate) notes: Vec<String>,
    #[serde(skip)]
    pub(crate) grid: Grid,
}

/// Of a cluster.
#[derive(Debug, Serialize)]
pub(crate) struct Cluster {
    pub(crate) name: ClusterName,
    /// VMs of which something was measured.
    pub(crate) vms_measured: usize,
    /// VMs in which a resource was short.
    pub(crate) vms_short: [usize; 2],
    /// The share of the time in which figures of any VM are there, 0 to 1.
    pub(crate) known_share: f64,
    /// vCPU-hours.
    pub(crate) cpu: Hours,
    /// GiB-hours.
    pub(crate) memory: Hours,
    pub(crate) changes: Vec<Count>,
    /// What kept wanted changes from being made.
    pub(crate) refused: Vec<Stood>,
    /// What kept VMs from being looked after.
    pub(crate) left_alone: Vec<Stood>,
    /// The last ones, newest first.
    pub(crate) failures: Vec<Failure>,
    /// In the order of their numbers.
    pub(crate) vms: Vec<Vm>,
}

/// Of one resource, in hours times vCPUs or GiB.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Hours {
    pub(crate) allocated: f64,
    pub(crate) used: f64,
    /// Below the sizes of before our first change.
    pub(crate) given_back: f64,
    /// Above them.
    pub(crate) added: f64,
    /// Hours of VMs in which it was short.
    pub(crate) short: f64,
}

/// Changes with the same outcome.
#[derive(Debug, Serialize)]
pub(crate) struct Count {
    pub(crate) kind: String,
    pub(crate) text: String,
    pub(crate) changes: usize,
}

/// Decisions of the same kind.
#[derive(Debug, Serialize)]
pub(crate) struct Stood {
    pub(crate) kind: &'static str,
    pub(crate) text: &'static str,
    pub(crate) vms: usize,
    pub(crate) times: usize,
    /// Hours in which they stood, of all VMs together.
    pub(crate) hours: f64,
}

/// A change that did not come to be.
#[derive(Debug, Serialize)]
pub(crate) struct Failure {
    pub(crate) at: u64,
    pub(crate) written: String,
    pub(crate) vmid: VmId,
    pub(crate) name: Option<String>,
    pub(crate) step: String,
    pub(crate) text: String,
}

/// Of one VM.
#[derive(Debug, Serialize)]
pub(crate) struct Vm {
    pub(crate) vmid: VmId,
    pub(crate) name: Option<String>,
    /// Where it is, and its mode; nothing where it is not looked after any more.
    pub(crate) node: Option<NodeName>,
    pub(crate) mode: Option<String>,
    pub(crate) measured_hours: f64,
    pub(crate) changes: usize,
    pub(crate) failed: usize,
    pub(crate) cpu: Part,
    pub(crate) memory: Part,
    #[serde(skip)]
    pub(crate) marks: Vec<Mark>,
}

/// Of one resource of one VM.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Part {
    #[serde(flatten)]
    pub(crate) hours: Hours,
    /// Hours of which there are figures of it.
    pub(crate) measured_hours: f64,
    /// vCPUs or GiB before our first change, and at the end of the time.
    pub(crate) before: Option<f64>,
    pub(crate) now: Option<f64>,
    /// vCPUs or GiB in the highest sample.
    pub(crate) most: f64,
    #[serde(skip)]
    pub(crate) series: Series,
}

/// A change on a chart.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark {
    pub(crate) at: u64,
    pub(crate) step: Move,
    pub(crate) verified: bool,
}

impl Hours {
    pub(crate) fn add(&mut self, other: &Self) {
        self.allocated += other.allocated;
        self.used += other.used;
        self.given_back += other.given_back;
        self.added += other.added;
        self.short += other.short;
    }
}

impl Vm {
    /// Its name, or how one without a name is called.
    pub(crate) fn called(&self) -> &str {
        self.name.as_deref().unwrap_or("-")
    }

    /// vCPUs and GiB, in hours, of which it had less than before: a GiB counts as a quarter of a
    /// vCPU, as clouds have them in one size.
    pub(crate) fn given_back(&self) -> f64 {
        self.cpu.hours.given_back + self.memory.hours.given_back / 4.0
    }

    /// Hours in which either was short.
    pub(crate) fn short(&self) -> f64 {
        self.cpu.hours.short + self.memory.hours.short
    }
}

impl Cluster {
    /// The first `count` VMs by a figure, the highest first; none of which it is zero.
    pub(crate) fn top(&self, count: usize, by: impl Fn(&Vm) -> f64) -> Vec<&Vm> {
        let mut vms: Vec<&Vm> = self.vms.iter().filter(|vm| by(vm) > 0.0).collect();
        // Of equals the one with the lower number.
        vms.sort_by(|one, other| by(other).total_cmp(&by(one)));
        vms.truncate(count);
        vms
    }
}
