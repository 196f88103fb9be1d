//! What a cycle adds to the journal.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use vm_autoscale_planner::{Choice, MemoryRule, Moment, Resource, Stock, Verdict};
use vm_autoscale_proxmox::{ClusterName, VmId};

use super::{Memory, record_of};
use crate::journal::{Decided, Notes, Samples, Standing, VmRecord};
use crate::status::{Seen, told};

/// For when the daemon is down; 5,000 VMs are about 3 MiB.
const PICTURE: Duration = Duration::from_secs(300);
/// So many decisions wait for the journal; the oldest go first.
const UNSAID: usize = 10_000;
/// So many of them, and of VMs that are met, are given to it at once: it is nothing to need much
/// memory for.
const AT_ONCE: usize = 400;

/// What the journal was given.
pub(in crate::worker) struct Taken {
    vms: Vec<VmId>,
    ended: Vec<u64>,
    decisions: usize,
    samples: Vec<Arc<Samples>>,
}

impl Taken {
    pub(in crate::worker) fn of(notes: &Notes) -> Self {
        let vms = notes.vms.iter().map(|(vmid, _)| *vmid).collect();
        let (ended, samples) = (notes.ended.clone(), notes.samples.clone());
        Self { vms, ended, decisions: notes.decisions.len(), samples }
    }
}

impl Memory {
    /// Takes the decisions of a cycle; those that are other ones than before.
    pub(in crate::worker) fn decided(&mut self, at: u64) -> Vec<Decided> {
        // What was seen last may be another VM.
        self.forget_strangers();
        let new = self.stand(at);
        self.unsaid.extend(new.iter().cloned());
        let over = self.unsaid.len().saturating_sub(UNSAID);
        self.unsaid.drain(..over);
        new
    }

    /// What is other than the journal has it.
    pub(in crate::worker) fn notes(&mut self, cluster: &ClusterName, now: Moment) -> Notes {
        let decisions = self.unsaid.iter().take(AT_ONCE).cloned().collect();
        self.refresh();
        let mut vms = self.changed();
        let lost = self.saved.keys().filter(|vmid| !self.records.contains_key(vmid));
        vms.extend(lost.map(|vmid| (*vmid, None)));
        let (ended, samples) = (self.ended.clone(), self.usage.waiting());
        Notes { cluster: cluster.clone(), now, decisions, vms, ended, picture: None, samples }
    }

    /// What is remembered otherwise than the journal has it. VMs that are met are many at the start:
    /// those wait their turn, unless something happened to them.
    fn changed(&self) -> Vec<(VmId, Option<Arc<VmRecord>>)> {
        let (mut vms, mut met) = (Vec::new(), 0);
        for (vmid, record) in &self.records {
            match self.saved.get(vmid) {
                Some(saved) if Arc::ptr_eq(saved, record) || saved == record => continue,
                None if record.last.is_none() && met >= AT_ONCE => continue,
                None => met += 1,
                Some(_) => {}
            }
            vms.push((*vmid, Some(record.clone())));
        }
        vms
    }

    /// Whether it is time for the whole picture: not while there is enough else to note.
    pub(in crate::worker) fn wants_picture(&self, now: Moment) -> bool {
        let is_time = self.pictured.is_none_or(|at| now.since(at) >= PICTURE);
        is_time && self.saved.len() >= self.records.len()
    }

    /// The journal has taken these.
    pub(in crate::worker) fn noted(&mut self, taken: Taken) {
        let Taken { vms, ended, decisions, samples } = taken;
        self.usage.noted(&samples);
        self.ended.retain(|id| !ended.contains(id));
        self.unsaid.drain(..decisions.min(self.unsaid.len()));
        for vmid in vms {
            match self.records.get(&vmid) {
                Some(record) => self.saved.insert(vmid, record.clone()),
                None => self.saved.remove(&vmid),
            };
        }
    }

    /// What the planner and the view know by now.
    fn refresh(&mut self) {
        for (vmid, vm) in &self.view.vms {
            let Some(planner) = self.planner.keep(*vmid) else { continue };
            let known = self.records.get(vmid);
            // Most are as they were, and stay shared with the journal.
            if known.is_none_or(|is| is.planner != planner || is.identity != vm.identity) {
                let record = record_of(&mut self.records, *vmid);
                record.planner = planner;
                record.identity.clone_from(&vm.identity);
            }
        }
    }

    /// Decisions that are other ones than before. A moment in which nothing can be decided leaves
    /// what was decided before.
    fn stand(&mut self, at: u64) -> Vec<Decided> {
        let mut changed = Vec::new();
        for decision in &self.decisions {
            for (choice, resource) in
                [(&decision.cpu, Resource::Cpu), (&decision.memory, Resource::Memory)]
            {
                let kind = kind(choice);
                let known = self.records.get(&decision.vmid);
                let stands = known.is_some_and(|is| is.standing(resource).kind == kind);
                if choice.reason.is_passing() {
                    continue;
                }
                let was_blocked = block(&mut self.blocked, (decision.vmid, resource), choice);
                if stands {
                    continue;
                }
                let (text, kind) = (told(choice), kind.into_owned());
                let node = self.view.vms.get(&decision.vmid).map(|vm| vm.node.as_str());
                log((decision.vmid, node, resource), choice, was_blocked, (&kind, &text));
                let record = record_of(&mut self.records, decision.vmid);
                *record.standing_mut(resource) = Standing { kind: kind.clone(), since: at };
                changed.push(Decided { vmid: decision.vmid, resource, kind, text });
            }
        }
        changed
    }
}

/// Notes whether something keeps it from being looked after; whether something did.
fn block(
    blocked: &mut BTreeSet<(VmId, Resource)>,
    what: (VmId, Resource),
    choice: &Choice,
) -> bool {
    if choice.reason.is_block() { !blocked.insert(what) } else { blocked.remove(&what) }
}

/// A line where somebody may have to do something, or has not any more. What is done has lines of
/// its own, and what is as it should be, or waits, has none.
fn log(
    (vmid, node, resource): (VmId, Option<&str>, Resource),
    choice: &Choice,
    was_blocked: bool,
    (kind, text): (&str, &str),
) {
    if choice.reason.is_block() {
        tracing::info!(%vmid, node, ?resource, kind, "{text}");
    } else if was_blocked {
        tracing::info!(%vmid, node, ?resource, kind, "nothing keeps it any more: {text}");
    } else if let Verdict::Recommend(_) = choice.verdict {
        tracing::info!(%vmid, node, ?resource, kind, "{text}");
    } else {
        tracing::debug!(%vmid, node, ?resource, kind, "{text}");
    }
}

fn kind(choice: &Choice) -> Cow<'static, str> {
    let verdict = match choice.verdict {
        Verdict::Hold => return choice.reason.kind().into(),
        Verdict::Recommend(_) => "would",
        Verdict::Act(_) => "does",
    };
    format!("{verdict}: {}", choice.reason.kind()).into()
}

/// Puts what planner and records know into what was seen.
pub(in crate::worker) fn complete(seen: &mut Seen, memory: &Memory, now: Moment) {
    let budgets = memory.planner.nodes();
    for node in &mut seen.cluster.nodes {
        let Some(budget) = budgets.iter().find(|budget| budget.node == node.name) else { continue };
        let of = |stock: Stock| (stock.taken, stock.of);
        (node.memory_budget, node.vcpus_budget) = (budget.committed.map(of), budget.vcpus.map(of));
    }
    for vm in &mut seen.vms {
        let vmid = vm.vmid();
        vm.sample_age = memory.planner.sample_age(vmid, now).map(|age| age.as_secs());
        vm.is_heard = heeds(memory, vmid) && memory.planner.is_heard(vmid);
        vm.is_under_way = memory.in_flight.contains_key(&vmid);
        vm.record = memory.records.get(&vmid).cloned();
    }
}

/// Marks go by Proxmox's figure, whatever the guest says after a shrink.
fn heeds(memory: &Memory, vmid: VmId) -> bool {
    let policy = memory.view.vms.get(&vmid).and_then(|vm| vm.policy());
    policy.is_some_and(|policy| matches!(policy.memory, Some(MemoryRule::Adaptive(_))))
}
