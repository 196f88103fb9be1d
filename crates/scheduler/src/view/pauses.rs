//! Which VMs an administrator's order holds.

use vm_autoscale_config::VmFacts;
use vm_autoscale_proxmox::{ClusterName, NodeName, Tags, VmId};

use super::View;
use super::pools::PoolsRead;
use crate::Pause;

/// What a pause may name a VM by, as it was when a change of it was decided.
#[derive(Debug, Clone)]
pub(crate) struct Nameable {
    vmid: VmId,
    cluster: ClusterName,
    node: NodeName,
    described: Option<(Option<String>, Tags)>,
    /// Its own, if it is in one; nothing as long as the pools are not known.
    #[expect(clippy::option_option, reason = "not known, known to be in none, known")]
    pool: Option<Option<String>>,
}

impl View {
    /// Takes the pauses that hold: every VM that one of them names is left alone, and so is one
    /// of which that is not known.
    pub(crate) fn heed(&mut self, cluster: &ClusterName, pauses: &[Pause]) {
        self.pools_wanted = pauses.iter().any(|pause| pause.select.wants_pools());
        let holds: Vec<_> = if pauses.is_empty() {
            Vec::new()
        } else {
            let of = |vmid: &VmId| self.nameable(cluster, *vmid).and_then(|vm| vm.held_by(pauses));
            self.vms.keys().map(of).collect()
        };
        let mut holds = holds.into_iter();
        for vm in self.vms.values_mut() {
            vm.pause = holds.next().flatten();
        }
    }

    /// Nobody asks for the pools any more: what was read of them is not kept up to date.
    pub(crate) fn drop_pools(&mut self) {
        if self.pools.is_some() {
            self.put_pools(None);
            self.pools_read = PoolsRead::default();
        }
    }

    /// What a pause may name this VM by.
    pub(crate) fn nameable(&self, cluster: &ClusterName, vmid: VmId) -> Option<Nameable> {
        let vm = self.vms.get(&vmid)?;
        let config = vm.config.as_ref().map(|known| &known.config);
        let pool = self.pools.as_ref().map(|pools| pools.of(vmid).map(str::to_owned));
        Some(Nameable {
            vmid,
            cluster: cluster.clone(),
            node: vm.node.clone(),
            described: config.map(|config| (config.name.clone(), config.tags.clone())),
            pool,
        })
    }
}

impl Nameable {
    /// The same where a selection is asked.
    pub(crate) fn facts(&self) -> VmFacts<'_> {
        let described = self.described.as_ref();
        VmFacts {
            vmid: self.vmid,
            cluster: Some(&self.cluster),
            node: Some(&self.node),
            described: described.map(|(name, tags)| (name.as_deref(), tags)),
            pool: self.pool.as_ref().map(Option::as_deref),
        }
    }

    /// The first pause that names it, or may, as it is told.
    pub(crate) fn held_by(&self, pauses: &[Pause]) -> Option<String> {
        let facts = self.facts();
        pauses.iter().find_map(|pause| {
            let doubt = match pause.select.names(&facts) {
                Some(true) => "",
                Some(false) => return None,
                None => ", if it is meant: that is not known yet",
            };
            Some(format!("{} (pause {} by uid {}{doubt})", pause.reason, pause.number, pause.uid))
        })
    }
}

#[cfg(test)]
mod tests;
