//! The decisions of one cluster.

use std::collections::BTreeMap;
use std::time::Duration;

use vm_autoscale_proxmox::{NodeName, VmId};

use crate::decision::{Choice, Decision, Move, Resource, Verdict};
use crate::host::Room;
use crate::input::Nodes;
use crate::resource::Ended;
use crate::state::{State, Wanted};
use crate::{Allow, GuestAnswer, Kept, Moment, PlannerConfig, Reason, VmInput};

/// What a DIMM takes of the node shows in the node's use only when the guest touches it: so long
/// a grant is counted beside it.
const GRANT_COUNTS: Duration = Duration::from_secs(300);

/// A question costs a node as much as a change: most of a second of Perl.
const QUESTIONS_PER_NODE: usize = 2;

/// What outlives a cycle: which samples were seen, and when what was changed.
#[derive(Debug)]
pub struct Planner {
    config: PlannerConfig,
    /// Each in a place of its own: a tree of them would be a third empty.
    vms: BTreeMap<VmId, Box<State>>,
    /// What happened before this is not known: nothing acts for a cooldown.
    started: Option<Moment>,
    /// Memory growth of late, in MiB.
    grants: Vec<(NodeName, Moment, f64)>,
    /// Plans so far: the VMs take turns at being first.
    turn: usize,
    wishes: Vec<[Wanted; 2]>,
    order: Vec<usize>,
    questions: Vec<VmId>,
}

impl Planner {
    /// A planner that knows nothing yet.
    #[must_use]
    pub fn new(config: PlannerConfig) -> Self {
        Self {
            config,
            vms: BTreeMap::new(),
            started: None,
            grants: Vec::new(),
            turn: 0,
            wishes: Vec::new(),
            order: Vec::new(),
            questions: Vec::new(),
        }
    }

    /// The cluster's part of the configuration is another one.
    pub fn configure(&mut self, config: PlannerConfig) {
        self.config = config;
    }

    /// After a start of ours or of the helper's: on no VM anything acts before its cooldown.
    pub fn started(&mut self, now: Moment) {
        self.started = Some(now);
    }

    /// A change of ours has ended, as asked for or not.
    pub fn changed(&mut self, vmid: VmId, step: Move, succeeded: bool, now: Moment) {
        let ended = if succeeded { Ended::Well } else { Ended::Badly };
        self.end(vmid, step, ended, now);
    }

    /// The same of a change that ended exactly where the last sample did, at `now`: the next one is
    /// all of the size since. Replays know that; of a real node nobody does, see
    /// [`Planner::changed`].
    pub fn landed(&mut self, vmid: VmId, step: Move, succeeded: bool, now: Moment) {
        let known = self.vms.get(&vmid).is_some_and(|state| state.evidence.across_change);
        self.changed(vmid, step, succeeded, now);
        if let Some(state) = self.vms.get_mut(&vmid) {
            state.evidence.across_change = known;
        }
    }

    /// A change of ours has ended because the guest kept what was to be unplugged. It may be
    /// given more all the same.
    pub fn unplug_refused(&mut self, vmid: VmId, step: Move, now: Moment) {
        let qemu = self.vms.get(&vmid).and_then(|state| state.evidence.qemu_since());
        self.end(vmid, step, Ended::Kept(qemu), now);
    }

    fn end(&mut self, vmid: VmId, step: Move, ended: Ended, now: Moment) {
        let state = self.vms.entry(vmid).or_default();
        state.evidence.expect(step, now);
        state.forget_low();
        state.changed(now, step, ended);
    }

    /// Until then a change of ours may still show, of which it is not known whether it was made.
    pub fn expect(&mut self, vmid: VmId, step: Move, until: Moment) {
        self.vms.entry(vmid).or_default().evidence.expect(step, until);
    }

    /// A change of this resource could not be begun, though nothing speaks against it: it rests a
    /// little, longer each time, and burns no cooldown. How often in a row by now.
    pub fn refused(&mut self, vmid: VmId, resource: Resource, now: Moment) -> u32 {
        self.vms.entry(vmid).or_default().of(resource).refused(vmid, now)
    }

    /// Of which VMs the guest is to be asked what memory it needs, by the last plan: at most two on
    /// a node. What comes of it is [told](Self::told).
    #[must_use]
    pub fn questions(&self) -> &[VmId] {
        &self.questions
    }

    /// What a guest said of its memory, or that it says nothing.
    pub fn told(&mut self, vmid: VmId, now: Moment, answer: GuestAnswer) {
        if let Some(state) = self.vms.get_mut(&vmid) {
            state.told(now, answer);
        }
    }

    /// How old a VM's last new sample is.
    #[must_use]
    pub fn sample_age(&self, vmid: VmId, now: Moment) -> Option<Duration> {
        self.vms.get(&vmid)?.evidence.age(now)
    }

    /// Another VM has the number, or will have: what is remembered of the old one does not hold
    /// for it.
    pub fn forget(&mut self, vmid: VmId) {
        self.vms.remove(&vmid);
    }

    /// What is to be known of a VM after a restart; nothing where nothing is remembered of it.
    #[must_use]
    pub fn keep(&self, vmid: VmId) -> Option<Kept> {
        let kept = self.vms.get(&vmid)?.keep();
        Some(Kept { started: self.started, ..kept })
    }

    /// A VM is met again after a restart, soon after it was seen the last time or not.
    pub fn again(&mut self, vmid: VmId, kept: &Kept, now: Moment, soon: bool) {
        self.started = self.started.max(kept.started);
        self.vms.insert(vmid, Box::new(State::again(now, kept, soon)));
    }

    /// Decides on every VM, in the order given, into `decisions`. Who grows comes before who
    /// shrinks, and within each the VMs take turns.
    pub fn plan(
        &mut self,
        now: Moment,
        vms: &[VmInput<'_>],
        nodes: &Nodes,
        decisions: &mut Vec<Decision>,
    ) {
        self.wish(now, vms);
        decisions.clear();
        decisions.extend(vms.iter().map(|vm| Decision::none(vm.vmid)));
        let config = self.config;
        self.grants.retain(|(_, at, _)| now.since(*at) < GRANT_COUNTS);
        let mut room = Room::new(&config, nodes, &self.grants);
        let mut granted = Vec::new();
        for index in &self.order {
            let (Some(vm), Some(wishes), Some(decision)) =
                (vms.get(*index), self.wishes.get_mut(*index), decisions.get_mut(*index))
            else {
                continue;
            };
            let Some(state) = self.vms.get_mut(&vm.vmid) else { continue };
            *decision = decide(now, vm, self.started, &room, state, wishes);
            if let Some((step, _)) = decision.act() {
                granted.extend(room.grant(vm.node, step).map(|mib| (vm.node.clone(), now, mib)));
            }
        }
        self.grants.extend(granted);
        self.question(now, vms);
    }

    /// Whom to ask: who is watched after a shrink before the others, who grows before who shrinks.
    fn question(&mut self, now: Moment, vms: &[VmInput<'_>]) {
        self.questions.clear();
        let mut nodes = BTreeMap::<&NodeName, usize>::new();
        for first in [true, false] {
            for vm in self.order.iter().filter_map(|index| vms.get(*index)) {
                let Some(state) = self.vms.get_mut(&vm.vmid) else { continue };
                if !state.guest.asks() || state.guest.is_watched() != first {
                    continue;
                }
                let of_node = nodes.entry(vm.node).or_default();
                if *of_node < QUESTIONS_PER_NODE {
                    *of_node += 1;
                    state.guest.asked(now);
                    self.questions.push(vm.vmid);
                }
            }
        }
    }

    /// What each VM's evidence asks for, and in which order they are heard.
    fn wish(&mut self, now: Moment, vms: &[VmInput<'_>]) {
        self.wishes.clear();
        for vm in vms {
            let new = self.turn > 0;
            let state = self.vms.entry(vm.vmid).or_insert_with(|| Box::new(State::met(new)));
            self.wishes.push(state.wishes(now, vm));
        }
        let (count, turn) = (vms.len(), self.turn);
        self.turn = turn.wrapping_add(1);
        self.order.clear();
        self.order.extend((0..count).map(|index| index.wrapping_add(turn) % count));
        let grows = |wish: &Wanted| wish.as_ref().is_ok_and(|(step, _)| step.is_growth());
        let wishes = &self.wishes;
        self.order
            .sort_by_key(|index| !wishes.get(*index).is_some_and(|both| both.iter().any(grows)));
        // A VM that is out of sight for a while keeps its cooldowns.
        self.vms.retain(|_, state| state.is_kept(now));
    }
}

/// Hears one VM's wishes.
fn decide(
    now: Moment,
    vm: &VmInput<'_>,
    started: Option<Moment>,
    room: &Room<'_>,
    state: &mut State,
    wishes: &mut [Wanted; 2],
) -> Decision {
    let [cpu, memory] =
        wishes.each_mut().map(|wish| match std::mem::replace(wish, Err(Reason::NotAsked)) {
            Ok((step, reason)) => finish(now, vm, started, room, state, step, reason),
            Err(reason) => Choice::hold(reason),
        });
    let decision = one_at_a_time(vm.vmid, cpu, memory);
    if decision.cpu.reason.is_wait() || decision.memory.reason.is_wait() {
        state.check_again();
    }
    decision
}

/// Who may still forbid it: the start, the cooldown, the node, the mode.
fn finish(
    now: Moment,
    vm: &VmInput<'_>,
    started: Option<Moment>,
    room: &Room<'_>,
    state: &mut State,
    step: Move,
    reason: Reason,
) -> Choice {
    let cooldown = vm.policy.cooldown;
    let undoes = matches!(reason, Reason::Undo(..));
    let held_until = started.map(|at| at.after(cooldown)).unwrap_or_default();
    if now < held_until && !undoes {
        return Choice::hold(Reason::Started(held_until.since(now)));
    }
    let failing = state.fails(step.resource());
    if let Some(rests) = state.rests(now, step, vm.policy).filter(|_| !undoes || failing) {
        return Choice::hold(rests);
    }
    let retry_at = state.retry_at(step.resource());
    if now < retry_at {
        return Choice::hold(Reason::Retry(retry_at.since(now)));
    }
    if let Err(reason) = room.check(vm.node, step) {
        return Choice::hold(reason);
    }
    let allowed = match vm.policy.allow {
        Allow::Nothing => false,
        Allow::Growth => step.is_growth(),
        Allow::Everything => true,
    };
    match state.by_guest(now, vm, (step, reason), allowed) {
        Ok((step, reason)) if allowed => Choice { verdict: Verdict::Act(step), reason },
        Ok((step, reason)) => Choice { verdict: Verdict::Recommend(step), reason },
        Err(reason) => Choice::hold(reason),
    }
}

/// Of two changes the one that gives memory back comes first, then the one that adds, then vCPUs;
/// the other waits for a later cycle.
fn one_at_a_time(vmid: VmId, mut cpu: Choice, mut memory: Choice) -> Decision {
    if let (Some(cpu_step), Some(memory_step)) = (cpu.act(), memory.act()) {
        let undoes = matches!(memory.reason, Reason::Undo(..));
        let memory_first = undoes || memory_step.is_growth() && !cpu_step.is_growth();
        let waits = if memory_first { &mut cpu } else { &mut memory };
        *waits = Choice::hold(Reason::OneAtATime);
    }
    Decision { vmid, cpu, memory }
}

#[cfg(test)]
mod tests;
