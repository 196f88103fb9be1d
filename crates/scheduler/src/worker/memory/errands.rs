//! What administrators ordered for single VMs, and how far it is.

use std::collections::BTreeMap;
use std::time::Duration;

use vm_autoscale_planner::{Moment, Move, Planner, Reason};
use vm_autoscale_proxmox::{Identity, VmId};

use super::Memory;
use crate::errand::{ErrandEnd, ErrandStatus, GoalEnd, first_step, is_there, onward};

mod ended;
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

    /// What is to be done for an order now.
    pub(in crate::worker) fn errand_next(&mut self, now: Moment, vmid: VmId) -> Next {
        let waits = match self.errand_step(now, vmid) {
            Ok(next) => return next,
            Err(waits) => waits,
        };
        let Some(errand) = self.errands.all.get_mut(&vmid) else { return Next::Wait };
        let late = now.since(errand.progressed) >= PATIENCE || now.since(errand.begun) >= LONGEST;
        if late && errand.stepped.is_none() {
            return Next::End(ErrandEnd::Stopped { why: format!("waited too long: {waits}") });
        }
        errand.status.waits = Some(waits);
        Next::Wait
    }

    /// A step or an end, or what is waited for.
    fn errand_step(&mut self, now: Moment, vmid: VmId) -> Result<Next, String> {
        let Some(errand) = self.errands.all.get(&vmid) else { return Ok(Next::Wait) };
        if self.in_flight.contains_key(&vmid) {
            return Err("a change is under way".to_owned());
        }
        if let Some(end) = errand.forced() {
            return Ok(Next::End(end));
        }
        let stopped = |why: String| Ok(Next::End(ErrandEnd::Stopped { why }));
        if let Some(why) = self.errand_stands(vmid, errand.identity.as_ref())? {
            return stopped(why);
        }
        let config = self.view.vms.get(&vmid).and_then(|vm| vm.current());
        let config = config.ok_or("its config is not known")?.config.clone();
        let Some(errand) = self.errands.all.get_mut(&vmid) else { return Ok(Next::Wait) };
        let Some((goal, way)) = errand.next_goal(&config) else {
            return Ok(Next::End(errand.verdict()));
        };
        if now < errand.not_before {
            return Err(errand.status.waits.clone().unwrap_or_default());
        }
        let Some(step) = first_step(way, errand.reach) else {
            return stopped(format!("{goal}: no step leads there"));
        };
        let inputs = self.view.vm_inputs(&self.in_flight);
        let Some(vm) = inputs.iter().find(|vm| vm.vmid == vmid) else { return Ok(Next::Wait) };
        match self.planner.admit(now, vm, step) {
            Ok(()) => Ok(Next::Step(step)),
            Err(full @ Reason::NodeFull(_)) => {
                errand.miss(full.to_string());
                Err(full.to_string())
            }
            Err(waits) => Err(waits.to_string()),
        }
    }

    /// Why nothing more is to be done to the VM.
    ///
    /// # Errors
    /// Only for now, for that reason.
    fn errand_stands(
        &self,
        vmid: VmId,
        identity: Option<&Identity>,
    ) -> Result<Option<String>, String> {
        if let Some((for_good, why)) = self.stands() {
            return if for_good { Ok(Some(why)) } else { Err(why) };
        }
        if !self.view.is_still(vmid, identity) {
            return Ok(Some("the VM is in no list any more, or another one".to_owned()));
        }
        let inputs = self.view.vm_inputs(&self.in_flight);
        let Some(vm) = inputs.iter().find(|vm| vm.vmid == vmid) else {
            return Ok(Some("it is not looked after any more".to_owned()));
        };
        if let Some(why) = vm.quarantine.iter().flatten().next() {
            return Ok(Some(format!("quarantined: {why}")));
        }
        let is_ours = self.records.get(&vmid).is_some_and(|record| record.duty.is_some());
        match Planner::obstacle(vm) {
            None => Ok(None),
            Some(Reason::ConfigUnknown) => Err("its config is read anew".to_owned()),
            Some(Reason::Pending(_)) if is_ours => Err("a value of ours is cleared".to_owned()),
            Some(why) => Ok(Some(why.to_string())),
        }
    }

    /// What keeps the whole cluster from being changed, and whether somebody wanted it so.
    fn stands(&self) -> Option<(bool, String)> {
        let now = |why: &str| Some((false, why.to_owned()));
        if let Some(why) = &self.view.pause {
            return Some((true, format!("paused by /etc/pve/vm-autoscale.pause: {why}")));
        }
        if let Some(problem) = self.problem.as_ref().or(self.journal.as_ref()) {
            return now(problem);
        }
        if !self.recalled {
            return now("what was before the start is not known yet");
        }
        if !self.view.quorate {
            return now("the cluster has no quorum");
        }
        None
    }
}

impl Errand {
    /// The end that does not depend on the VM.
    fn forced(&self) -> Option<ErrandEnd> {
        let cancelled = self.cancelled.map(|uid| ErrandEnd::Cancelled { uid });
        let fatal = || self.fatal.clone().map(|why| ErrandEnd::Stopped { why });
        cancelled.or_else(fatal)
    }

    /// The first goal that is not reached and was not given up, and the way from here.
    fn next_goal(&mut self, config: &vm_autoscale_proxmox::VmConfig) -> Option<(Move, Move)> {
        while let Some(goal) = self.status.goal() {
            match onward(goal.way, config) {
                Some(way) if !is_there(way) => return Some((goal.way, way)),
                Some(_) => goal.end = Some(GoalEnd::Reached),
                None => {
                    goal.end = Some(GoalEnd::Missed);
                    goal.why = Some("what it has cannot be told from its config".to_owned());
                }
            }
            (self.tries, self.reach) = (0, None);
        }
        None
    }

    /// The goal that is being gone for is given up; the next one may be reached all the same.
    fn miss(&mut self, why: String) {
        if let Some(goal) = self.status.goal() {
            (goal.end, goal.why) = (Some(GoalEnd::Missed), Some(why));
        }
        (self.tries, self.reach) = (0, None);
    }

    /// After the last goal.
    fn verdict(&self) -> ErrandEnd {
        let missed = self.status.goals.iter().find(|goal| goal.end == Some(GoalEnd::Missed));
        missed.map_or(ErrandEnd::Done, |goal| {
            let why = goal.why.as_deref().unwrap_or("not reached");
            ErrandEnd::Stopped { why: format!("{}: {why}", goal.way) }
        })
    }
}
