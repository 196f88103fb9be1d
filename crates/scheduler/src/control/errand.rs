//! Orders to bring one VM to given sizes: what one would do, its beginning, how far it is, its end.

use std::path::Path;

use serde_json::Value;
use tokio::sync::Semaphore;
use vm_autoscale_protocol::Reply;
use vm_autoscale_proxmox::{ClusterName, VmId};

use super::ask::NotAnswered;
use super::client::call;
use super::orders::{Refused, permitted, read, reply};
use super::{Board, CANCEL_ERRAND, Desk, ERRAND, GET_ERRAND};
use crate::journal::{Moved, moved};
use crate::{Clock, ErrandAsk, ErrandKind, ErrandOrder, ErrandStatus, Error, Journal, Pause};

/// One at a time reads the journal's file for this: a disk that hangs takes one thread.
static READING: Semaphore = Semaphore::const_new(1);

/// Shows what it would do, or begins it.
pub(super) async fn order<C: Clock, J: Journal>(
    desk: &Desk<C, J>,
    uid: u32,
    parameters: Option<Value>,
) -> Reply {
    reply(take(desk, uid, parameters).await)
}

/// How far the last one of a VM is.
pub(super) async fn get<C, J>(desk: &Desk<C, J>, parameters: Option<Value>) -> Reply {
    reply(last(desk, parameters, None).await)
}

/// Ends the last one of a VM.
pub(super) async fn cancel<C, J>(desk: &Desk<C, J>, uid: u32, parameters: Option<Value>) -> Reply {
    let cancelled = async {
        permitted(desk, uid).await?;
        last(desk, parameters, Some(uid)).await
    };
    reply(cancelled.await)
}

async fn take<C: Clock, J: Journal>(
    desk: &Desk<C, J>,
    uid: u32,
    parameters: Option<Value>,
) -> Result<ErrandStatus, Refused> {
    let ErrandOrder { kind, vmid, cluster, begin } = read(parameters)?;
    if begin {
        permitted(desk, uid).await?;
    }
    let cluster = place(&desk.board, vmid, cluster).await?;
    let moved = match kind {
        ErrandKind::Restore => sizes_before(&desk.board).await?,
        ErrandKind::Selftest => Vec::new(),
    };
    let pauses = desk.journal.pauses(desk.clock.now());
    let order = (kind, begin, uid);
    desk.board.errand((&cluster, vmid), order, moved, pauses).await.map_err(Refused::NotDone)
}

impl Board {
    /// Has a cluster's worker show what an order would do, or begin it; `moved` is what our changes
    /// moved by the journal, `pauses` those that hold. Who orders it was asked for before.
    ///
    /// # Errors
    /// It cannot be begun, or the worker does not answer.
    pub async fn errand(
        &self,
        (cluster, vmid): (&ClusterName, VmId),
        (kind, begin, uid): (ErrandKind, bool, u32),
        moved: Vec<Moved>,
        pauses: Vec<Pause>,
    ) -> Result<ErrandStatus, String> {
        let its = cluster.clone();
        let asked = self.ask(cluster, move |inside| {
            let memory = &mut *inside.memory;
            // One that was answered since the last look stands against it, too.
            memory.view.heed(&its, &pauses);
            let status = memory.plan_errand((&its, vmid), kind, &moved, (uid, inside.wall))?;
            if begin { memory.begin_errand(inside.now, status) } else { Ok(status) }
        });
        asked.await.map_err(|error| error.to_string())?
    }
}

async fn last<C, J>(
    desk: &Desk<C, J>,
    parameters: Option<Value>,
    uid: Option<u32>,
) -> Result<ErrandStatus, Refused> {
    let ErrandAsk { vmid, cluster } = read(parameters)?;
    let cluster = place(&desk.board, vmid, cluster).await?;
    let asked = desk.board.ask(&cluster, move |inside| match uid {
        Some(uid) => inside.memory.cancel_errand(vmid, uid),
        None => inside.memory.errand(vmid).cloned(),
    });
    let none = || {
        format!(
            "no order for VM {vmid} is known: none was given since the daemon's start, and one that it did not end it does not resume\n  help: vm-autoscale restore {vmid}"
        )
    };
    asked.await?.ok_or_else(|| Refused::NotDone(none()))
}

/// The cluster whose VM it is.
async fn place(
    board: &Board,
    vmid: VmId,
    named: Option<ClusterName>,
) -> Result<ClusterName, Refused> {
    if let Some(named) = named {
        return Ok(named);
    }
    let (mut found, mut busy) = (Vec::new(), None);
    for cluster in board.hosts().into_keys() {
        let has = board.ask(&cluster, move |inside| {
            inside.memory.view.vms.get(&vmid).is_some_and(|vm| vm.held.is_some())
        });
        match has.await {
            Ok(true) => found.push(cluster),
            Ok(false) => {}
            Err(error) => busy = Some(error),
        }
    }
    match (found.as_slice(), busy) {
        ([one], None) => Ok(one.clone()),
        (_, Some(error)) => Err(error.into()),
        ([], None) => Err(Refused::NotDone(format!(
            "VM {vmid} is not looked after\n  help: vm-autoscale config show --effective --vm {vmid}"
        ))),
        (several, None) => {
            let names: Vec<&str> = several.iter().map(ClusterName::as_str).collect();
            let names = names.join(", ");
            Err(Refused::NotDone(format!(
                "several clusters have a VM {vmid}: say --cluster, one of {names}"
            )))
        }
    }
}

/// What our changes moved, by the journal's file.
async fn sizes_before(board: &Board) -> Result<Vec<Moved>, Refused> {
    let Some(running) = board.running() else { return Ok(Vec::new()) };
    let path = running.config.journal.path.clone();
    // It is never closed.
    let turn = READING.acquire().await;
    let reading = tokio::task::spawn_blocking(move || {
        let moved = moved(&path);
        drop(turn);
        moved
    });
    let read = reading.await.map_err(|error| Refused::NotDone(error.to_string()))?;
    Ok(read?)
}

impl From<NotAnswered> for Refused {
    fn from(error: NotAnswered) -> Self {
        Self::NotDone(error.to_string())
    }
}

/// Has a running daemon show what such an order would do, or begin it.
///
/// # Errors
/// There is none, it does not answer, or it does not do so.
pub async fn order_errand(path: &Path, order: &ErrandOrder) -> Result<ErrandStatus, Error> {
    call(path, ERRAND, Some(order)).await
}

/// Asks how far the last order for a VM is.
///
/// # Errors
/// There is none, or the daemon does not answer.
pub async fn fetch_errand(path: &Path, ask: &ErrandAsk) -> Result<ErrandStatus, Error> {
    call(path, GET_ERRAND, Some(ask)).await
}

/// Takes the last order for a VM back; what is under way goes on to its end.
///
/// # Errors
/// There is none, the daemon does not answer, or it does not do so.
pub async fn cancel_errand(path: &Path, ask: &ErrandAsk) -> Result<ErrandStatus, Error> {
    call(path, CANCEL_ERRAND, Some(ask)).await
}
