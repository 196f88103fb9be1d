//! Why a VM is as it is, by the workers that decide on it.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use vm_autoscale_protocol::Reply;
use vm_autoscale_proxmox::{ClusterName, VmId};

use super::Desk;
use super::client::call;
use super::orders::{read, reply};
use crate::explain::{Explained, explain};
use crate::{Clock, Error, Journal};

pub(super) const EXPLAIN: &str = "io.github.vm-autoscale.Scheduler.Explain";

/// Of which VM.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExplainOrder {
    /// Its number.
    pub vmid: VmId,
    /// Where; in every cluster where nothing is said.
    #[serde(default)]
    pub cluster: Option<ClusterName>,
}

/// Asks a running daemon why it does what it does to a VM, and why nothing else.
///
/// # Errors
/// There is none, or it does not answer.
pub async fn fetch_explanation(path: &Path, order: &ExplainOrder) -> Result<Explained, Error> {
    call(path, EXPLAIN, Some(order)).await
}

pub(super) async fn answer<C: Clock, J: Journal>(
    desk: &Desk<C, J>,
    parameters: Option<Value>,
) -> Reply {
    match read::<ExplainOrder>(parameters) {
        Ok(order) => reply(Ok(explained(desk, &order).await)),
        Err(refused) => reply::<Explained>(Err(refused)),
    }
}

async fn explained<C: Clock, J: Journal>(desk: &Desk<C, J>, order: &ExplainOrder) -> Explained {
    let hosts = desk.board.hosts();
    let asked = order.cluster.iter().chain(hosts.keys().filter(|_| order.cluster.is_none()));
    let (mut there, mut absent, mut silent) = (Vec::new(), Vec::new(), Vec::new());
    for cluster in asked {
        let vmid = order.vmid;
        match desk.board.ask(cluster, move |inside| explain(inside, vmid)).await {
            Ok((told, true)) => there.push(told),
            Ok((told, false)) => absent.push(told),
            Err(why) => silent.push(why.to_string()),
        }
    }
    let vms = if there.is_empty() { absent } else { there };
    Explained { vms, silent, hosts }
}
