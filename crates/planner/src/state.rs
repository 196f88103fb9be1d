//! What is remembered of one VM, and what its evidence asks for.

use std::time::Duration;

use vm_autoscale_proxmox::{BalloonMib, CpuLimit, Ladder, MemoryMib, VmConfig};

use crate::account::Booked;
use crate::adaptive::{CpuSense, MemorySense};
use crate::bounds::{self, Bounds};
use crate::budget::{SHORT_AT, whole};
use crate::caution::FirstDay;
use crate::decision::{Move, Resource};
use crate::evidence::{Evidence, Shape};
use crate::futility::Futility;
use crate::guest::GuestSense;
use crate::levers;
use crate::reason::Percent;
use crate::resource::{Ended, MAX_DOUBLINGS, ResourceState};
use crate::threshold::Wish;
use crate::{
    CpuRule, Marks, MemoryLever, MemoryRule, Moment, Past, Reason, Sample, Short, VmInput, VmPolicy,
};

mod asks;
mod guest;
mod reach;
mod restart;

/// Changes of others that lie further apart have nothing to do with each other.
const FIGHT: Duration = Duration::from_secs(24 * 3600);

mod cpu;

/// One VM between cycles. What happened is kept, not how long it counts: that is the policy's to
/// say when it is asked, and it may be another one by then.
#[derive(Debug, Default, Clone)]
pub(crate) struct State {
    pub(crate) evidence: Evidence,
    last_seen: Moment,
    /// By the policy when it was last seen: there is none to ask while it is out of sight.
    last_cooldown: Duration,
    /// The last decision; none where the next new sample is to be judged.
    checked: Option<Moment>,
    /// Since when its config is not known.
    unread: Option<Moment>,
    /// When someone else changed its size.
    resized: Option<Moment>,
    /// How often in a row that was the answer to a change of ours.
    fights: u32,
    /// What the VM was seen to use.
    cpu_sense: Option<Box<CpuSense>>,
    memory_sense: Option<Box<MemorySense>>,
    /// What it was seen to use before the start, until those go on from there.
    pub(crate) past: Option<Box<Past>>,
    pub(crate) guest: GuestSense,
    /// No sample has come since the restart: what was counted before is not forgotten for that.
    goes_on: bool,
    first_day: FirstDay,
    futility: Futility,
    /// The limit that we gave it.
    limit: Option<CpuLimit>,
    /// What was granted to it of late.
    pub(crate) booked: Booked,
    /// An administrator's order that is carried out on it.
    pub(crate) order: Option<Box<str>>,
    /// What its node had for it when its guest was asked, and when that was.
    offered: Option<(Moment, MemoryMib, Option<Short>)>,
    /// When its memory was judged last, and what of it was in use then, in MiB.
    judged: Option<(Moment, f64)>,
    cpu: ResourceState,
    memory: ResourceState,
}

/// A move and why, or why none.
pub(crate) type Wanted = Result<(Move, Reason), Reason>;

impl State {
    /// A VM that was not seen before. What `came` while others were already watched may have been
    /// changed a moment ago.
    pub(crate) fn met(came: bool) -> Self {
        let mut state = Self::default();
        if came {
            state.evidence.changed();
        }
        state
    }

    /// The next new sample is judged, not only the one after the next check interval.
    pub(crate) fn check_again(&mut self) {
        self.checked = None;
    }

    /// Why this resource is left alone for a while, if it is.
    pub(crate) fn rests(&self, now: Moment, step: Move, policy: &VmPolicy) -> Option<Reason> {
        match step.resource() {
            Resource::Cpu => self.cpu.rests(now, step, policy),
            Resource::Memory => self.memory.rests(now, step, policy),
        }
    }

    /// Until when this resource waits for another attempt.
    pub(crate) fn retry_at(&self, resource: Resource) -> Moment {
        match resource {
            Resource::Cpu => self.cpu.retry,
            Resource::Memory => self.memory.retry,
        }
    }

    /// Whether it was seen of late: what is out of sight for longer than anything rests is not
    /// remembered.
    pub(crate) fn is_kept(&self, now: Moment) -> bool {
        let longest = self.last_cooldown.saturating_mul(1 << MAX_DOUBLINGS);
        now.since(self.last_seen) <= longest || self.guest.floor(now).is_some()
    }

    pub(crate) fn of(&mut self, resource: Resource) -> &mut ResourceState {
        match resource {
            Resource::Cpu => &mut self.cpu,
            Resource::Memory => &mut self.memory,
        }
    }

    /// What the evidence asks for, on vCPUs and on memory, whoever may forbid it later.
    pub(crate) fn wishes(&mut self, now: Moment, vm: &VmInput<'_>) -> [Wanted; 2] {
        self.last_seen = now;
        self.last_cooldown = vm.policy.cooldown.max(vm.policy.rest);
        self.guest.begin();
        // Samples are taken in every cycle, so that a gap is seen as one.
        let sample = self.evidence.admit(now, vm.sample);
        if let Ok(sample) = &sample {
            self.see(now, vm, sample);
        }
        let both = |reason: Reason| [Err(reason.clone()), Err(reason)];
        let vm_config = match self.readable(now, untouchable(vm)) {
            Ok(vm_config) => vm_config,
            Err(reason) => {
                self.forget_low();
                return both(reason);
            }
        };
        let noted = self.note_size(now, vm_config, vm.policy.external_change_hold);
        if let Some(reason) = self.ordered().or(noted.err()) {
            return both(reason);
        }
        self.guest.watch(now, vm.policy.memory.is_some());
        let sample = match sample {
            Ok(sample) => sample,
            Err(reason) => {
                if !self.goes_on && reason != Reason::Repeated {
                    self.forget_low();
                }
                self.goes_on &= reason == Reason::NoSample;
                let memory = self.memory_without_sample(now, vm, vm_config, &reason);
                return [Err(reason), memory];
            }
        };
        self.goes_on = false;
        let due = self.checked.map(|at| at.after(vm.policy.check_interval)).unwrap_or_default();
        if now < due {
            let reason = Reason::BetweenChecks(due.since(now));
            let memory = self.memory_without_sample(now, vm, vm_config, &reason);
            return [Err(reason), memory];
        }
        self.checked = Some(now);
        [self.cpu(now, vm, vm_config, &sample), self.memory(now, vm, vm_config, &sample)]
    }

    /// A config that is missing for the first time is read with the next look: nothing keeps the VM
    /// from being looked after yet.
    fn readable<'a>(
        &mut self,
        now: Moment,
        config: Result<&'a VmConfig, Reason>,
    ) -> Result<&'a VmConfig, Reason> {
        if !matches!(config, Err(Reason::ConfigUnknown)) {
            self.unread = None;
            return config;
        }
        let since = *self.unread.get_or_insert(now);
        Err(if since == now { Reason::ConfigDue } else { Reason::ConfigUnknown })
    }

    /// What it uses counts whether or not anything may be changed.
    fn see(&mut self, now: Moment, vm: &VmInput<'_>, sample: &Sample) {
        let Some(config) = vm.config else { return };
        if let Some(qemu) = self.evidence.qemu_since() {
            self.cpu.runs_since(qemu);
            self.memory.runs_since(qemu);
        }
        let size = config.plugged_vcpus().map(|plugged| f64::from(plugged.get()));
        let cores = measured(sample.cores_used, sample.vcpus, size.unwrap_or_default()).ok();
        let size = f64::from(config.memory.get());
        let mib = measured(sample.memory_used, sample.memory, size).ok();
        if let (Some(used), Some(CpuRule::Adaptive(law))) = (cores, &vm.policy.cpu) {
            let new = || Box::new(CpuSense::after(self.cpu.last_change()));
            self.cpu_sense.get_or_insert_with(new).see(law, now, used);
        }
        if let (Some(used), Some(MemoryRule::Adaptive(law))) = (mib, &vm.policy.memory) {
            let needs = self.guest.see(used);
            let new = || Box::new(MemorySense::after(self.memory.last_change()));
            self.memory_sense.get_or_insert_with(new).see(law, now, needs);
        }
        self.go_on(sample.uptime);
        if vm.policy.caution {
            self.first_day.see(now, [cores, mib]);
            self.futility.see(now, cores);
        }
    }

    /// A change of ours has ended.
    pub(crate) fn changed(&mut self, now: Moment, step: Move, ended: Ended) {
        self.of(step.resource()).changed(step, ended, now);
        let mib = |mib: BalloonMib| MemoryMib::try_from(mib.get()).ok();
        let all = self.evidence.size.map(|size| size.memory);
        let sizes = match step {
            Move::Memory { from, to } => Some((from, to)),
            Move::Balloon { from, to } => from.map_or(all, mib).zip(mib(to)),
            Move::Cpu { .. } | Move::CpuLimit { .. } => None,
        };
        if let Some((from, to)) = sizes {
            self.guest.changed(now, from, to, ended == Ended::Well);
        }
        if ended != Ended::Well {
            return;
        }
        if let Move::CpuLimit { to, .. } = step {
            self.limit = Some(to);
        }
        let grown = step.is_growth();
        match step.resource() {
            Resource::Cpu => {
                self.cpu_sense.iter_mut().for_each(|sense| sense.changed(now, grown));
                self.futility.changed(now, step);
            }
            Resource::Memory => {
                self.memory_sense.iter_mut().for_each(|sense| sense.changed(now, grown));
            }
        }
    }

    pub(crate) fn forget_low(&mut self) {
        self.cpu.low.forget();
        self.memory.low.forget();
    }

    /// A size that someone else changed is the new one, and is left alone for a while.
    fn note_size(
        &mut self,
        now: Moment,
        vm_config: &VmConfig,
        hold: Duration,
    ) -> Result<(), Reason> {
        let shape = Shape::of(vm_config).ok_or(Reason::ConfigUnknown)?;
        let resized = self.evidence.resized(now, shape);
        if resized {
            self.forget_low();
            self.futility.forget();
            self.note_fight(now);
            self.resized = Some(now);
        }
        if let Some(wait) = self.held_for_others(now, hold) {
            return Err(Reason::ChangedByOthers(wait));
        }
        if resized { Err(Reason::FirstAfterChange) } else { Ok(()) }
    }

    /// When somebody else changed its size the last time.
    pub(crate) fn resized(&self) -> Option<Moment> {
        self.resized
    }

    /// How much longer it is left alone because somebody else changed it.
    fn held_for_others(&self, now: Moment, hold: Duration) -> Option<Duration> {
        let hold = hold.saturating_mul(1 << self.fights.min(MAX_DOUBLINGS));
        let until = self.resized?.after(hold);
        (now < until).then(|| until.since(now))
    }

    /// Who changes back what we change is another autoscaler, or somebody who does not want us:
    /// each time in a row the VM is left alone for twice as long. Changes of his own count once.
    fn note_fight(&mut self, now: Moment) {
        let ours = self.cpu.ended().max(self.memory.ended());
        let Some(before) = self.resized.filter(|before| ours >= Some(*before)) else { return };
        let fought = now.since(before) < FIGHT;
        self.fights = if fought { self.fights.saturating_add(1) } else { 0 };
    }

    /// The memory in MiB that was in use when it was judged, if that was in this moment.
    pub(crate) fn memory_in_use(&self, now: Moment) -> Option<f64> {
        self.judged.filter(|(at, _)| *at == now).map(|(_, used)| used)
    }

    /// The most memory in MiB that was in use of late, where that was seen all the time.
    pub(crate) fn memory_of_late(&self, now: Moment) -> Option<f64> {
        self.memory_in_use(now)?;
        self.memory_sense.as_ref()?.most_of_late(now)
    }

    /// To which size it may go at once where others need memory more: nothing that was in use of
    /// late is taken. Only where its rule goes by its own use:
    /// who wrote marks wants them kept.
    pub(crate) fn least_memory(&self, now: Moment, vm: &VmInput<'_>) -> Option<MemoryMib> {
        let Some(MemoryRule::Adaptive(law)) = vm.policy.memory else { return None };
        // Without a balloon device the figure is not the guest's.
        let config = vm.config.filter(|config| config.balloon != Some(0))?;
        let bounds = bounds::memory(vm.policy, config).ok()?;
        let most = self.memory_of_late(now)?;
        let needed = (most / SHORT_AT).max(most + f64::from(law.free_mib));
        let least = Ladder::ceil(whole(needed).saturating_add(1).max(1024).try_into().ok()?)?;
        Some(least.max(bounds.min))
    }

    fn memory(
        &mut self,
        at: Moment,
        vm: &VmInput<'_>,
        config: &VmConfig,
        sample: &Sample,
    ) -> Wanted {
        let rule = vm.policy.memory.ok_or(Reason::NotAsked)?;
        let by_balloon = vm.policy.memory_lever == MemoryLever::Balloon;
        let [_, quarantined] = vm.quarantine;
        quarantine(quarantined.filter(|_| !by_balloon))?;
        let bounds = bounds::memory(vm.policy, config)?;
        let now = levers::memory(vm.policy.memory_lever, config);
        if let Some((undo, reason)) = self.undo(now, bounds) {
            let undo = match undo {
                Move::Memory { to, .. } if by_balloon => levers::balloon(config, to)?,
                undo => undo,
            };
            return Ok((undo, reason));
        }
        let size = f64::from(now.get());
        let plugged = f64::from(config.memory.get());
        let used = measured(sample.memory_used, sample.memory, plugged);
        let used = used.inspect_err(|_| self.memory.low.forget())?;
        self.judged = Some((at, used));
        // Bounds move with the hours of the day; what is below them is not left there.
        if now < bounds.min {
            return self.memory_step(at, vm, config, (now, bounds.min), Reason::BelowMinimum);
        }
        let marks = match rule {
            MemoryRule::Threshold(marks) => marks,
            MemoryRule::Adaptive(law) => {
                let device = config.balloon != Some(0);
                if device {
                    self.guest.suspect(at, law.grow_at, now, vm.policy.allow);
                }
                let sense = self.memory_sense.as_ref().ok_or(Reason::NoSample)?;
                let judged = sense.judge(&law, at, now);
                let (to, reason) = judged.map_err(|reason| self.guest.within(reason, now))?;
                let needs = Percent(100.0 * self.guest.needs(at, now) / size);
                let to = clamped((now, to), bounds, needs)?;
                let to = if to < now { self.can_shrink(at, vm, (now, to), device)? } else { to };
                return self.memory_step(at, vm, config, (now, to), reason);
            }
        };
        let wish = self.memory.low.judge(marks, used, size, vm.policy.low_checks);
        // Without a balloon device the figure is the process's resident size: it only ever rises.
        if let (Wish::Shrink { used, .. } | Wish::Grow { used, .. }, Some(0)) =
            (&wish, config.balloon)
        {
            return Err(Reason::MemoryUseUnknown(*used));
        }
        if let (Wish::Shrink { used, .. }, false) = (&wish, vm.policy.memory_shrink) {
            return Err(Reason::MemoryShrinkOff(*used));
        }
        let neighbours = levers::memory_neighbours(vm.policy.memory_lever, now, bounds.max);
        let (to, reason) =
            within(wish, neighbours, bounds, marks, used, |size| f64::from(size.get()))?;
        let to = self.not_below_regretted(at, (now, to))?;
        self.memory_step(at, vm, config, (now, to), reason)
    }

    /// The change that brings its memory there, as far as the lever and its first day allow.
    fn memory_step(
        &mut self,
        at: Moment,
        vm: &VmInput<'_>,
        config: &VmConfig,
        (now, to): (MemoryMib, MemoryMib),
        reason: Reason,
    ) -> Wanted {
        let VmPolicy { memory_lever, caution, in_steps, .. } = *vm.policy;
        let mut to = to;
        if caution {
            let (sizes, taken) = ((now.get(), to.get()), self.memory.taken());
            let least = self.first_day.least(at, Resource::Memory, sizes, taken)?;
            to = MemoryMib::try_from(least).unwrap_or(now);
        }
        if memory_lever == MemoryLever::Balloon {
            return Ok((levers::balloon(config, to)?, reason));
        }
        Ok((levers::dimms(now, to, in_steps)?, reason))
    }
}

/// Where QEMU and config disagree, a change starts from what is not so.
pub(crate) fn quarantine(why: Option<&str>) -> Result<(), Reason> {
    why.map_or(Ok(()), |why| Err(Reason::Quarantined(why.to_owned())))
}

/// The config of a VM that can be touched at all.
pub(crate) fn untouchable<'a>(vm: &VmInput<'a>) -> Result<&'a VmConfig, Reason> {
    // What a change of ours has just written is read when that has ended.
    let unread = || if vm.in_flight { Reason::InFlight } else { Reason::ConfigUnknown };
    let config = vm.config.ok_or_else(unread)?;
    if config.template {
        return Err(Reason::Template);
    }
    if let Some(doubt) = vm.doubt {
        return Err(Reason::Doubt(doubt.to_owned()));
    }
    if let Some(pause) = vm.pause {
        return Err(Reason::Paused(pause.to_owned()));
    }
    if !vm.node_online {
        return Err(Reason::NodeOffline);
    }
    if vm.running == Some(false) {
        return Err(Reason::Stopped);
    }
    if let Some(state) = vm.ha_move {
        return Err(Reason::HaManager(state.to_owned()));
    }
    if vm.in_flight {
        return Err(Reason::InFlight);
    }
    if let Some(lock) = &config.lock {
        return Err(Reason::Locked(lock.clone()));
    }
    if !config.pending.is_empty() {
        let names: Vec<&str> = config.pending.keys().map(String::as_str).collect();
        return Err(Reason::Pending(names.join(", ")));
    }
    Ok(config)
}

/// A figure that was measured at the size that the config has now.
fn measured(used: Option<f64>, at: Option<f64>, size: f64) -> Result<f64, Reason> {
    match (used, at) {
        (Some(used), Some(at)) if (at - size).abs() < 0.5 => Ok(used),
        (Some(_), Some(_)) => Err(Reason::OtherSize),
        _ => Err(Reason::NoSample),
    }
}

/// What is wanted, as far as the bounds go.
fn clamped<T: Ord + Copy>(
    (from, to): (T, T),
    bounds: Bounds<T>,
    used: Percent,
) -> Result<T, Reason> {
    let within = to.max(bounds.min).min(bounds.max);
    if to > from && within <= from {
        return Err(Reason::AtMaximum(used, bounds.max_by));
    }
    if to < from && within >= from {
        return Err(Reason::AtMinimum(used));
    }
    Ok(within)
}

/// The next size within the bounds; one less only when it would not be high at once.
fn within<T: PartialOrd + Copy>(
    wish: Wish,
    (up, down): (Option<T>, Option<T>),
    bounds: Bounds<T>,
    marks: Marks,
    used: f64,
    size: impl Fn(T) -> f64,
) -> Result<(T, Reason), Reason> {
    match wish {
        Wish::Stay(reason) => Err(reason),
        Wish::Grow { used, mark } => match up.filter(|to| *to <= bounds.max) {
            Some(to) => Ok((to, Reason::High(used, mark))),
            None => Err(Reason::AtMaximum(used, bounds.max_by)),
        },
        Wish::Shrink { used: percent, mark, times } => {
            let to = down.filter(|to| *to >= bounds.min).ok_or(Reason::AtMinimum(percent))?;
            let after = 100.0 * used / size(to);
            if after > marks.high {
                return Err(Reason::WouldBeHigh(Percent(after)));
            }
            Ok((to, Reason::Low(percent, mark, times)))
        }
    }
}
