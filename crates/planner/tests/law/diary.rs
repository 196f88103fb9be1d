//! What a scheduler notes of what a VM uses: in blocks of five minutes, as it does.

use std::time::Duration;

use vm_autoscale_planner::{Moment, Past, PastBlock, PastUse, Planner, Sample, VmPolicy};

use crate::world::id;

/// By the clock on the wall at the beginning.
pub(crate) const WALL: u64 = 1_800_000_000;
const BLOCK: u64 = 300;

#[derive(Default)]
pub(crate) struct Diary {
    blocks: Vec<PastBlock>,
    /// When the block began that is being filled.
    begun: Option<u64>,
    /// Of the last sample: none where the next is the first.
    ctime: Option<u64>,
    sums: [Sum; 2],
}

#[derive(Default)]
struct Sum {
    samples: u32,
    total: f64,
    most: f64,
}

impl Diary {
    /// A look, by what the planner makes of it.
    pub(crate) fn note(&mut self, now: u64, sample: Option<&Sample>, planner: &Planner) {
        let begun = *self.begun.get_or_insert(now);
        if now - begun >= BLOCK {
            self.close(now, planner);
            self.begun = Some(now);
        }
        let Some(sample) = sample else { return };
        let before = self.ctime.replace(sample.ctime);
        if before.is_none_or(|before| before == sample.ctime) {
            return;
        }
        for (sum, used) in self.sums.iter_mut().zip([sample.cores_used, sample.memory_used]) {
            if let Some(used) = used.filter(|used| *used > 0.0) {
                sum.samples += 1;
                sum.total += used;
                sum.most = sum.most.max(used);
            }
        }
    }

    /// The block ends.
    pub(crate) fn close(&mut self, now: u64, planner: &Planner) {
        let Some(begun) = self.begun.take() else { return };
        let moment = |seconds| Moment(Duration::from_secs(seconds));
        let needed = planner.needed(id(), moment(begun), moment(now));
        let sums = std::mem::take(&mut self.sums);
        let [cpu, memory] = [0, 1].map(|of: usize| {
            let Sum { samples, total, most } = sums[of];
            let mean = total / f64::from(samples.max(1));
            (samples > 0).then_some(PastUse { samples, mean, most, needed: needed[of] })
        });
        let seconds = (now - begun).try_into().unwrap();
        let (end, wall) = (moment(now), WALL + now);
        self.blocks.push(PastBlock { end, wall, seconds, cpu, memory });
    }

    /// What was not noted is lost.
    pub(crate) fn lose(&mut self) {
        *self = Self { blocks: std::mem::take(&mut self.blocks), ..Self::default() };
    }

    /// When the last block ended.
    pub(crate) fn noted(&self) -> u64 {
        self.blocks.last().map_or(0, |block| block.end.0.as_secs())
    }

    pub(crate) fn past(&self, policy: &VmPolicy) -> Past {
        let mut past = Past::new(policy).unwrap();
        self.blocks.iter().for_each(|block| past.see(block));
        past
    }
}
