//! What administrators ordered for single VMs, and how far it is.

use std::collections::BTreeMap;
use std::time::Duration;

use vm_autoscale_planner::{Moment, Move};
use vm_autoscale_proxmox::{Identity, VmId};

use super::Memory;
use crate::errand::{ErrandEnd, ErrandStatus};

mod ended;
mod next;
mod plan;
pub(in crate::worker) use ended::Heard;

/// So many are under way at a time, in a cluster, and so many are kept to be asked about.
const AT_ONCE: usize = 16;
const KEPT: usize = 64;
/// An order that gets nowhere for so long is given up, and any after so long.
const PATIENCE: Duration = Duration::from_secs(300);
const LONGEST: Duration = Duration::from_secs(3600);

/// The last one of each VM that had one.
#[derive(Debug, Default)]
pub(crate) struct Errands {
    all: BTreeMap<VmId, Errand>,
    last: u64,
}

#[derive(Debug)]
struct Errand {
    status: ErrandStatus,
    identity: Option<Identity>,
    begun: Moment,
    /// When it was further than before.
    progressed: Moment,
    /// Nothing is begun before.
    not_before: Moment,
    /// How often in a row the step for this goal did not come about.
    tries: u32,
    /// How far a step may go at most, where a rule of the helper's forbade more.
    reach: Option<u32>,
    /// Why nothing more is to be done.
    fatal: Option<String>,
    cancelled: Option<u32>,
    /// When the step under way began.
    stepped: Option<Moment>,
}

/// What is to be done now for one of them.
pub(in crate::worker) enum Next {
    Wait,
    Step(Move),
    End(ErrandEnd),
}

impl Memory {
    /// The last order of that VM.
    pub(crate) fn errand(&self, vmid: VmId) -> Option<&ErrandStatus> {
        self.errands.all.get(&vmid).map(|errand| &errand.status)
    }

    /// From now on it is carried out, and the planner leaves the VM alone.
    ///
    /// # Errors
    /// It cannot be begun, for this reason.
    pub(crate) fn begin_errand(
        &mut self,
        now: Moment,
        mut status: ErrandStatus,
    ) -> Result<ErrandStatus, String> {
        if let Some(waits) = &status.waits {
            return Err(format!("VM {}: {waits}: try again", status.vmid));
        }
        if !status.obstacles.is_empty() {
            return Err(format!("VM {}: {}", status.vmid, status.obstacles.join("; ")));
        }
        let errands = &mut self.errands;
        let working = errands.all.values().filter(|errand| errand.status.end.is_none()).count();
        if working >= AT_ONCE {
            return Err(format!("{working} orders are under way already: try again later"));
        }
        if errands.all.len() >= KEPT {
            errands.all.retain(|_, errand| errand.status.end.is_none());
        }
        errands.last = errands.last.saturating_add(1);
        status.number = errands.last;
        let vmid = status.vmid;
        tracing::info!(%vmid, uid = status.uid, number = status.number, "{} ordered", status.kind);
        self.planner.leave_to(vmid, Some(&status.told()));
        let identity = self.view.vms.get(&vmid).and_then(|vm| vm.identity.clone());
        let errand = Errand {
            status: status.clone(),
            identity,
            begun: now,
            progressed: now,
            not_before: now,
            tries: 0,
            reach: None,
            fatal: None,
            cancelled: None,
            stepped: None,
        };
        errands.all.insert(vmid, errand);
        Ok(status)
    }

    /// It ends as soon as what is under way has; how it stands by now. Nothing where there is none.
    pub(crate) fn cancel_errand(&mut self, vmid: VmId, uid: u32) -> Option<ErrandStatus> {
        let errand = self.errands.all.get_mut(&vmid)?;
        if errand.status.end.is_none() {
            errand.cancelled = errand.cancelled.or(Some(uid));
        }
        Some(errand.status.clone())
    }

    /// The VMs whose order has not ended.
    pub(in crate::worker) fn errands_at_work(&self) -> Vec<VmId> {
        let at_work = |errand: &Errand| errand.status.end.is_none();
        self.errands.all.iter().filter(|(_, it)| at_work(it)).map(|(vmid, _)| *vmid).collect()
    }

    /// A step of it begins: the order in words.
    pub(in crate::worker) fn errand_steps(
        &mut self,
        now: Moment,
        vmid: VmId,
    ) -> Option<ErrandStatus> {
        let errand = self.errands.all.get_mut(&vmid)?;
        errand.stepped = Some(now);
        errand.status.waits = None;
        Some(errand.status.clone())
    }

    /// It has ended; how it stood then.
    pub(in crate::worker) fn end_errand(
        &mut self,
        vmid: VmId,
        end: ErrandEnd,
        pause: Option<u64>,
    ) -> Option<ErrandStatus> {
        self.planner.leave_to(vmid, None);
        let errand = self.errands.all.get_mut(&vmid)?;
        (errand.status.pause, errand.status.waits) = (pause, None);
        errand.status.end = Some(end);
        Some(errand.status.clone())
    }
}
