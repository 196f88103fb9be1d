//! What a journal has of one VM, as a load, and the sizes that it had.

use crate::num::{real, whole};
use crate::{Ask, Error, Policy, Seen, Trace, TraceVm, World};

/// Seconds of a step: Proxmox's own.
const STEP: u32 = 10;
/// Steps in a year and a bit; more is a clock that was set.
const MAX_STEPS: usize = 4_000_000;

/// What a VM used in some minutes. Of what happened within them only this is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Block {
    /// When it began, in seconds of any clock.
    pub begin: u64,
    /// So long it was.
    pub seconds: u32,
    /// In cores; nothing where nothing was measured.
    pub cpu: Option<Span>,
    /// In MiB; nothing where nothing was measured.
    pub memory: Option<Span>,
}

/// What was used of a resource.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Span {
    /// On average.
    pub mean: f64,
    /// In the highest sample.
    pub most: f64,
    /// What was plugged at its end.
    pub plugged: u32,
}

/// The load of one VM, and what it had meanwhile.
#[derive(Debug, Clone, PartialEq)]
pub struct Past {
    trace: Trace,
    blocks: Vec<Block>,
    left_out: usize,
}

impl Past {
    /// Of blocks in the order in which they were noted. The VM may have as much as `most` says, in
    /// vCPUs and MiB, and at least what it had. In each block the highest sample comes first, and
    /// the others are all alike.
    ///
    /// # Errors
    /// No block says anything, or they lie years apart.
    pub fn new(name: &str, blocks: &[Block], most: (u32, u32)) -> Result<Self, Error> {
        let mut kept: Vec<Block> = Vec::with_capacity(blocks.len());
        for block in blocks.iter().filter(|block| block.cpu.is_some()) {
            // A clock that was set back: the time was told already.
            let end = kept.last().map_or(0, |last| last.begin.saturating_add(last.seconds.into()));
            if block.begin.saturating_add(STEP.into()) > end {
                kept.push(*block);
            }
        }
        let first = kept.first().ok_or_else(|| Error::World("nothing was measured".into()))?.begin;
        let steps = kept.last().map_or(0, |last| step_of(last, first).saturating_add(length(last)));
        if steps > MAX_STEPS {
            return Err(Error::World(
                "the journal's blocks lie years apart: a clock was set".into(),
            ));
        }
        let had = |span: fn(&Block) -> Option<Span>| {
            kept.iter().filter_map(|block| Some(span(block)?.plugged)).max().unwrap_or_default()
        };
        let vm = TraceVm {
            name: name.to_owned(),
            vcpus: f64::from(most.0.max(had(|block| block.cpu)).max(1)),
            memory: f64::from(most.1.max(had(|block| block.memory))),
        };
        let left_out = blocks.len() - kept.len();
        Ok(Self {
            trace: Trace::of_vm(vm, STEP, &loads(&kept, first, steps)),
            blocks: kept,
            left_out,
        })
    }

    /// As it is played.
    #[must_use]
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// Blocks without a figure of CPU, or of a time that another one has told of.
    #[must_use]
    pub fn left_out(&self) -> usize {
        self.left_out
    }

    /// Seconds of which something is known.
    #[must_use]
    pub fn measured(&self) -> f64 {
        self.blocks.iter().map(|block| f64::from(block.seconds)).sum()
    }

    /// Gives the VM the sizes that it had.
    #[must_use]
    pub fn as_it_was(&self) -> AsItWas<'_> {
        AsItWas { blocks: &self.blocks, at: 0, asked: (0, 0) }
    }
}

/// Cores and MiB in each of so many steps; not a number where nothing is known.
fn loads(blocks: &[Block], first: u64, steps: usize) -> Vec<(f64, f64)> {
    let mut loads = vec![(f64::NAN, f64::NAN); steps];
    for block in blocks {
        let places = loads.iter_mut().skip(step_of(block, first)).take(length(block));
        for (index, place) in places.enumerate() {
            let used = |span: Option<Span>| span.map(|span| span.at(index, length(block)));
            // What a guest needs beside its programs is in the figure already.
            let memory = used(block.memory).map(|mib| (mib - World::MEMORY_BASE).max(0.0));
            *place = (used(block.cpu).unwrap_or(f64::NAN), memory.unwrap_or(f64::NAN));
        }
    }
    loads
}

fn length(block: &Block) -> usize {
    usize::try_from(block.seconds.div_ceil(STEP)).unwrap_or(usize::MAX)
}

/// In which step it begins.
fn step_of(block: &Block, first: u64) -> usize {
    usize::try_from(block.begin.saturating_sub(first) / u64::from(STEP)).unwrap_or(usize::MAX)
}

impl Span {
    /// In that step of so many: their mean and their highest are what was measured.
    fn at(&self, index: usize, steps: usize) -> f64 {
        let others = (self.mean * real(steps) - self.most) / real(steps.saturating_sub(1));
        match index {
            _ if steps < 2 => self.mean,
            0 => self.most,
            _ => others.max(0.0),
        }
    }
}

/// A policy that knows what was.
#[derive(Debug)]
pub struct AsItWas<'a> {
    blocks: &'a [Block],
    at: usize,
    asked: (u32, u32),
}

impl Policy for AsItWas<'_> {
    fn step(&mut self, t: f64, _: &[Seen], asks: &mut Vec<Ask>) {
        let Some(first) = self.blocks.first() else { return };
        let now = first.begin.saturating_add(whole(t).into());
        while self.blocks.get(self.at + 1).is_some_and(|next| next.begin <= now) {
            self.at += 1;
        }
        // It is not known when within a block a size was another one: so long the larger holds.
        let before = self.at.checked_sub(1).and_then(|at| self.blocks.get(at));
        let size = |span: fn(&Block) -> Option<Span>| {
            let both = [before, self.blocks.get(self.at)].into_iter().flatten();
            both.filter_map(|block| Some(span(block)?.plugged)).max().unwrap_or_default()
        };
        let (vcpus, memory) = (size(|block| block.cpu), size(|block| block.memory));
        if vcpus > 0 && vcpus != self.asked.0 {
            asks.push(Ask::Vcpus(0, vcpus));
        }
        if memory > 0 && memory != self.asked.1 {
            asks.push(Ask::Memory(0, memory));
        }
        self.asked = (vcpus, memory);
    }
}

#[cfg(test)]
mod tests;
