//! Which cluster has which of the VMs that have entries: one number may be several VMs'.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use vm_autoscale_config::{Clusters, Placement, Roster, SchedulerConfig};
use vm_autoscale_proxmox::{ClusterName, VmId};

/// So many numbers are named in one note.
const NAMED: usize = 5;

/// What each cluster was seen to have; shared by all workers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Claims(Arc<Mutex<BTreeMap<ClusterName, Option<BTreeSet<VmId>>>>>);

impl Claims {
    /// None of them has been seen.
    pub(crate) fn new(clusters: &Clusters) -> Self {
        Self(Arc::new(Mutex::new(clusters.keys().map(|name| (name.clone(), None)).collect())))
    }

    /// What a cluster has, of what the file has entries for.
    pub(crate) fn post(&self, cluster: &ClusterName, vms: BTreeSet<VmId>) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.insert(cluster.clone(), Some(vms));
    }

    /// Why it is not known of which cluster's VM an entry speaks.
    pub(crate) fn doubt(&self, cluster: &ClusterName, vmid: VmId) -> Option<String> {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut others = seen.iter().filter(|(name, _)| *name != cluster);
        let doubt = |(name, vms): (&ClusterName, &Option<BTreeSet<VmId>>)| match vms {
            Some(vms) if vms.contains(&vmid) => Some(format!("`{cluster}` and `{name}`")),
            Some(_) => None,
            None => Some(format!("`{name}`, not seen yet, may have one, too")),
        };
        others.find_map(doubt).map(|which| {
            format!("which cluster's VM {vmid} is meant: {which}; say it with `proxmox_host`")
        })
    }

    /// What the file says of VMs that are not there.
    pub(crate) fn notes(&self, config: &SchedulerConfig, clusters: &Clusters) -> Vec<String> {
        let nowhere = config.misplaced(clusters).into_iter().map(|(vmid, host)| {
            let what = "no cluster or node of helper.yaml is called so";
            (vmid, format!("VM {vmid} has an entry with `proxmox_host: {host}`: {what}"))
        });
        let (lost, mut notes): (BTreeSet<VmId>, Vec<String>) = nowhere.unzip();
        let more = notes.len().saturating_sub(NAMED);
        notes.truncate(NAMED);
        notes.extend((more > 0).then(|| format!("and {more} more of this kind")));
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(all) = seen.values().map(Option::as_ref).collect::<Option<Vec<_>>>() else {
            return notes;
        };
        let entries = config.virtual_machines.iter().map(|vm| vm.vm_id);
        let absent: BTreeSet<VmId> =
            entries.filter(|vmid| !all.iter().any(|vms| vms.contains(vmid))).collect();
        let absent: BTreeSet<VmId> = absent.difference(&lost).copied().collect();
        let named: Vec<String> = absent.iter().take(NAMED).map(ToString::to_string).collect();
        if !named.is_empty() {
            let more = absent.len().saturating_sub(NAMED);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            notes.push(format!("entries without a VM in any cluster: {}{more}", named.join(", ")));
        }
        notes
    }
}

/// What the file wants of one cluster.
#[derive(Debug, Clone)]
pub(crate) struct Care {
    pub(crate) cluster: ClusterName,
    pub(crate) roster: Roster,
    pub(crate) claims: Claims,
}

impl Care {
    /// One for each cluster.
    pub(crate) fn of_all(config: &Arc<SchedulerConfig>, clusters: &Clusters) -> Vec<Self> {
        let claims = Claims::new(clusters);
        let of = |cluster: &ClusterName| Self {
            cluster: cluster.clone(),
            roster: Roster::new(config.clone(), cluster, clusters),
            claims: claims.clone(),
        };
        clusters.keys().map(of).collect()
    }

    /// Why it is not known whether an entry is this VM's.
    pub(crate) fn doubt(&self, vmid: VmId, placement: Placement) -> Option<String> {
        let of = |why: &str| Some(format!("whether the entry is meant for this VM {vmid}: {why}"));
        match placement {
            Placement::Sure => None,
            Placement::Shared => self.claims.doubt(&self.cluster, vmid),
            Placement::Twice => of("two name it"),
            Placement::Nowhere => of("its `proxmox_host` is no cluster and no node of helper.yaml"),
        }
    }
}
