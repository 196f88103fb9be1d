//! The sizes in the configs that this helper has read itself, by digest: what a change is measured
//! from.

use std::cell::RefCell;
use std::collections::HashMap;

use vm_autoscale_node::{ClusterName, Digest, MemoryMib, VmConfig, VmId};

/// What a change is measured from; of a config nothing else is kept.
#[derive(Debug, Clone, Copy)]
pub struct Sizes {
    /// Plugged vCPUs; `None` where the config leaves that open.
    pub vcpus: Option<u32>,
    /// As the config has it.
    pub memory: MemoryMib,
}

/// Of each VM that a rule names the last: as many as there are such VMs.
#[derive(Default)]
pub struct Seen(RefCell<HashMap<ClusterName, OfCluster>>);

type OfCluster = HashMap<VmId, (Digest, Sizes)>;

impl Seen {
    /// That config was read.
    pub fn note(&self, cluster: &ClusterName, vmid: VmId, digest: Digest, config: &VmConfig) {
        let vcpus = config.plugged_vcpus().ok().map(u32::from);
        let sizes = Sizes { vcpus, memory: config.memory };
        let mut seen = self.0.borrow_mut();
        seen.entry(cluster.clone()).or_default().insert(vmid, (digest, sizes));
    }

    /// There is none, or none that can be read.
    pub fn forget(&self, cluster: &ClusterName, vmid: VmId) {
        if let Some(vms) = self.0.borrow_mut().get_mut(cluster) {
            vms.remove(&vmid);
        }
    }

    /// The sizes in the config of that digest.
    pub fn get(&self, cluster: &ClusterName, vmid: VmId, digest: &Digest) -> Option<Sizes> {
        let seen = self.0.borrow();
        let (known, sizes) = seen.get(cluster)?.get(&vmid)?;
        (known == digest).then_some(*sizes)
    }
}
