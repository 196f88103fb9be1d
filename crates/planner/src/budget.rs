//! Sharing what does not suffice: weighted max-min, what must be before what may be.

use vm_autoscale_proxmox::{Ladder, MemoryMib};

/// A VM that uses more than this share of its memory is short of it: so much everyone has before
/// anyone gets more.
pub(crate) const SHORT_AT: f64 = 0.94;

/// One of those who share, in MiB or in vCPUs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Part {
    /// Whose it is: an index, for who asks.
    pub(crate) vm: usize,
    /// On which node, likewise.
    pub(crate) node: usize,
    /// What it has by now.
    pub(crate) have: f64,
    /// What it is not to be below.
    pub(crate) floor: f64,
    /// What it would have alone; at least `floor`.
    pub(crate) want: f64,
    /// Above 0: who has twice the weight gets twice as much more.
    pub(crate) weight: f64,
    /// What it gets.
    pub(crate) got: f64,
}

impl Part {
    /// Whether it asks for more than it has.
    pub(crate) fn grows(&self) -> bool {
        self.want > self.have
    }
}

/// Which sizes there are.
pub(crate) trait Sizes {
    /// The largest that is not above.
    fn floor(at: f64) -> f64;
    /// The next larger one, if there is any.
    fn next(at: f64) -> Option<f64>;
}

/// Memory comes in DIMMs.
pub(crate) struct Dimms;

/// CPUs come one by one.
pub(crate) struct Cpus;

impl Sizes for Dimms {
    fn floor(at: f64) -> f64 {
        step(at, Ladder::floor).unwrap_or(at)
    }

    fn next(at: f64) -> Option<f64> {
        step(at, Ladder::up)
    }
}

impl Sizes for Cpus {
    fn floor(at: f64) -> f64 {
        (at + SLACK).floor()
    }

    fn next(at: f64) -> Option<f64> {
        Some(Self::floor(at) + 1.0)
    }
}

/// Sums of fractions may lack so much of a whole.
const SLACK: f64 = 1e-6;

fn step(at: f64, to: impl Fn(MemoryMib) -> Option<MemoryMib>) -> Option<f64> {
    let size = to(whole(at).try_into().ok()?)?;
    Some(f64::from(size.get()))
}

/// The whole of it.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "what lies outside becomes the end of the range"
)]
pub(crate) fn whole(at: f64) -> u32 {
    (at + SLACK) as u32
}

/// Raises each towards its goal, by `room` in all: those who are not content at its end have got
/// equally much more for their weight. What is left of the room.
pub(crate) fn fill(parts: &mut [Part], room: f64, goal: impl Fn(&Part) -> f64) -> f64 {
    let lacks = |part: &Part| (goal(part) - part.got).max(0.0);
    // Who is content first does not hold up the others: so one round is enough.
    parts.sort_unstable_by(|a, b| {
        let order = (lacks(a) / a.weight).total_cmp(&(lacks(b) / b.weight));
        order.then(a.vm.cmp(&b.vm))
    });
    let mut weights: f64 = parts.iter().map(|part| part.weight).sum();
    let mut left = room.max(0.0);
    for part in parts {
        let fair = left * (part.weight / weights).min(1.0);
        let more = lacks(part).min(fair);
        part.got += more;
        left -= more;
        weights = (weights - part.weight).max(part.weight * SLACK);
    }
    left
}

/// What each is entitled to once all that is given back is there: of `room` now, and of what those
/// have above their floors who do not grow.
pub(crate) fn entitle(parts: &mut [Part], room: f64) {
    let mut room = room;
    for part in &mut *parts {
        part.got = if part.grows() { part.have } else { part.floor.min(part.have) };
        room += part.have - part.got;
    }
    let room = fill(parts, room, |part| part.floor);
    fill(parts, room, |part| part.want);
}

/// What those who grow get at once, of what is free now: never more than they are entitled to by
/// more than a step, and never more than `room` in all.
pub(crate) fn grant<S: Sizes>(growers: &mut [Part], room: f64) {
    for part in &mut *growers {
        part.want = part.got;
        part.got = part.have;
    }
    let left = fill(growers, room, |part| part.floor.min(part.want));
    fill(growers, left, |part| part.want);
    let mut left = room;
    for part in &mut *growers {
        part.got = S::floor(part.got).max(part.have);
        left -= part.got - part.have;
    }
    // Crumbs that suffice for none are put together: for who lacks most, then who weighs most.
    let short = |part: &Part| part.got < part.floor;
    growers.sort_unstable_by(|a, b| {
        let order = short(b).cmp(&short(a)).then(b.weight.total_cmp(&a.weight));
        order.then(a.vm.cmp(&b.vm))
    });
    for part in growers {
        let next = S::next(part.got).filter(|_| part.got + SLACK < part.want);
        if let Some(next) = next.filter(|next| next - part.got <= left) {
            left -= next - part.got;
            part.got = next;
        }
    }
}

#[cfg(test)]
mod tests;
