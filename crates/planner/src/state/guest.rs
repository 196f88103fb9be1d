//! Memory by what the guest says.

use std::time::Duration;

use vm_autoscale_proxmox::{MemoryMib, VmConfig};

use super::{State, Wanted};
use crate::bounds::Bounds;
use crate::decision::{Move, Resource};
use crate::evidence::Shape;
use crate::guest::Wish;
use crate::levers;
use crate::reason::Percent;
use crate::{GuestAnswer, MemoryRule, Moment, Reason, Sample, Short, VmInput};

/// So long what a node had for a VM is kept in mind: no longer than an answer counts.
const OFFERED: Duration = Duration::from_secs(15);
/// No figures at all.
pub(super) const NOTHING: Sample =
    Sample { ctime: 0, uptime: 0, cores_used: None, vcpus: None, memory_used: None, memory: None };

impl State {
    /// What the guest said of its memory, or that it says nothing.
    pub(crate) fn told(&mut self, now: Moment, answer: GuestAnswer) {
        let Some(size) = self.evidence.size.map(Shape::left) else { return };
        let needs = self.guest.told(now, answer, size, self.evidence.measured());
        if let (Some(needs), Some(sense)) = (needs, &mut self.memory_sense) {
            sense.correct(now, needs);
        }
    }

    /// What can be decided on memory while Proxmox says nothing new: what the guest said is, and
    /// what was taken wrongly is given back.
    pub(super) fn memory_without_sample(
        &mut self,
        now: Moment,
        vm: &VmInput<'_>,
        config: &VmConfig,
        why: &Reason,
    ) -> Wanted {
        let size = levers::memory(vm.policy.memory_lever, config);
        // Marks go by Proxmox's figure alone.
        let heeds = matches!(vm.policy.memory, Some(MemoryRule::Adaptive(_)));
        let said = heeds && self.guest.fresh(now, size).is_some() && *why == Reason::Repeated;
        if !said && self.guest.undo.is_none() {
            return Err(why.clone());
        }
        self.memory(now, vm, config, vm.sample.as_ref().unwrap_or(&NOTHING))
    }

    /// What is to be given back, if anything.
    pub(super) fn undo(
        &mut self,
        from: MemoryMib,
        bounds: Bounds<MemoryMib>,
    ) -> Option<(Move, Reason)> {
        let undo = self.guest.undo?;
        let to = undo.to.min(bounds.max);
        if to <= from {
            self.guest.undo = None;
            return None;
        }
        Some((Move::Memory { from, to }, Reason::Undo(undo.why, undo.after)))
    }

    /// How far memory may shrink by what is remembered.
    pub(super) fn can_shrink(
        &self,
        now: Moment,
        vm: &VmInput<'_>,
        (from, to): (MemoryMib, MemoryMib),
        device: bool,
    ) -> Result<MemoryMib, Reason> {
        let used = Percent(100.0 * self.guest.needs(now, from) / f64::from(from.get()));
        if !vm.policy.memory_shrink {
            return Err(Reason::MemoryShrinkOff(used));
        }
        if !device {
            return Err(Reason::MemoryUseUnknown(used));
        }
        self.not_below_regretted(now, (from, to))
    }

    /// What had to be given back is not taken again for a while, by whatever rule.
    pub(super) fn not_below_regretted(
        &self,
        now: Moment,
        (from, to): (MemoryMib, MemoryMib),
    ) -> Result<MemoryMib, Reason> {
        match self.guest.floor(now).filter(|(floor, _)| to < from && to < *floor) {
            Some((floor, wait)) if floor >= from => Err(Reason::Regretted(floor.get(), wait)),
            Some((floor, _)) => Ok(floor),
            None => Ok(to),
        }
    }

    /// The guest has the last word on a change of memory that everything else allows.
    pub(crate) fn by_guest(
        &mut self,
        now: Moment,
        vm: &VmInput<'_>,
        (step, reason, short): (Move, Reason, Option<Short>),
        acts: bool,
    ) -> Wanted {
        let (Some(MemoryRule::Adaptive(law)), Some(config)) = (&vm.policy.memory, vm.config) else {
            return Ok((step, reason));
        };
        let (from, to) = match step {
            Move::Memory { from, to } => (from, to),
            Move::Balloon { to, .. } => match MemoryMib::try_from(to.get()) {
                Ok(to) => (levers::left(config), to),
                Err(_) => return Err(Reason::BoundsLeaveNothing),
            },
            Move::Cpu { .. } | Move::CpuLimit { .. } => return Ok((step, reason)),
        };
        if matches!(reason, Reason::Undo(..)) {
            return Ok((step, reason));
        }
        let (device, changed) = (config.balloon != Some(0), self.memory.ended());
        let gives = matches!(reason, Reason::GivesBack(_));
        let wish = Wish { law, from, to, acts, gives, device, changed };
        self.offered = Some((now, to, short));
        let (to, signal) = self.guest.judge(now, &wish)?;
        let step = match step {
            Move::Balloon { .. } => levers::balloon(config, to)?,
            _ => Move::Memory { from, to },
        };
        Ok((step, Reason::By(Box::new(reason), signal)))
    }

    /// What a guest asks for after its answer is no more than what its node had for it when it was
    /// asked: others were asked then, too. What it is refused by that.
    pub(crate) fn as_offered(&self, now: Moment, wanted: &mut Wanted) -> Option<Short> {
        let (at, offered, short) = self.offered?;
        match wanted {
            Ok((Move::Memory { from, to }, _))
                if now.since(at) <= OFFERED && offered > *from && *to >= offered =>
            {
                *to = offered;
                short
            }
            _ => None,
        }
    }

    /// Whether the last change of this resource did not come about.
    pub(crate) fn fails(&self, resource: Resource) -> bool {
        match resource {
            Resource::Cpu => self.cpu.fails(),
            Resource::Memory => self.memory.fails(),
        }
    }
}
