//! What administrators ordered for single VMs, a step a look.

use vm_autoscale_config::Selection;
use vm_autoscale_planner::{GuestAnswer, Move};
use vm_autoscale_protocol::{Executed, Request, RunningQuery};
use vm_autoscale_proxmox::{
    VmConfig, VmId, parse_guest_stats, parse_guest_vcpus, parse_hotpluggable_cpus,
    parse_memory_size_summary,
};

use super::Worker;
use super::begin::{Done, Finished, begin, is_full};
use super::memory::{Heard, Memory, Next};
use super::questions::ask;
use crate::act::{Settled, argv, carry_out};
use crate::control::MAX_PAUSES;
use crate::errand::{ErrandEnd, ErrandKind, taken};
use crate::{Clock, Helper, Intent, Journal, Outcome, Pause};

/// A step of an order has ended.
pub(super) struct Stepped {
    pub(super) id: Option<u64>,
    pub(super) intent: Intent,
    pub(super) settled: Settled,
    pub(super) heard: Heard,
}

impl<C: Clock, H: Helper, J: Journal> Worker<C, H, J> {
    /// Goes on with each.
    pub(super) async fn errands(&self, memory: &mut Memory, done: &Done) {
        for vmid in memory.errands_at_work() {
            match memory.errand_next(self.clock.now(), vmid) {
                Next::Wait => {}
                Next::Step(step) => self.errand_step(memory, vmid, step, done),
                Next::End(end) => self.errand_end(memory, vmid, end).await,
            }
        }
    }

    fn errand_step(&self, memory: &mut Memory, vmid: VmId, step: Move, done: &Done) {
        let Some(vm) = memory.view.vms.get(&vmid) else { return };
        if is_full(&memory.in_flight, &vm.node) {
            return;
        }
        let Some(order) = memory.errand_steps(self.clock.now(), vmid) else { return };
        let Some(vm) = memory.view.vms.get(&vmid) else { return };
        let Some(known) = vm.current() else { return };
        let intent = self.intent(vmid, vm, step, order.told());
        let (clock, helper, journal) = self.ports();
        let (digest, config) = (known.digest.clone(), known.config.clone());
        let sampled = vm.sample.map(|sample| sample.ctime);
        let held = self.held(memory.view.nameable(&self.care.cluster, vmid));
        begin(&mut memory.in_flight, done, &intent.clone(), async move {
            let ports = (&clock, &helper, &journal);
            if let Some(why) = needed((&clock, &helper), &intent, &config, sampled).await {
                let heard = Heard { is_needed: true, ..Heard::default() };
                let settled =
                    Settled { outcome: Outcome::NotSent(why), reverted: false, duty: false };
                return Finished::Stepped(Box::new(Stepped { id: None, intent, settled, heard }));
            }
            let argv = argv(&intent, &digest);
            let (id, settled, _) = carry_out(ports, &intent, digest, held).await;
            let (qemu, guest) = match order.kind {
                ErrandKind::Selftest => has(&helper, &intent, &config).await,
                ErrandKind::Restore => (None, None),
            };
            let heard = Heard { argv, is_needed: false, qemu, guest };
            Finished::Stepped(Box::new(Stepped { id, intent, settled, heard }))
        });
    }

    /// What was restored, or was tried to, is not scaled again at once: it is paused before the
    /// planner has it back.
    async fn errand_end(&self, memory: &mut Memory, vmid: VmId, end: ErrandEnd) {
        let Some(order) = memory.errand(vmid) else { return };
        let is_paused = memory.view.vms.get(&vmid).is_none_or(|vm| vm.pause.is_some());
        let pauses = order.kind == ErrandKind::Restore && order.has_touched() && !is_paused;
        let ordered = (order.told(), order.uid);
        let (pause, end) = match (pauses, end) {
            (false, end) | (_, end @ ErrandEnd::Cancelled { .. }) => (None, end),
            (true, end) => match self.pause_restored(vmid, ordered.1).await {
                Ok(number) => (Some(number), end),
                Err(why) => {
                    let why = format!("it is not paused, and may be scaled again: {why}");
                    (None, ErrandEnd::Stopped { why })
                }
            },
        };
        tracing::info!(%vmid, pause, "{}: {end:?}", ordered.0);
        memory.end_errand(vmid, end, pause);
    }

    async fn pause_restored(&self, vmid: VmId, uid: u32) -> Result<u64, String> {
        if self.journal.pauses(self.clock.now()).len() >= MAX_PAUSES {
            return Err(format!("{MAX_PAUSES} pauses hold already"));
        }
        let select = Selection::of_words([format!("{}/{vmid}", self.care.cluster).as_str()])?;
        let (reason, at) = ("restored".to_owned(), self.clock.wall());
        let pause = Pause { number: 0, select, reason, uid, at, until: None };
        let pause = self.journal.pause(pause).await.map_err(|error| error.to_string())?;
        Ok(pause.number)
    }

    /// A step of an order has ended: it counts as every change does.
    pub(super) fn errand_stepped(&self, memory: &mut Memory, stepped: Stepped) {
        let (now, at) = (self.clock.now(), self.clock.wall());
        let Stepped { id, intent, settled, heard } = stepped;
        memory.errand_stepped(now, &intent, &settled, heard);
        if memory.ended(now, at, &intent, (id, &settled)) {
            self.notifier.change(&intent, &settled);
        }
    }
}

/// Why the guest cannot do without the memory that is to be taken, if it is memory.
async fn needed<C: Clock, H: Helper>(
    (clock, helper): (&C, &H),
    intent: &Intent,
    config: &VmConfig,
    sampled: Option<u64>,
) -> Option<String> {
    let taken = taken(intent.step, config)?;
    let asked = read(intent, RunningQuery::GuestMemory);
    let answer = ask(clock, helper, &asked, intent.vmid).await;
    answer.unwrap_or(GuestAnswer::Silent).forbids(taken, sampled)
}

/// What QEMU and the guest have of it, each where it says so.
async fn has<H: Helper>(
    helper: &H,
    intent: &Intent,
    config: &VmConfig,
) -> (Option<u32>, Option<u32>) {
    let said = async |query| {
        let answer: Executed = helper.execute(&read(intent, query)).await.ok()?;
        (answer.exit == 0).then_some(answer.stdout)
    };
    match intent.step {
        Move::Cpu { .. } | Move::CpuLimit { .. } => {
            let qemu = said(RunningQuery::Vcpus).await;
            let guest = if config.agent { said(RunningQuery::GuestVcpus).await } else { None };
            (
                qemu.and_then(|text| parse_hotpluggable_cpus(&text).ok()).map(u32::from),
                guest.and_then(|text| parse_guest_vcpus(&text).ok()).map(u32::from),
            )
        }
        Move::Memory { .. } | Move::Balloon { .. } => {
            let qemu = said(RunningQuery::Memory).await;
            let guest = said(RunningQuery::GuestMemory).await;
            (
                qemu.and_then(|text| parse_memory_size_summary(&text).ok()),
                guest.and_then(|text| parse_guest_stats(&text).ok()?.total),
            )
        }
    }
}

fn read(intent: &Intent, query: RunningQuery) -> Request {
    let Intent { cluster, node, vmid, .. } = intent;
    Request::ReadRunning { cluster: cluster.clone(), node: node.clone(), vmid: *vmid, query }
}
