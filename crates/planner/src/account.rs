//! What of its node a VM has, or may have by what was granted.

use std::time::Duration;

use crate::budget::whole;
use crate::decision::{Move, Resource};
use crate::{Moment, VmInput};

/// What a DIMM takes of the node shows in the node's use only when the guest touches it: so long
/// a grant is counted beside it.
const GRANT_COUNTS: Duration = Duration::from_secs(300);
/// After a change that did not come about, what it left shows within three of pvestatd's rounds.
const FAILURE_SHOWS: Duration = Duration::from_secs(30);

/// What of a node is a VM's.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Account {
    /// Its node, by its place among them.
    pub(crate) node: Option<usize>,
    /// The most memory that it has or may have by what was granted, in MiB; nothing where that is
    /// not known.
    pub(crate) memory: Option<f64>,
    /// What of that was granted of late, so that the node's use may not show it yet, in MiB.
    pub(crate) unseen: f64,
    /// What a change that is under way will leave of its memory, where that is less, in MiB.
    pub(crate) landing: Option<f64>,
    /// The most vCPUs that it has or may have.
    pub(crate) vcpus: Option<f64>,
}

impl Account {
    /// How much more a step is than what is counted already.
    pub(crate) fn more(&self, step: Move) -> f64 {
        let (have, to) = match step {
            Move::Cpu { to, .. } => (self.vcpus, f64::from(to.get())),
            Move::Memory { to, .. } => (self.memory, f64::from(to.get())),
            // They take nothing of what is plugged.
            Move::CpuLimit { .. } | Move::Balloon { .. } => return 0.0,
        };
        (to - have.unwrap_or_default()).max(0.0)
    }
}

/// What was granted to a VM, as long as neither its config nor its node may show it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Booked {
    cpu: Option<Booking>,
    memory: Option<Booking>,
}

#[derive(Debug, Clone, Copy)]
struct Booking {
    from: f64,
    to: f64,
    until: Moment,
    /// It has not ended that anyone knew of.
    open: bool,
}

impl Booked {
    /// A move is to be made. Of two that grow, the second goes on where the first began.
    pub(crate) fn grant(&mut self, now: Moment, step: Move) {
        let Some((from, to)) = ends(step) else { return };
        let slot = self.of(step.resource());
        let before = slot.filter(|before| now < before.until && before.from < from && from < to);
        let from = before.map_or(from, |before| before.from);
        *slot = Some(Booking { from, to, until: now.after(GRANT_COUNTS), open: true });
    }

    /// It has ended.
    pub(crate) fn ended(&mut self, now: Moment, step: Move, succeeded: bool) {
        let counts = if succeeded { GRANT_COUNTS } else { FAILURE_SHOWS };
        self.may_come(step, now.after(counts));
    }

    /// It may still show until then.
    pub(crate) fn may_come(&mut self, step: Move, until: Moment) {
        let Some((from, to)) = ends(step) else { return };
        let slot = self.of(step.resource());
        let from = slot.map_or(from, |before| before.from.min(from));
        *slot = Some(Booking { from, to, until, open: false });
    }

    /// The memory that was granted last, in MiB, and until when that counts: what shrinks and what
    /// is plugged shows in the config.
    pub(crate) fn keep(&self) -> Option<(u32, u32, Moment)> {
        let grown = self.memory.filter(|booking| booking.to > booking.from)?;
        Some((whole(grown.from), whole(grown.to), grown.until))
    }

    /// As it was before a restart.
    pub(crate) fn again(kept: Option<(u32, u32, Moment)>) -> Self {
        let booking = |(from, to, until): (u32, u32, Moment)| Booking {
            from: from.into(),
            to: to.into(),
            until,
            open: false,
        };
        Self { cpu: None, memory: kept.map(booking) }
    }

    fn of(&mut self, resource: Resource) -> &mut Option<Booking> {
        match resource {
            Resource::Cpu => &mut self.cpu,
            Resource::Memory => &mut self.memory,
        }
    }

    /// The VM's account on that node.
    pub(crate) fn account(&self, now: Moment, vm: &VmInput<'_>, node: Option<usize>) -> Account {
        if vm.running == Some(false) {
            let (memory, vcpus) = (Some(0.0), Some(0.0));
            return Account { node, memory, unseen: 0.0, landing: None, vcpus };
        }
        // What is under way may land however long it takes.
        let counts = |booking: &Booking| now < booking.until || booking.open && vm.in_flight;
        let (cpu, memory) = (self.cpu.filter(counts), self.memory.filter(counts));
        let plugged = vm.config.and_then(|config| config.plugged_vcpus().ok());
        let vcpus = plugged.map(|plugged| f64::from(plugged.get()));
        let vcpus = most([vcpus, vm.sample.and_then(|sample| sample.vcpus)], cpu);
        let mib = vm.config.map(|config| f64::from(config.memory.get()));
        let has = most([mib, vm.sample.and_then(|sample| sample.memory)], memory);
        let grown = memory.filter(|booking| booking.to > booking.from);
        let shrinks = memory.filter(|booking| vm.in_flight && booking.to < booking.from);
        Account {
            node,
            memory: has,
            unseen: grown.map_or(0.0, |booking| booking.to - booking.from),
            landing: shrinks.map(|booking| booking.to).filter(|to| Some(*to) < has),
            vcpus,
        }
    }
}

/// The most that anyone says: what shrinks counts until it is seen to be less.
fn most(seen: [Option<f64>; 2], booking: Option<Booking>) -> Option<f64> {
    let seen = seen.into_iter().flatten().reduce(f64::max);
    let granted = booking.map(|booking| match seen {
        None => booking.from.max(booking.to),
        Some(_) => booking.to,
    });
    seen.into_iter().chain(granted).reduce(f64::max)
}

/// The sizes before and after, where what is plugged changes.
fn ends(step: Move) -> Option<(f64, f64)> {
    match step {
        Move::Cpu { from, to } => Some((f64::from(from.get()), f64::from(to.get()))),
        Move::Memory { from, to } => Some((f64::from(from.get()), f64::from(to.get()))),
        Move::CpuLimit { .. } | Move::Balloon { .. } => None,
    }
}
