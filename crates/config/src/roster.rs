//! Which VMs of one cluster are looked after, and what holds for each.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use vm_autoscale_proxmox::{ClusterName, NodeName, VmId};

use crate::section::Section;
use crate::{Hours, OFF_TAG, SchedulerConfig, Turned, VmFacts, VmSettings};

mod why;

pub use why::Why;

/// The file as one cluster has it.
#[derive(Debug, Clone)]
pub struct Roster {
    config: Arc<SchedulerConfig>,
    cluster: ClusterName,
    /// The entries of `virtual_machines` that are for this cluster, by number.
    entries: BTreeMap<VmId, Listed>,
    /// Which of the file's schedules hold.
    hours: Hours,
}

/// The clusters that there are, with their nodes.
pub type Clusters = BTreeMap<ClusterName, BTreeSet<NodeName>>;

/// An entry, and how surely it is this cluster's.
#[derive(Debug, Clone, Copy)]
struct Listed {
    at: usize,
    placement: Placement,
}

/// How surely an entry is meant for this cluster's VM; the surer one holds over the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Placement {
    /// It names the cluster, or there is only one.
    Sure,
    /// Two entries name it.
    Twice,
    /// It may be meant for another cluster's VM of that number.
    Shared,
    /// It names no cluster and no node that there is: which VM it means is not known.
    Nowhere,
}

/// Whether a VM is looked after.
#[derive(Debug, Clone, Copy, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "none is kept as such, and most VMs are looked after"
)]
pub enum Answer {
    /// It is not.
    No,
    /// That hangs on its config or on the pools, which have not been read.
    Unknown,
    /// It is, and so.
    Yes(Managed),
}

/// What holds for a VM that is looked after.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Managed {
    /// What holds.
    pub settings: VmSettings,
    /// The class, by its place in the file.
    pub(crate) class: Option<usize>,
    /// The entry, by its place in the file.
    pub(crate) entry: Option<usize>,
    /// The section whose schedules are its own.
    pub(crate) schedules: Option<Section>,
    /// How surely the entry is its own; without one it is sure.
    pub placement: Placement,
}

impl Roster {
    /// For the cluster of that name.
    #[must_use]
    pub fn new(config: Arc<SchedulerConfig>, cluster: &ClusterName, all: &Clusters) -> Self {
        let mut entries = BTreeMap::new();
        for (at, vm) in config.virtual_machines.iter().enumerate() {
            let meant = meant(vm.proxmox_host.as_deref(), all);
            let placement = match meant.as_slice() {
                [] => Placement::Nowhere,
                [one] if *one == cluster => Placement::Sure,
                several if several.contains(&cluster) => Placement::Shared,
                _ => continue,
            };
            let new = Listed { at, placement };
            let listed = entries.entry(vm.vm_id).or_insert(new);
            let is_off =
                |at: usize| config.virtual_machines.get(at).is_some_and(|vm| !vm.scaling_enabled);
            if listed.at != at && listed.placement == placement && placement == Placement::Sure {
                *listed = Listed {
                    at: if is_off(at) { at } else { listed.at },
                    placement: Placement::Twice,
                };
            } else if placement < listed.placement {
                *listed = new;
            }
        }
        let hours = Hours::new(&config);
        Self { config, cluster: cluster.clone(), entries, hours }
    }

    /// From now on the answers are those of that time, in seconds since 1970 by a clock that people
    /// set. What of them is otherwise than before; at no time, as at first, no schedule holds.
    pub fn turn(&mut self, wall: u64) -> Turned {
        self.hours.turn(&self.config, wall)
    }

    /// Whether the clock was never set, so that no schedule holds.
    #[must_use]
    pub fn lacks_time(&self) -> bool {
        self.hours.lacks_time()
    }

    /// The names of the schedules that hold for a VM.
    #[must_use]
    pub fn holding(&self, managed: &Managed) -> Vec<String> {
        let holding = self.hours.holding(managed.schedules);
        let all = managed.schedules.and_then(|section| self.config.schedules(section));
        let all = all.unwrap_or_default().iter().enumerate();
        all.filter(|(at, _)| holding.has(*at)).map(|(_, schedule)| schedule.name.clone()).collect()
    }

    /// The file.
    #[must_use]
    pub fn config(&self) -> &Arc<SchedulerConfig> {
        &self.config
    }

    /// The numbers that have entries for this cluster.
    pub fn listed(&self) -> impl Iterator<Item = VmId> {
        self.entries.keys().copied()
    }

    /// Whether a VM may turn out to be looked after, so that its config is worth reading.
    #[must_use]
    pub fn may_mean(&self, vm: &VmFacts<'_>) -> bool {
        self.answer(&VmFacts { described: None, ..*vm }) != Answer::No
    }

    /// Whether a VM is looked after, and what holds for it.
    #[must_use]
    pub fn answer(&self, vm: &VmFacts<'_>) -> Answer {
        let vm = &self.here(vm);
        let config = &*self.config;
        let listed = self.entries.get(&vm.vmid).copied();
        let entry = listed.map(|listed| listed.at);
        let own = entry.and_then(|at| config.virtual_machines.get(at));
        if own.is_some_and(|own| !own.scaling_enabled) || self.is_off(vm) == Some(true) {
            return Answer::No;
        }
        let class = match own.and_then(|own| own.class.as_deref()) {
            Some(name) => Some(config.class_named(name)),
            None => config.class_of(vm),
        };
        let selected = own.map_or_else(|| config.select.names(vm), |_| Some(true));
        match (selected, class, self.is_off(vm)) {
            (Some(false), Some(None), _) => Answer::No,
            (Some(true), Some(class), Some(false)) | (_, Some(class @ Some(_)), Some(false)) => {
                let schedules = config.scheduled_by(class, entry);
                let (settings, _) = config.resolve(class, entry, self.hours.holding(schedules));
                let placement = listed.map_or(Placement::Sure, |listed| listed.placement);
                Answer::Yes(Managed { settings, class, entry, schedules, placement })
            }
            _ => Answer::Unknown,
        }
    }

    /// What is known of a VM of this cluster.
    fn here<'a>(&'a self, vm: &VmFacts<'a>) -> VmFacts<'a> {
        VmFacts { cluster: Some(&self.cluster), ..*vm }
    }

    /// Whether the tag or an exclusion of the file keeps it out.
    fn is_off(&self, vm: &VmFacts<'_>) -> Option<bool> {
        if self.config.select.excludes(vm) == Some(true) {
            return Some(true);
        }
        if vm.described?.1.has(OFF_TAG) {
            return Some(true);
        }
        self.config.select.excludes(vm)
    }
}

/// The clusters that a `proxmox_host` can mean: the one of that name, else those with a node of
/// that name; all where nothing is said.
fn meant<'a>(host: Option<&str>, all: &'a Clusters) -> Vec<&'a ClusterName> {
    let Some(host) = host else { return all.keys().collect() };
    if let Some(cluster) = all.keys().find(|cluster| cluster.as_str() == host) {
        return vec![cluster];
    }
    let has = |nodes: &BTreeSet<NodeName>| nodes.iter().any(|node| node.as_str() == host);
    all.iter().filter(|(_, nodes)| has(nodes)).map(|(cluster, _)| cluster).collect()
}

impl SchedulerConfig {
    /// Entries whose `proxmox_host` names nothing that there is: numbers and names.
    #[must_use]
    pub fn misplaced(&self, all: &Clusters) -> Vec<(VmId, &str)> {
        let hosts = self.virtual_machines.iter();
        let hosts = hosts.filter_map(|vm| Some((vm.vm_id, vm.proxmox_host.as_deref()?)));
        hosts.filter(|(_, host)| meant(Some(host), all).is_empty()).collect()
    }

    /// Whether anything selects by pool.
    #[must_use]
    pub fn wants_pools(&self) -> bool {
        self.select.wants_pools() || self.classes.iter().any(|class| class.select.wants_pools())
    }

    pub(crate) fn class_named(&self, name: &str) -> Option<usize> {
        self.classes.iter().position(|class| class.name == name)
    }

    /// The first class that names the VM; `None` where that is not known.
    #[expect(clippy::option_option, reason = "not known, known to have none, known")]
    fn class_of(&self, vm: &VmFacts<'_>) -> Option<Option<usize>> {
        for (at, class) in self.classes.iter().enumerate() {
            if class.select.names(vm)? {
                return Some(Some(at));
            }
        }
        Some(None)
    }
}

#[cfg(test)]
mod tests;
