//! `ha/manager_status` as the cluster resource manager writes it.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use vm_autoscale_proxmox::{NodeName, VmId};

use crate::cluster::Cluster;

/// What high availability says.
#[derive(Debug, Default)]
pub(crate) struct Ha {
    /// The services it manages.
    pub(crate) states: BTreeMap<VmId, Service>,
    /// A whole file that stands in for all that.
    pub(crate) text: Option<String>,
}

/// One managed VM.
#[derive(Debug)]
pub(crate) struct Service {
    /// `started`, `migrate`, `error` …
    pub(crate) state: String,
    /// Where it is to go.
    pub(crate) target: Option<NodeName>,
}

/// The file; absent where nothing is managed.
pub(crate) fn manager_status(cluster: &Cluster, now: f64) -> Option<String> {
    let Ha { states, text } = &cluster.ha;
    if text.is_some() || states.is_empty() {
        return text.clone();
    }
    let up = cluster.nodes.iter().find(|(_, node)| node.up);
    let node_status = cluster.nodes.iter().map(|(name, node)| {
        (name.to_string(), Value::from(if node.up { "online" } else { "unknown" }))
    });
    let services = states.iter().filter_map(|(vmid, service)| {
        let node = &cluster.vms.get(vmid)?.node;
        let mut status = json!({"node": node, "state": service.state, "uid": format!("u{vmid}")});
        if let (Some(target), Some(status)) = (&service.target, status.as_object_mut()) {
            status.insert("target".into(), target.as_str().into());
        }
        Some((format!("vm:{vmid}"), status))
    });
    let status = json!({
        "master_node": up.map(|(name, _)| name),
        "node_status": node_status.collect::<serde_json::Map<_, _>>(),
        "service_status": services.collect::<serde_json::Map<_, _>>(),
        "timestamp": cluster.clock(now),
    });
    Some(format!("{status}\n"))
}
