//! Whether a memory change that everything else allows is right by the guest's own word.

use std::time::Duration;

use vm_autoscale_proxmox::{Ladder, MemoryMib};

use super::GuestSense;
use crate::reason::{Percent, Signal};
use crate::{MemoryLaw, Moment, Reason};

/// Without the guest's word memory grows by at most one part in so many at once (or one step), and
/// not again before so long: page cache fills whatever there is.
const BLIND_PART: u32 = 8;
const BLIND_REST: Duration = Duration::from_secs(600);
/// What a shrink must leave available: so many MiB, or this share of the new size.
const LEAST_MIB: f64 = 128.0;
pub(super) const LEAST_SHARE: f64 = 0.10;
/// Who gives because others are short keeps the 6 % that everyone on a full node keeps, and no less
/// than what would be given back at once.
const GIVEN_SHARE: f64 = 0.05;

/// A change of memory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wish<'a> {
    pub(crate) law: &'a MemoryLaw,
    pub(crate) from: MemoryMib,
    pub(crate) to: MemoryMib,
    /// Whether it would be made now, or only be recommended.
    pub(crate) acts: bool,
    /// Whether others on its node are short of what it gives.
    pub(crate) gives: bool,
    /// Whether there is a balloon device to ask.
    pub(crate) device: bool,
    /// When its memory was changed the last time.
    pub(crate) changed: Option<Moment>,
}

impl GuestSense {
    /// To which size, and by which signal; or why not.
    pub(crate) fn judge(
        &mut self,
        now: Moment,
        wish: &Wish<'_>,
    ) -> Result<(MemoryMib, Signal), Reason> {
        let Wish { from, to, .. } = *wish;
        if let Some(said) = self.fresh(now, from) {
            if said.lacks() {
                return Err(Reason::GuestHasLess(said.total, from.get()));
            }
            if to < from {
                let share = if wish.gives { GIVEN_SHARE } else { LEAST_SHARE };
                enough(f64::from(to.get()) - said.need, to, share)?;
            }
            return Ok((to, Signal::Guest { available: said.available, total: said.total }));
        }
        let shown = Percent(100.0 * self.seen / f64::from(from.get()));
        let unanswered = self.is_unanswered(now);
        if wish.device && (!self.silent || self.is_due(now, from, wish.acts)) && !unanswered {
            return self.ask(now, wish, shown);
        }
        self.asks |= wish.device && unanswered;
        self.blind(now, wish, shown)
    }

    /// What is only recommended may rest on an older answer; what is done may not.
    fn ask(
        &mut self,
        now: Moment,
        wish: &Wish<'_>,
        shown: Percent,
    ) -> Result<(MemoryMib, Signal), Reason> {
        self.asks |= wish.acts || self.is_due(now, wish.from, false);
        match self.said.filter(|_| !wish.acts) {
            Some(said) => Ok((wish.to, Signal::Estimate(now.since(said.at)))),
            None => Err(Reason::AskingGuest(shown)),
        }
    }

    /// The guest cannot be asked, or does not answer.
    fn blind(
        &self,
        now: Moment,
        wish: &Wish<'_>,
        shown: Percent,
    ) -> Result<(MemoryMib, Signal), Reason> {
        let Wish { law, from, to, .. } = *wish;
        let signal = self.signal(wish.device);
        let have = f64::from(from.get());
        let urgent = self.seen >= f64::from(law.urgent_at) * have;
        let rested = wish.changed.is_none_or(|at| now.since(at) >= BLIND_REST);
        if to <= from || !urgent || !rested {
            return Err(Reason::GuestSilent(shown, signal));
        }
        let most = blind_step(from).ok_or(Reason::GuestSilent(shown, signal))?;
        Ok((to.min(most), signal))
    }
}

/// The most that memory grows to on Proxmox's figure alone.
fn blind_step(from: MemoryMib) -> Option<MemoryMib> {
    let most = from.get().saturating_add(from.get() / BLIND_PART);
    let step = MemoryMib::try_from(most).ok().and_then(Ladder::floor);
    step.filter(|to| *to > from).or_else(|| Ladder::up(from))
}

/// Whether a shrink to that size, which leaves so much available, leaves enough.
pub(super) fn enough(left: f64, to: MemoryMib, share: f64) -> Result<(), Reason> {
    let least = LEAST_MIB.max(share * f64::from(to.get()));
    if left >= least { Ok(()) } else { Err(Reason::WouldBeShort { left, least }) }
}
