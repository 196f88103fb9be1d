//! Why a VM is as it is, by the workers that decide on it.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use vm_autoscale_protocol::Reply;
use vm_autoscale_proxmox::{ClusterName, VmId};

use super::client::call;
use super::orders::{read, reply};
use super::{Board, Desk, meant};
use crate::explain::{Explained, explain};
use crate::{Clock, Error, Event, Journal};

pub(super) const EXPLAIN: &str = "io.github.vm-autoscale.Scheduler.Explain";

/// So many of its last changes are told.
const CHANGES: usize = 3;

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
    let mut explained = desk.board.explain(order).await;
    let is_meant = |event: &Event| {
        event.vmid == order.vmid && explained.vms.iter().any(|vm| vm.cluster == event.cluster)
    };
    let mut changes: Vec<Event> = desk.journal.recent().into_iter().filter(is_meant).collect();
    let old = changes.len().saturating_sub(CHANGES);
    explained.changes = changes.split_off(old);
    explained
}

impl Board {
    /// Why a VM is as it is, by each cluster's worker that can be asked; its changes are the
    /// journal's to tell.
    pub async fn explain(&self, order: &ExplainOrder) -> Explained {
        let hosts = self.hosts();
        let (mut there, mut absent, mut silent) = (Vec::new(), Vec::new(), Vec::new());
        for cluster in meant(order.cluster.as_ref(), &hosts) {
            let vmid = order.vmid;
            match self.ask(cluster, move |inside| explain(inside, vmid)).await {
                Ok((told, true)) => there.push(told),
                Ok((told, false)) => absent.push(told),
                Err(why) => silent.push(why.to_string()),
            }
        }
        let vms = if there.is_empty() { absent } else { there };
        Explained { vms, silent, hosts, changes: Vec::new() }
    }
}
