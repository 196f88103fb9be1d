//! The configs that this helper has read itself, by digest: what a change is measured from.

use std::cell::RefCell;
use std::collections::HashMap;

use vm_autoscale_proxmox::{ClusterName, Digest, VmConfig, VmId};

/// The last config read of each VM that a rule names: as many as there are such VMs.
#[derive(Default)]
pub(crate) struct Seen(RefCell<HashMap<(ClusterName, VmId), (Digest, VmConfig)>>);

impl Seen {
    pub(crate) fn note(&self, cluster: &ClusterName, vmid: VmId, digest: Digest, config: VmConfig) {
        self.0.borrow_mut().insert((cluster.clone(), vmid), (digest, config));
    }

    pub(crate) fn forget(&self, cluster: &ClusterName, vmid: VmId) {
        self.0.borrow_mut().remove(&(cluster.clone(), vmid));
    }

    /// The config of that digest.
    pub(crate) fn get(
        &self,
        cluster: &ClusterName,
        vmid: VmId,
        digest: &Digest,
    ) -> Option<VmConfig> {
        let seen = self.0.borrow();
        let (known, config) = seen.get(&(cluster.clone(), vmid))?;
        (known == digest).then(|| config.clone())
    }
}
