//! What was seen before a restart, as it was written down: in blocks of some minutes. They are
//! played to a sense of their own, and what was seen since the start goes on from there.
//!
//! A block counts as seen where the rule of then saw all of it. Otherwise what was used in it is
//! known to be no more than its highest sample, and not that nothing was missed: the next window
//! begins after it.
//!
//! Nobody looked while no daemon ran. Such a time says nothing for a shrink. A short one, as a stop
//! and a start take, is left out of the sense's time, as if the clock had stood: a window is over
//! when all of its seconds were seen, so it reaches back further by what is left out, and nothing is
//! taken that was needed in them. What was needed in between nobody knows, for hardly longer than at
//! any time. After a longer one, or where the VM grew or QEMU was started meanwhile, what was before
//! is not known to go on, and the next window begins anew. What a daemon that was killed saw of its
//! last block, up to five minutes, is lost with it: nobody saw that, either.

use super::{CpuSense, GAP, MemorySense, START, Watch, seconds};
use crate::{CpuLaw, CpuRule, MemoryLaw, MemoryRule, Moment, VmPolicy};

/// The longest time in seconds that is left out: a stop, a start, and the first samples.
const UNSEEN: u32 = 2 * GAP;
/// Blocks of one process follow each other to within so many seconds.
const SEAM: u32 = 5;

/// What a VM used in a block of some minutes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PastBlock {
    /// When it ended.
    pub end: Moment,
    /// When it ended, in seconds by a clock that people set and that also runs while a machine is
    /// off: the one above does not see how long that was.
    pub wall: u64,
    /// So long it was.
    pub seconds: u32,
    /// In cores; nothing where nothing was measured.
    pub cpu: Option<PastUse>,
    /// In MiB; nothing where nothing was measured.
    pub memory: Option<PastUse>,
}

/// What was used of a resource in a block.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PastUse {
    /// Out of how many samples that is known.
    pub samples: u32,
    /// On average.
    pub mean: f64,
    /// In the highest of them.
    pub most: f64,
    /// What was needed of it by what was believed then, where that was seen all the time.
    pub needed: Option<Needed>,
}

/// What a rule held to be needed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Needed {
    /// The most, in the unit of the resource.
    pub most: f64,
    /// How much the use jumped from sample to sample; of vCPUs only.
    pub jumps: f64,
}

impl PastUse {
    /// What was needed. Where nobody noted that, the most that was used is no less, nor is what the
    /// samples can have jumped by: between nothing and the highest, with that mean.
    pub(super) fn needed(&self) -> Needed {
        let jumps = 2.0 * self.mean.min(self.most - self.mean).max(0.0);
        self.needed.unwrap_or(Needed { most: self.most, jumps })
    }

    /// What was used on average by all samples but the highest.
    pub(super) fn rest(&self) -> f64 {
        let samples = f64::from(self.samples.max(2));
        ((self.mean * samples - self.most) / (samples - 1.0)).max(0.0)
    }

    /// Of how many minutes the highest tells, and the others together.
    pub(super) fn minutes(&self, seconds: u32) -> (f32, f32) {
        let (all, samples) = (f64::from(seconds) / 60.0, f64::from(self.samples.max(1)));
        (super::narrow(all / samples), super::narrow(all * (1.0 - 1.0 / samples)))
    }
}

/// What blocks of the past taught of a VM, until somebody goes on with it.
#[derive(Debug, Clone)]
pub struct Past {
    cpu: Option<Taught<CpuLaw, CpuSense>>,
    memory: Option<Taught<MemoryLaw, MemorySense>>,
}

#[derive(Debug, Clone)]
struct Taught<L, S> {
    law: L,
    sense: S,
    /// When the last block ended, by both clocks.
    last: Option<(Moment, u64)>,
    /// Seconds since then that only the clock on the wall has seen.
    hidden: u32,
}

/// The time of a block, and of what nobody saw before it. In seconds.
pub(super) struct Span {
    /// When it ended.
    end: u32,
    /// So long it was.
    pub(super) length: u32,
    /// How long nobody looked before.
    gap: u32,
    /// Whether all of it was seen.
    is_seen: bool,
}

impl Past {
    /// Of a VM with such a policy; nothing where none of its rules goes by what was seen before.
    #[must_use]
    pub fn new(policy: &VmPolicy) -> Option<Self> {
        let cpu = match &policy.cpu {
            Some(CpuRule::Adaptive(law)) => Some(Taught::new(*law, CpuSense::after(None))),
            _ => None,
        };
        let memory = match &policy.memory {
            Some(MemoryRule::Adaptive(law)) => Some(Taught::new(*law, MemorySense::after(None))),
            _ => None,
        };
        (cpu.is_some() || memory.is_some()).then_some(Self { cpu, memory })
    }

    /// One block more, which is later than all before.
    pub fn see(&mut self, block: &PastBlock) {
        if let Some((taught, used)) = self.cpu.as_mut().zip(block.cpu)
            && let Some(span) = taught.span(block, used.needed.is_some())
        {
            taught.sense.play(&taught.law, &span, &used);
        }
        if let Some((taught, used)) = self.memory.as_mut().zip(block.memory)
            && let Some(span) = taught.span(block, used.needed.is_some())
        {
            taught.sense.play(&taught.law, &span, &used);
        }
    }

    /// There is no more of it, and it is that late now by both clocks.
    pub(crate) fn end(&mut self, now: Moment, wall: u64) {
        self.cpu.iter_mut().for_each(|taught| taught.end(now, wall));
        self.memory.iter_mut().for_each(|taught| taught.end(now, wall));
    }

    /// What was seen of vCPUs since the start goes on from here, once something was. The QEMU runs
    /// for so many seconds.
    pub(crate) fn teach_cpu(&mut self, since: &mut CpuSense, qemu: u32) {
        if since.begun().is_some()
            && let Some(Taught { sense, hidden, last: Some(_), .. }) = self.cpu.take()
        {
            *since = sense.then(since, hidden, qemu);
        }
    }

    /// The same of memory.
    pub(crate) fn teach_memory(&mut self, since: &mut MemorySense, qemu: u32) {
        if since.begun().is_some()
            && let Some(Taught { sense, hidden, last: Some(_), .. }) = self.memory.take()
        {
            *since = sense.then(since, hidden, qemu);
        }
    }

    /// Whether nothing is left to go on with.
    pub(crate) fn is_over(&self) -> bool {
        self.cpu.is_none() && self.memory.is_none()
    }
}

impl<L, S> Taught<L, S> {
    fn new(law: L, sense: S) -> Self {
        Self { law, sense, last: None, hidden: 0 }
    }

    /// What of a block was not told already; nothing where all of it was.
    fn span(&mut self, block: &PastBlock, is_seen: bool) -> Option<Span> {
        let (end, known) = (seconds(block.end), self.last.map_or(0, |(end, _)| seconds(end)));
        let length = block.seconds.min(end.saturating_sub(known));
        if length == 0 {
            return None;
        }
        let begin = block.wall.saturating_sub(length.into());
        let by_wall = self.last.map_or(0, |(_, wall)| begin.saturating_sub(wall));
        let gap = (end - length).saturating_sub(known);
        let gap = gap.max(by_wall.try_into().unwrap_or(u32::MAX));
        self.last = Some((block.end, block.wall));
        Some(Span { end, length, gap, is_seen })
    }

    fn end(&mut self, now: Moment, wall: u64) {
        let Some((last, then)) = self.last else { return };
        let hidden = wall.saturating_sub(then).saturating_sub(now.since(last).as_secs());
        self.hidden = hidden.try_into().unwrap_or(u32::MAX);
    }
}

impl Watch {
    /// A block of the past; its end, in the time of which something is known.
    pub(super) fn play(&mut self, span: &Span) -> u32 {
        let begin = (span.end - span.length).saturating_sub(self.left_out);
        let first = begin + START.min(span.length);
        if self.since.is_none() || span.gap > UNSEEN {
            self.since = Some(first);
        } else if span.gap > SEAM {
            self.left_out += first.saturating_sub(self.last);
        }
        self.last = span.end.saturating_sub(self.left_out);
        if !span.is_seen {
            self.since = Some(self.last);
        }
        self.last
    }

    /// Goes on with what was seen since the start.
    pub(super) fn then(&mut self, live: &Self, hidden: u32, qemu: u32) {
        let Some(since) = live.since else { return };
        let first = since.saturating_sub(self.left_out);
        let gap = first.saturating_sub(self.last);
        // By its own age it ran all the time that nobody looked.
        let ago = live.last.saturating_sub(self.last.saturating_add(self.left_out));
        let runs = qemu >= ago.saturating_add(hidden);
        // What was grown in that time was needed in it.
        let grew = !live.taken && live.changed.is_some_and(|at| at > live.last.saturating_sub(ago));
        let unseen = gap.saturating_add(hidden);
        // A gap that is not the restart's is one as at any time.
        let other = !live.is_new;
        if other || unseen > UNSEEN || unseen > START && (grew || !runs) {
            self.since = Some(first);
        } else if unseen > START {
            self.left_out += gap;
        }
        let cut = |at: u32| at.saturating_sub(self.left_out);
        (self.last, self.taken) = (cut(live.last), live.taken);
        self.changed = live.changed.map(cut);
    }
}

#[cfg(test)]
mod tests;
