//! What holds for one VM: its facts are the daemon's, or said on the command line.

use serde_json::{Value, json};
use vm_autoscale_config::{Answer, Clusters, Effective, Managed, Roster, SchedulerConfig, VmFacts};
use vm_autoscale_proxmox::{ClusterName, NodeName, Tags, VmId};
use vm_autoscale_scheduler::{ClusterStatus, VmStatus, fetch_status};

use super::Read;
use crate::args::Show;
use crate::{Error, wait};

/// One VM of that number, and the answer.
pub(super) struct Found {
    vmid: VmId,
    facts: String,
    answer: Answer,
}

/// All VMs of that number.
pub(super) fn find(
    config: &SchedulerConfig,
    vmid: VmId,
    wanted: &Show,
) -> Result<Vec<Found>, Error> {
    if wanted.says_facts() {
        return Ok(vec![said(config, vmid, wanted)]);
    }
    // Without a daemon the number alone must do.
    let Ok(report) = wait(fetch_status(&config.control_socket))? else {
        return Ok(vec![said(config, vmid, wanted)]);
    };
    let of = |cluster: &ClusterStatus| {
        let vm = cluster.vms.iter().find(|vm| vm.vmid == vmid)?;
        let is_meant = wanted.cluster.as_ref().is_none_or(|name| *name == cluster.name);
        is_meant.then(|| told(config, &report.hosts, cluster, vm))
    };
    let found: Vec<Found> = report.clusters.iter().filter_map(of).collect();
    if found.is_empty() { Ok(vec![said(config, vmid, wanted)]) } else { Ok(found) }
}

/// By what the daemon tells of it.
fn told(
    config: &SchedulerConfig,
    hosts: &Clusters,
    cluster: &ClusterStatus,
    vm: &VmStatus,
) -> Found {
    let roster = Roster::new(config.clone().into(), &cluster.name, hosts);
    let pool = vm.pool.as_ref().map_or_else(String::new, |pool| format!(", pool {pool}"));
    let tags = match vm.tags.as_slice() {
        [] => String::new(),
        tags => format!(", tags {}", tags.join(" ")),
    };
    let name = vm.name.as_deref().unwrap_or("without a name");
    let facts = format!("{name}, cluster {}, node {}{tags}{pool}", cluster.name, vm.node);
    Found { vmid: vm.vmid, facts, answer: answer(&roster, cluster, vm) }
}

/// What a roster says of a VM that a daemon looks after.
pub(crate) fn answer(roster: &Roster, cluster: &ClusterStatus, vm: &VmStatus) -> Answer {
    let tags = vm.tags.join(";").parse().unwrap_or_default();
    // A daemon whose file does not ask for the pools has not read them.
    let is_known = cluster.pools_known || vm.pool.is_some() || !roster.config().wants_pools();
    let pool = is_known.then_some(vm.pool.as_deref());
    // Without its config neither is known.
    let described = vm.memory.map(|_| (vm.name.as_deref(), &tags));
    roster.answer(&VmFacts { vmid: vm.vmid, cluster: None, node: Some(&vm.node), described, pool })
}

/// By what the command line says; what it does not say is not known.
fn said(config: &SchedulerConfig, vmid: VmId, wanted: &Show) -> Found {
    let of_entry = config.virtual_machines.iter().find(|vm| vm.vm_id == vmid);
    let host = of_entry.and_then(|vm| vm.proxmox_host.as_deref()).unwrap_or("any");
    let cluster = wanted.cluster.clone().or_else(|| ClusterName::try_from(host).ok());
    let facts = "as the command line describes it".to_owned();
    let Some(cluster) = cluster else {
        return Found { vmid, facts, answer: Answer::Unknown };
    };
    // An entry's host is the cluster, or one of its nodes: without a daemon nobody knows which.
    let nodes = wanted.node.clone().into_iter().chain(NodeName::try_from(host).ok()).collect();
    let clusters = [(cluster.clone(), nodes)].into();
    let tags = wanted.tags.as_ref().map(|tags| tags.parse::<Tags>().unwrap_or_default());
    let described = tags.as_ref().map(|tags| (wanted.name.as_deref(), tags));
    let pool = wanted.pool.as_deref().map(Some);
    let pool = if config.wants_pools() { pool } else { Some(pool.flatten()) };
    let roster = Roster::new(config.clone().into(), &cluster, &clusters);
    let answer = roster.answer(&VmFacts {
        vmid,
        cluster: None,
        node: wanted.node.as_ref(),
        described,
        pool,
    });
    Found { vmid, facts, answer }
}

impl Found {
    fn managed(&self) -> Option<&Managed> {
        if let Answer::Yes(managed) = &self.answer { Some(managed) } else { None }
    }

    /// What is said above the values.
    pub(super) fn words(&self, config: &SchedulerConfig) -> String {
        const UNKNOWN: &str = "not known whether it is looked after: that hangs on its tags, its \
                               name, node or pool (say --tags, --name, --node, --pool; or ask \
                               where the daemon runs)";
        let what = match &self.answer {
            Answer::No => "not looked after".to_owned(),
            Answer::Unknown => UNKNOWN.to_owned(),
            Answer::Yes(managed) => match config.class_name(managed) {
                Some(class) => format!("looked after, class {class}"),
                None => "looked after".to_owned(),
            },
        };
        format!("VM {} ({}): {what}", self.vmid, self.facts)
    }

    /// What holds, where it is looked after.
    pub(super) fn values(&self, read: &Read) -> Option<Vec<Effective<String>>> {
        read.values(&self.answer)
    }

    pub(super) fn json(&self, read: &Read) -> Value {
        let looked_after = match self.answer {
            Answer::No => Some(false),
            Answer::Unknown => None,
            Answer::Yes(_) => Some(true),
        };
        let class = self.managed().and_then(|managed| read.config.class_name(managed));
        let values = self.values(read);
        json!({"vmid": self.vmid, "looked_after": looked_after, "class": class, "values": values})
    }
}
