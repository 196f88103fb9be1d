//! Why something is done to a VM or why nothing is, by all that decides: each gate in its order,
//! with its figures, and the one that stops it.

use serde::{Deserialize, Serialize};
use vm_autoscale_config::{Clusters, VmSettings};
use vm_autoscale_planner::Resource;
use vm_autoscale_proxmox::{ClusterName, NodeName, VmId};

use crate::Event;

mod absent;
mod facts;
mod gates;
mod remedy;
mod side;
mod whole;

pub(crate) use facts::explain;

/// The VMs of one number, one in each cluster that was asked.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Explained {
    /// Where there is one that is looked after, only those.
    pub vms: Vec<Explanation>,
    /// Its last changes, newest last.
    pub changes: Vec<Event>,
    /// Why clusters could not be asked.
    pub silent: Vec<String>,
    /// The clusters and nodes of helper.yaml.
    pub hosts: Clusters,
}

/// Of one VM.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    /// Its number.
    pub vmid: VmId,
    /// Where.
    pub cluster: ClusterName,
    /// When this was told, in seconds since 1970.
    pub at: u64,
    /// Its name.
    pub name: Option<String>,
    /// Its node; nothing where it is in no list.
    pub node: Option<NodeName>,
    /// Its tags; nothing as long as its config has not been read.
    pub tags: Option<Vec<String>>,
    /// Its pool.
    pub pool: Option<String>,
    /// Whether it is known which VM is in which pool.
    pub pools_known: bool,
    /// Whether it is looked after; nothing where that is not known.
    pub looked_after: Option<bool>,
    /// Its class.
    pub class: Option<String>,
    /// How far it goes.
    pub mode: Setting,
    /// By which rule.
    pub policy: Setting,
    /// What concerns it as a whole, in the order in which it is asked.
    pub gates: Vec<Gate>,
    /// What would let it through, where it is stopped as a whole.
    pub to_allow: Vec<Remedy>,
    /// Its vCPUs and its memory; none where it is not looked after.
    pub resources: Vec<Side>,
}

/// One of its resources.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Side {
    /// Which.
    pub resource: Resource,
    /// What is done or would be; nothing where it is left as it is.
    pub step: Option<String>,
    /// Whether it is done.
    pub acts: bool,
    /// Why, with the figures that decided.
    pub why: String,
    /// A stable word for that.
    pub kind: String,
    /// vCPUs or MiB by the config.
    pub size: Option<u32>,
    /// In percent of that.
    pub used: Option<f64>,
    /// What it passes, in this order.
    pub gates: Vec<Gate>,
    /// What would let it through.
    pub to_allow: Vec<Remedy>,
}

/// One of the questions that are asked before something is changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gate {
    /// A stable word for it.
    pub name: String,
    /// What came of it.
    pub stand: Stand,
    /// With its figures.
    pub said: String,
    /// What of the file it goes by.
    pub settings: Vec<Setting>,
}

/// What a gate does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stand {
    /// It lets it through.
    Passes,
    /// It is the first that does not.
    Stops,
    /// It would not, either, if those before did.
    Also,
}

/// What the running daemon goes by.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Setting {
    /// Its key in the file.
    pub key: String,
    /// What holds.
    pub value: String,
}

impl Setting {
    fn of(settings: &VmSettings, key: &str) -> Self {
        let value = settings.each().into_iter().find(|(known, _)| *known == key);
        Self { key: key.to_owned(), value: value.map(|(_, value)| value).unwrap_or_default() }
    }
}

/// What would let it through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remedy {
    /// What to do.
    pub said: String,
    /// The key of the file that it is about, where it is about one.
    pub key: Option<String>,
}

impl Explanation {
    /// The gate that stops it: of the VM as a whole, or else of that resource.
    #[must_use]
    pub fn stopped_by(&self, resource: Resource) -> Option<&Gate> {
        let of = self.resources.iter().filter(|side| side.resource == resource);
        let mut gates = self.gates.iter().chain(of.flat_map(|side| &side.gates));
        gates.find(|gate| gate.stand == Stand::Stops)
    }
}
