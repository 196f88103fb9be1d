//! One cluster, cycle by cycle. Slow changes never hold up the next look.

use std::time::Duration;

use tokio::sync::{mpsc, watch};
use vm_autoscale_config::SchedulerConfig;
use vm_autoscale_planner::{Moment, PlannerConfig};
use vm_autoscale_proxmox::VmId;

use crate::claims::Care;
use crate::control::{Board, Inside, Question};
use crate::notify::Notifier;
use crate::observe::observe;
use crate::status::Seen;
use crate::view::{FRESH, View};
use crate::{Clock, Helper, Journal};

mod begin;
mod errands;
mod holds;
mod learn;
mod memory;
mod questions;
mod usage;
use begin::{Done, Finished};
pub(crate) use holds::DRAIN;
use holds::leave;
pub(crate) use memory::Memory;
use memory::{Taken, complete};

/// What a worker works with.
pub(crate) struct Worker<C, H, J> {
    pub(crate) care: Care,
    /// Another one, where the configuration is read anew.
    pub(crate) cares: watch::Receiver<Order>,
    pub(crate) clock: C,
    pub(crate) helper: H,
    pub(crate) journal: J,
    pub(crate) board: Board,
    pub(crate) notifier: Notifier,
    /// Turns true when nothing new is to be begun.
    pub(crate) stop: watch::Receiver<bool>,
}

/// What a worker goes by from one cycle on, all of it at once.
#[derive(Clone)]
pub(crate) struct Order {
    pub(crate) care: Care,
    pub(crate) notifier: Notifier,
}

/// The planner's part of the file.
#[must_use]
pub fn planner_config(config: &SchedulerConfig) -> PlannerConfig {
    PlannerConfig {
        max_host_cpu: config.host_limits.max_host_cpu_percent,
        max_host_memory: config.host_limits.max_host_ram_percent,
        memory_reserve: config.host_limits.memory_reserve_percent,
        memory_overcommit: config.host_limits.memory_overcommit,
        cpu_overcommit: config.host_limits.cpu_overcommit,
    }
}

impl<C: Clock, H: Helper, J: Journal> Worker<C, H, J> {
    /// Works until `stop` says so, then waits for what is under way.
    pub(crate) async fn run(mut self) {
        let mut stop = self.stop.clone();
        let config = self.care.roster.config().clone();
        let mut memory = Memory::new(planner_config(&config), self.helper.generation());
        let (done, mut finished) = mpsc::unbounded_channel();
        let mut questions = self.board.listen(&self.care.cluster);
        loop {
            let begun = self.clock.now();
            self.take_over(&mut memory);
            self.turn(&mut memory);
            self.board.begin(&self.care.cluster);
            let interval = self.care.roster.config().observe_interval;
            let interval = Duration::from_secs(interval.into());
            tokio::select! {
                () = self.cycle(&mut memory, begun, &done) => {}
                // Nothing is changed within a look, so that it can be left at any point.
                _ = stop.changed() => return self.drain(&mut memory, &mut finished).await,
            }
            self.tell(&mut memory, begun);
            self.publish(&mut memory, begun);
            let next = begun.after(interval);
            loop {
                tokio::select! {
                    Some(end) = finished.recv() => {
                        if let Some(vmid) = self.note(&mut memory, end) {
                            self.decide_now(&mut memory, vmid, &done);
                        }
                    }
                    Some(question) = questions.recv() => self.answer(&mut memory, question),
                    () = self.clock.sleep_until(next) => break,
                    _ = stop.changed() => return self.drain(&mut memory, &mut finished).await,
                }
            }
        }
    }

    /// Between two steps, so that what is told is whole.
    fn answer(&self, memory: &mut Memory, question: Question) {
        let (now, wall) = (self.clock.now(), self.clock.wall());
        question(&mut Inside { care: &self.care, memory, now, wall });
    }

    /// What a configuration that was read anew says holds from this cycle on, for all VMs at once.
    fn take_over(&mut self, memory: &mut Memory) {
        // Who sends it ends last.
        if !self.cares.has_changed().unwrap_or(false) {
            return;
        }
        let Order { care, notifier } = self.cares.borrow_and_update().clone();
        (self.care, self.notifier) = (care, notifier);
        memory.planner.configure(planner_config(self.care.roster.config()));
        memory.view.unsettle(|_| true);
    }

    /// What the schedules say at this time holds from this cycle on.
    fn turn(&mut self, memory: &mut Memory) {
        let turned = self.care.roster.turn(self.clock.wall());
        for said in &turned.said {
            tracing::info!(cluster = %self.care.cluster, "{said}");
        }
        if !turned.said.is_empty() {
            memory.view.unsettle(|vm| vm.is_some_and(|managed| turned.concerns(managed)));
        }
    }

    /// Observe, plan, act.
    async fn cycle(&self, memory: &mut Memory, begun: Moment, done: &Done) {
        if !memory.recalled {
            match self.journal.recall(&self.care.cluster).await {
                Ok(recalled) => memory.recall(begun, recalled),
                Err(error) => memory.journal = Some(error.to_string()),
            }
        }
        // Before the look for whether it has to read the pools, after it for what it found.
        memory.view.heed(&self.care.cluster, &self.journal.pauses(begun));
        let Memory { view, in_flight, .. } = memory;
        let seen = observe(&self.clock, &self.helper, &self.care, view, in_flight).await;
        // What was measured before so long a look says nothing of now; its configs do.
        let old = self.clock.now().since(begun) > FRESH;
        let problem = seen.err().map(|blind| blind.told());
        if problem.is_some() || old {
            memory.view.blind();
        }
        self.note_problem(memory, problem);
        memory.looks += 1;
        let now = self.clock.now();
        let generation = self.helper.generation();
        if generation != memory.generation {
            // Another helper: it has read no config yet, and what the last one did is not known.
            let first = std::mem::replace(&mut memory.generation, generation) == 0;
            if !first {
                memory.planner.started(now);
                tracing::warn!(cluster = %self.care.cluster, "the helper was started anew: nothing acts before one cooldown");
                memory.view.forget_configs();
            }
        }
        memory.forget_strangers();
        memory.view.heed(&self.care.cluster, &self.journal.pauses(now));
        let suspects = memory.suspects(now);
        let Memory { planner, view, decisions, in_flight, .. } = memory;
        let nodes = view.node_inputs(now, in_flight);
        // By the beginning: a look that took less than the one before would else come too early
        // for its check.
        planner.plan(begun, &view.vm_inputs(in_flight), &nodes, decisions);
        memory.tally(begun, self.clock.wall());
        if memory.recalled {
            self.keep(memory, begun).await;
        }
        self.learn(memory, done);
        self.act(memory, suspects, done);
        self.errands(memory, done).await;
    }

    /// Gives the journal what is new. Only when it takes that, anything is begun.
    async fn keep(&self, memory: &mut Memory, now: Moment) {
        // Once each, also while the journal takes nothing.
        let decided = memory.decided(self.clock.wall());
        self.board.count(|tally| {
            for decided in &decided {
                tally.decided(&self.care.cluster, decided);
            }
        });
        for decided in decided.iter().filter(|decided| decided.is_by_others()) {
            self.notifier.others(&self.care.cluster, decided.vmid, &decided.text);
        }
        let mut notes = memory.notes(&self.care.cluster, now);
        let taken = Taken::of(&notes);
        if memory.wants_picture(now) {
            notes.picture = Some(self.seen(memory, now).status());
        }
        let pictured = notes.picture.is_some();
        let kept = self.journal.keep(notes).await;
        if kept.is_ok() {
            memory.noted(taken);
            memory.pictured = if pictured { Some(now) } else { memory.pictured };
        }
        // The journal itself says in the log what is wrong with it.
        memory.journal = kept.err().map(|error| error.to_string());
    }

    /// Told once, and once when it is over.
    fn note_problem(&self, memory: &mut Memory, problem: Option<String>) {
        if memory.problem == problem {
            return;
        }
        if let Some(problem) = &problem {
            tracing::error!(cluster = %self.care.cluster, "{problem}");
        } else {
            tracing::info!(cluster = %self.care.cluster, "seen again");
        }
        memory.problem = problem;
    }

    /// Takes what has ended; the VM whose guest said something.
    fn note(&self, memory: &mut Memory, finished: Finished) -> Option<VmId> {
        let (now, at) = (self.clock.now(), self.clock.wall());
        match finished {
            Finished::Changed { id, intent, settled } => {
                let (resource, outcome) = (intent.step.resource(), settled.outcome.kind());
                self.board.count(|tally| tally.acted(&intent.cluster, resource, outcome));
                if memory.ended(now, at, &intent, (id, &settled)) {
                    self.notifier.change(&intent, &settled);
                }
                let last = memory.records.get(&intent.vmid).and_then(|record| record.last.as_ref());
                if let Some(last) = last {
                    self.board.changed(&self.care.cluster, intent.vmid, last);
                }
            }
            Finished::Heard { vmid, agent } => {
                if let Some(vm) = memory.view.vms.get_mut(&vmid) {
                    vm.agent = Some((agent, at));
                }
            }
            Finished::Stepped(stepped) => self.errand_stepped(memory, *stepped),
            Finished::Cleared(vmid) => memory.free(vmid),
            Finished::Compared { suspect, sizes } => memory.found(now, at, suspect, sizes),
            Finished::Learnt(taught) => memory.learnt(now, at, taught),
            Finished::Said { question, answer } => {
                return memory.said(now, &question, answer).then_some(question.vmid);
            }
        }
        None
    }

    /// What is so after a look: it is told when it was otherwise before.
    fn tell(&self, memory: &mut Memory, begun: Moment) {
        let now = self.clock.now();
        self.notifier.pauses(&self.journal.pauses(now));
        for (of, why) in memory.stuck(now) {
            self.notifier.stuck(&self.care.cluster, of, why.as_deref());
        }
        let Memory { view, problem, journal, .. } = &*memory;
        self.notifier.cluster(&self.care.cluster, problem.as_deref());
        self.notifier.journal(&self.care.cluster, journal.as_deref());
        for (vmid, why) in memory.confined() {
            self.notifier.quarantine(&self.care.cluster, vmid, why);
        }
        if problem.is_none() {
            self.notifier.pause_file(&self.care.cluster, view.pause.as_deref());
            for node in view.nodes.keys().chain(&view.offline) {
                self.notifier.node(&self.care.cluster, node, !view.offline.contains(node));
            }
            // One that its cluster misses was told of by that.
            let ways = self.board.ways_of(&self.care.cluster);
            for way in ways.iter().filter(|way| !view.offline.contains(&way.node)) {
                self.notifier.way(way);
            }
        }
        let ms = now.since(begun).as_millis().try_into().unwrap_or(u64::MAX);
        self.notifier.cycle(&self.care.cluster, problem.is_none(), ms);
    }

    fn publish(&self, memory: &mut Memory, begun: Moment) {
        let now = self.clock.now();
        let mut seen = self.seen(memory, now);
        let cluster = &mut seen.cluster;
        memory.ill_since = cluster.problem.as_ref().map(|_| memory.ill_since.unwrap_or(begun));
        cluster.problem_for = memory.ill_since.map(|since| now.since(since).as_secs());
        cluster.look_ms = now.since(begun).as_millis().try_into().unwrap_or(u64::MAX);
        self.board.post(seen);
    }

    fn seen(&self, memory: &Memory, now: Moment) -> Seen {
        let mut seen = Seen::of(&self.care.cluster, &memory.view, &memory.decisions, now);
        seen.cluster.looks = memory.looks;
        let clock = self.care.roster.lacks_time().then(|| CLOCK.to_owned());
        let problems =
            [memory.problem.clone(), memory.journal.clone(), stopped_by(&memory.view), clock];
        let problems: Vec<String> = problems.into_iter().flatten().collect();
        seen.cluster.problem = (!problems.is_empty()).then(|| problems.join("; "));
        complete(&mut seen, memory, now);
        seen
    }

    /// Waits for the changes under way, within a deadline.
    async fn drain(&self, memory: &mut Memory, finished: &mut mpsc::UnboundedReceiver<Finished>) {
        self.wait_for_changes(memory, finished).await;
        // What is known at the end is what is told until the next start.
        memory.pictured = None;
        memory.usage.close(&memory.view, &memory.planner);
        if memory.recalled {
            self.keep(memory, self.clock.now()).await;
        }
    }

    async fn wait_for_changes(
        &self,
        memory: &mut Memory,
        finished: &mut mpsc::UnboundedReceiver<Finished>,
    ) {
        let deadline = self.clock.now().after(DRAIN);
        while !memory.in_flight.is_empty() {
            tokio::select! {
                biased;
                change = finished.recv() => match change {
                    Some(change) => drop(self.note(memory, change)),
                    None => return,
                },
                () = self.clock.sleep_until(deadline) => return leave(&memory.in_flight),
            }
        }
    }
}

/// Schedules need to know what time it is.
const CLOCK: &str = "this machine's clock was never set, so that no schedule holds: timedatectl";

/// What keeps the whole cluster from being changed, but for a pause.
fn stopped_by(view: &View) -> Option<String> {
    let unseen = view.entry.is_none();
    (!unseen && !view.quorate)
        .then(|| "the cluster has no quorum and takes no writes: pvecm status".to_owned())
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod keys;
