//! The decisions of one cluster.

use std::collections::BTreeMap;
use std::time::Duration;

use vm_autoscale_proxmox::{NodeName, VmConfig, VmId};

use crate::account::{Account, Booked};
use crate::decision::{Choice, Decision, Move, Resource, Verdict};
use crate::host::{self, NodeBudget};
use crate::input::Nodes;
use crate::levers::CpuHas;
use crate::resource::Ended;
use crate::share::{Known, Share};
use crate::state::{State, Wanted};
use crate::{
    Allow, CpuRule, GuestAnswer, GuestKnown, Kept, Moment, Needed, Past, PlannerConfig, Reason,
    Room, Short, VmInput,
};

/// Where the file does not say how busy a node may be, the threshold rule keeps to what its users
/// know, in percent. Nothing else does: a node that is busy gives its VMs what it can whatever
/// their vCPUs, and fewer of them only waste what others leave.
const THRESHOLD_MOST_BUSY: f64 = 90.0;

/// A question costs a node as much as a change: most of a second of Perl.
const QUESTIONS_PER_NODE: usize = 2;
/// And as many in a cluster as are asked at once: who is not asked is not waited for.
pub const QUESTIONS: usize = 8;

/// What outlives a cycle: which samples were seen, and when what was changed.
#[derive(Debug)]
pub struct Planner {
    config: PlannerConfig,
    /// Each in a place of its own: a tree of them would be a third empty.
    vms: BTreeMap<VmId, Box<State>>,
    /// What happened before this is not known: nothing acts for a cooldown.
    started: Option<Moment>,
    /// Plans so far: the VMs take turns at being first.
    turn: usize,
    budgets: Vec<NodeBudget>,
    heard: Vec<Heard>,
    share: Share,
    order: Vec<usize>,
    /// So many of them want to grow: those come first.
    growing: usize,
    asking: Vec<Asking>,
    questions: Vec<VmId>,
}

/// Whose guest is to be asked, first those with less of everything: of what rank it is, since when
/// it waits, and which VM it is.
type Asking = ([bool; 2], (bool, Option<Moment>), usize);

/// What one VM's evidence asks for, and what its node makes of that.
#[derive(Debug)]
pub(crate) struct Heard {
    /// On vCPUs and on memory.
    pub(crate) wanted: [Wanted; 2],
    /// What it is refused of them.
    pub(crate) short: [Option<Short>; 2],
    pub(crate) account: Account,
}

impl Heard {
    fn of(
        now: Moment,
        vm: &VmInput<'_>,
        started: Option<Moment>,
        state: &mut State,
        budgets: &[NodeBudget],
    ) -> Self {
        let wanted = state.wishes(now, vm).map(|wanted| state.within_reach(now, wanted));
        let wanted = wanted.map(|wanted| held(now, vm, started, state, wanted));
        let account = state.booked.account(now, vm, place(vm, budgets));
        Self { wanted, short: [None; 2], account }
    }
}

impl Planner {
    /// A planner that knows nothing yet.
    #[must_use]
    pub fn new(config: PlannerConfig) -> Self {
        Self {
            config,
            vms: BTreeMap::new(),
            started: None,
            turn: 0,
            budgets: Vec::new(),
            heard: Vec::new(),
            share: Share::default(),
            order: Vec::new(),
            growing: 0,
            asking: Vec::new(),
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
        state.booked.ended(now, step, ended == Ended::Well);
        state.changed(now, step, ended);
    }

    /// Until then a change of ours may still show, of which it is not known whether it was made.
    pub fn expect(&mut self, vmid: VmId, step: Move, until: Moment) {
        let state = self.vms.entry(vmid).or_default();
        state.evidence.expect(step, until);
        state.booked.may_come(step, until);
    }

    /// A change of this resource could not be begun, though nothing speaks against it: it rests a
    /// little, longer each time, and burns no cooldown. How often in a row by now.
    pub fn refused(&mut self, vmid: VmId, resource: Resource, now: Moment) -> u32 {
        self.vms.entry(vmid).or_default().of(resource).refused(vmid, now)
    }

    /// A rule of the helper's refused it. A smaller step is tried soon where there is one; true
    /// then.
    pub fn refused_by_rule(&mut self, vmid: VmId, step: Move, now: Moment) -> bool {
        let state = self.vms.entry(vmid).or_default();
        let again = step.is_growth() && state.refused_by_rule(now, step);
        if again {
            state.booked.ended(now, step, false);
            state.of(step.resource()).refused(vmid, now);
        }
        again
    }

    /// Of which VMs the guest is to be asked what memory it needs, by the last plan: at most two on
    /// a node, and eight in all. What comes of it is [told](Self::told).
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

    /// What came of the last question to a VM's guest; nothing where none was asked.
    #[must_use]
    pub fn guest(&self, vmid: VmId, now: Moment) -> Option<GuestKnown> {
        self.vms.get(&vmid)?.guest.known(now)
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

    /// What a VM was seen to use before the start, which ends now by both clocks, in seconds by the
    /// one on the wall: what is seen since goes on from there.
    pub fn learn(&mut self, vmid: VmId, mut past: Past, now: Moment, wall: u64) {
        if let Some(state) = self.vms.get_mut(&vmid) {
            past.end(now, wall);
            state.past = Some(Box::new(past));
        }
    }

    /// What was held to be needed of a VM's vCPUs and memory from then until then; nothing where
    /// its rule does not go by that, or where it was not seen all the time.
    #[must_use]
    pub fn needed(&self, vmid: VmId, begin: Moment, end: Moment) -> [Option<Needed>; 2] {
        self.vms.get(&vmid).map_or([None; 2], |state| state.needed(begin, end))
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
        host::open(&mut self.budgets, &self.config, nodes);
        self.wish(now, vms);
        let known = Known { now, started: self.started, vms, states: &self.vms };
        self.share.out(&known, &mut self.budgets, &mut self.heard);
        self.queue();
        decisions.clear();
        decisions.extend(vms.iter().map(|vm| Decision::none(vm.vmid)));
        for index in &self.order {
            let (Some(vm), Some(heard), Some(decision)) =
                (vms.get(*index), self.heard.get_mut(*index), decisions.get_mut(*index))
            else {
                continue;
            };
            let Some(state) = self.vms.get_mut(&vm.vmid) else { continue };
            let budget = heard.account.node.and_then(|node| self.budgets.get_mut(node));
            *decision = hear(now, vm, state, &self.config, budget, heard);
        }
        self.question(now, vms);
    }

    /// Decides once more on VMs whose guests have answered, within what the last plan left of their
    /// nodes.
    pub fn plan_again(&mut self, now: Moment, vms: &[VmInput<'_>], decisions: &mut Vec<Decision>) {
        decisions.clear();
        for vm in vms {
            let Some(state) = self.vms.get_mut(&vm.vmid) else {
                decisions.push(Decision::none(vm.vmid));
                continue;
            };
            let mut heard = Heard::of(now, vm, self.started, state, &self.budgets);
            let [_, memory] = &mut heard.wanted;
            heard.short = [None, state.as_offered(now, memory)];
            let budget = heard.account.node.and_then(|node| self.budgets.get_mut(node));
            decisions.push(hear(now, vm, state, &self.config, budget, &mut heard));
        }
    }

    /// Whom to ask: who is watched after a shrink before the others, who grows before who shrinks,
    /// and of them who has waited longest.
    fn question(&mut self, now: Moment, vms: &[VmInput<'_>]) {
        self.questions.clear();
        self.asking.clear();
        for (place, index) in self.order.iter().enumerate() {
            let state = vms.get(*index).and_then(|vm| self.vms.get(&vm.vmid));
            if let Some(state) = state.filter(|state| state.guest.asks()) {
                let rank = [!state.guest.is_watched(), place >= self.growing];
                self.asking.push((rank, state.guest.turn(now), *index));
            }
        }
        self.asking.sort_unstable();
        let mut nodes = BTreeMap::<&NodeName, usize>::new();
        for vm in self.asking.iter().filter_map(|(.., index)| vms.get(*index)) {
            let of_node = nodes.entry(vm.node).or_default();
            if *of_node < QUESTIONS_PER_NODE && self.questions.len() < QUESTIONS {
                *of_node += 1;
                self.questions.push(vm.vmid);
            }
        }
        for vmid in &self.questions {
            if let Some(state) = self.vms.get_mut(vmid) {
                state.guest.asked(now);
            }
        }
    }

    /// The nodes in the last plan: what they have, and what was granted and refused on them.
    #[must_use]
    pub fn nodes(&self) -> &[NodeBudget] {
        &self.budgets
    }

    /// What is remembered of a VM.
    pub(crate) fn known(&self, vmid: VmId) -> Option<&State> {
        self.vms.get(&vmid).map(Box::as_ref)
    }

    /// When it was started, where that counts.
    pub(crate) fn began(&self) -> Option<Moment> {
        self.started
    }

    /// Whether a VM's guest said of late what memory it needs.
    #[must_use]
    pub fn is_heard(&self, vmid: VmId) -> bool {
        self.known(vmid).is_some_and(|state| state.guest.is_heard())
    }

    pub(crate) fn config(&self) -> &PlannerConfig {
        &self.config
    }

    /// What of its node a VM has, or may have by what was granted.
    pub(crate) fn account(&self, now: Moment, vm: &VmInput<'_>, budgets: &[NodeBudget]) -> Account {
        let node = place(vm, budgets);
        match self.vms.get(&vm.vmid) {
            Some(state) => state.booked.account(now, vm, node),
            None => Booked::default().account(now, vm, node),
        }
    }

    /// What a VM's CPU has, by what was learnt of it.
    pub(crate) fn cpu_has(&self, vm: &VmInput<'_>, config: &VmConfig) -> Result<CpuHas, Reason> {
        let lever = vm.policy.cpu_lever;
        match self.vms.get(&vm.vmid) {
            Some(state) => state.cpu_has(lever, config),
            None => State::default().cpu_has(lever, config),
        }
    }

    /// What each VM's evidence asks for, and what of its node it has.
    fn wish(&mut self, now: Moment, vms: &[VmInput<'_>]) {
        self.heard.clear();
        for vm in vms {
            let new = self.turn > 0;
            let state = self.vms.entry(vm.vmid).or_insert_with(|| Box::new(State::met(new)));
            let heard = Heard::of(now, vm, self.started, state, &self.budgets);
            let node = heard.account.node.and_then(|node| self.budgets.get_mut(node));
            if let Some(budget) = node {
                budget.count(&heard.account);
            }
            self.heard.push(heard);
        }
        // A VM that is out of sight for a while keeps its cooldowns.
        self.vms.retain(|_, state| state.is_kept(now));
    }

    /// In which order they are heard.
    fn queue(&mut self) {
        let (count, turn) = (self.heard.len(), self.turn);
        self.turn = turn.wrapping_add(1);
        self.order.clear();
        self.order.extend((0..count).map(|index| index.wrapping_add(turn) % count));
        let grows = |wish: &Wanted| wish.as_ref().is_ok_and(|(step, _)| step.is_growth());
        let heard = &self.heard;
        let grows = |index: &usize| heard.get(*index).is_some_and(|vm| vm.wanted.iter().any(grows));
        self.order.sort_by_key(|index| !grows(index));
        self.growing = self.order.partition_point(grows);
    }
}

/// Who may still forbid it, whatever the node has: the start, the cooldown, the last refusal.
fn held(
    now: Moment,
    vm: &VmInput<'_>,
    started: Option<Moment>,
    state: &State,
    wanted: Wanted,
) -> Wanted {
    let (step, reason) = wanted?;
    // What was taken in error is given back whatever rests, but for what keeps failing.
    if !matches!(reason, Reason::Undo(..)) || state.fails(step.resource()) {
        may_change(now, vm, started, state, step)?;
    }
    Ok((step, reason))
}

/// Whether such a change may be made by now.
pub(crate) fn may_change(
    now: Moment,
    vm: &VmInput<'_>,
    started: Option<Moment>,
    state: &State,
    step: Move,
) -> Result<(), Reason> {
    let held_until = started.map(|at| at.after(vm.policy.cooldown)).unwrap_or_default();
    if now < held_until {
        return Err(Reason::Started(held_until.since(now)));
    }
    if let Some(rests) = state.rests(now, step, vm.policy) {
        return Err(rests);
    }
    let retry_at = state.retry_at(step.resource());
    if now < retry_at {
        return Err(Reason::Retry(retry_at.since(now)));
    }
    Ok(())
}

/// Hears one VM's wishes; what is granted is counted.
fn hear(
    now: Moment,
    vm: &VmInput<'_>,
    state: &mut State,
    config: &PlannerConfig,
    budget: Option<&mut NodeBudget>,
    heard: &mut Heard,
) -> Decision {
    let decision = decide(now, vm, state, config, budget.as_deref(), heard);
    if decision.cpu.reason.is_wait() || decision.memory.reason.is_wait() {
        state.check_again();
    }
    if let (Some((step, _)), Some(budget)) = (decision.act(), budget) {
        budget.take(step, heard.account.more(step));
        state.booked.grant(now, step);
    }
    decision
}

/// What is decided on one VM.
fn decide(
    now: Moment,
    vm: &VmInput<'_>,
    state: &mut State,
    config: &PlannerConfig,
    budget: Option<&NodeBudget>,
    heard: &mut Heard,
) -> Decision {
    let most_busy = most_busy(config, vm);
    let account = heard.account;
    let mut choose = |wanted: &mut Wanted, short: Option<Short>| {
        let (step, reason) = std::mem::replace(wanted, Err(Reason::NotAsked))?;
        match budget {
            Some(budget) => budget.check(step, account.more(step), most_busy)?,
            None if step.is_growth() => return Err(Reason::NodeUnknown),
            None => {}
        }
        let room = budget.filter(|_| step.is_growth() && reason.is_by_own_use());
        let room = room.and_then(|budget| budget.free(step.resource()));
        let room = room.map(|(_, limit, stock)| Room { limit, stock });
        let allowed = vm.policy.allow.allows(step);
        let (step, reason) = state.by_guest(now, vm, (step, reason, short), allowed)?;
        Ok(Choice { verdict: verdict(vm.policy.allow, step), reason, short, room })
    };
    let [cpu_wanted, memory_wanted] = &mut heard.wanted;
    let [cpu_short, memory_short] = heard.short;
    let cpu = choose(cpu_wanted, cpu_short).unwrap_or_else(Choice::hold);
    let memory = choose(memory_wanted, memory_short).unwrap_or_else(Choice::hold);
    one_at_a_time(vm.vmid, cpu, memory)
}

/// From where on its node is too busy for a VM to get more vCPUs, in percent, if that matters.
pub(crate) fn most_busy(config: &PlannerConfig, vm: &VmInput<'_>) -> Option<f64> {
    let threshold = matches!(vm.policy.cpu, Some(CpuRule::Threshold(_)));
    config.max_host_cpu.or(threshold.then_some(THRESHOLD_MOST_BUSY))
}

/// Which of the nodes a VM is on.
fn place(vm: &VmInput<'_>, budgets: &[NodeBudget]) -> Option<usize> {
    budgets.binary_search_by(|budget| budget.node.cmp(vm.node)).ok()
}

/// What the mode makes of it.
fn verdict(allow: Allow, step: Move) -> Verdict {
    if allow.allows(step) { Verdict::Act(step) } else { Verdict::Recommend(step) }
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

mod orders;

#[cfg(test)]
mod tests;
