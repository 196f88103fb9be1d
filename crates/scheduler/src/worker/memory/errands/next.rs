//! What is to be done for an order by now.

use vm_autoscale_planner::{Moment, Move, Planner, Reason};
use vm_autoscale_proxmox::{Identity, VmConfig, VmId};

use super::{Errand, LONGEST, Next, PATIENCE};
use crate::errand::{ErrandEnd, GoalEnd, first_step, is_there, onward};
use crate::worker::Memory;

impl Memory {
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
        // What was ordered was ordered for the sizes that it had.
        if self.planner.is_changed_by_others(vmid, errand.begun) {
            return stopped("somebody else changed its size meanwhile".to_owned());
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
            None if vm.running.is_none() => Err("whether it runs is not known".to_owned()),
            None => Ok(None),
            Some(Reason::ConfigUnknown) => Err("its config is read anew".to_owned()),
            Some(Reason::Pending(_)) if is_ours => Err("a value of ours is cleared".to_owned()),
            Some(why) => Ok(Some(why.to_string())),
        }
    }

    /// What keeps the whole cluster from being changed, and whether somebody wanted it so.
    pub(super) fn stands(&self) -> Option<(bool, String)> {
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
    fn next_goal(&mut self, config: &VmConfig) -> Option<(Move, Move)> {
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
    pub(super) fn miss(&mut self, why: String) {
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
