//! Growth that the helper's rules refuse is asked for in smaller steps.

use std::time::Duration;

use vm_autoscale_proxmox::{Ladder, MemoryMib, Vcpus};

use super::{State, Wanted};
use crate::{Moment, Move, Resource};

/// The helper may have other rules by then.
const HOLDS: Duration = Duration::from_secs(3600);

impl State {
    /// The helper refused so large a step by a rule. True where a smaller one may do.
    pub(crate) fn refused_by_rule(&mut self, now: Moment, step: Move) -> bool {
        let (resource, by, least) = match step {
            Move::Cpu { from, to } => (Resource::Cpu, to.get().saturating_sub(from.get()), 1),
            Move::Memory { from, to } => {
                let next = Ladder::up(from).map_or(0, |next| next.get() - from.get());
                (Resource::Memory, to.get().saturating_sub(from.get()), next)
            }
            Move::CpuLimit { .. } | Move::Balloon { .. } => return false,
        };
        if by <= least {
            return false;
        }
        self.of(resource).reach = Some(((by / 2).max(least), now));
        true
    }

    /// What is wanted, in steps that were not refused.
    pub(crate) fn within_reach(&self, now: Moment, wanted: Wanted) -> Wanted {
        let (step, reason) = wanted?;
        let holds = |reach: Option<(u32, Moment)>| {
            reach.filter(|(_, since)| now.since(*since) <= HOLDS).map(|(reach, _)| reach)
        };
        let step = match step {
            Move::Cpu { from, to } => match holds(self.cpu.reach) {
                Some(reach) if to > from => Move::Cpu { from, to: to.min(more(from, reach)) },
                _ => step,
            },
            Move::Memory { from, to } => match holds(self.memory.reach) {
                Some(reach) if to > from => Move::Memory { from, to: to.min(larger(from, reach)) },
                _ => step,
            },
            Move::CpuLimit { .. } | Move::Balloon { .. } => step,
        };
        Ok((step, reason))
    }
}

fn more(from: Vcpus, by: u32) -> Vcpus {
    Vcpus::try_from(from.get().saturating_add(by)).unwrap_or(from)
}

/// At least the next size.
fn larger(from: MemoryMib, by: u32) -> MemoryMib {
    let most = MemoryMib::try_from(from.get().saturating_add(by)).ok().and_then(Ladder::floor);
    most.filter(|most| *most > from).or_else(|| Ladder::up(from)).unwrap_or(from)
}
