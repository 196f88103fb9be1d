//! From one size to another in steps that the helper lets through.

use vm_autoscale_planner::Move;
use vm_autoscale_proxmox::{BalloonMib, Ladder, MemoryMib, Vcpus, VmConfig};

/// The most vCPUs that one change takes.
const VCPUS_DOWN: u32 = 3;
/// No way has more steps: the ladder of DIMMs is shorter.
const MOST: usize = 300;

/// The steps of a way, as far as no rule of the helper's makes them smaller.
#[must_use]
pub fn steps(way: Move) -> Vec<Move> {
    let mut steps: Vec<Move> = Vec::new();
    let mut rest = Some(way);
    while let Some(step) = rest.and_then(|rest| first_step(rest, None)) {
        if steps.len() >= MOST {
            break;
        }
        steps.push(step);
        rest = after(way, step);
    }
    steps
}

/// The first step of a way, no larger than `reach`: vCPUs, or sizes of the DIMM ladder. Nothing
/// where it leads nowhere.
pub(crate) fn first_step(way: Move, reach: Option<u32>) -> Option<Move> {
    match way {
        Move::Cpu { from, to } => {
            let most = reach.unwrap_or(u32::MAX);
            let (low, high) = (
                from.get().saturating_sub(most.min(VCPUS_DOWN)).max(1),
                from.get().saturating_add(most),
            );
            let to = Vcpus::try_from(to.get().clamp(low, high)).ok()?;
            (to != from).then_some(Move::Cpu { from, to })
        }
        Move::Memory { from, to } if to < from => {
            let to = Ladder::down(from)?.max(to);
            Some(Move::Memory { from, to })
        }
        Move::Memory { from, to } => {
            let highest = (0..reach.unwrap_or(0)).try_fold(from, |mib, _| Ladder::up(mib));
            let to = highest.filter(|_| reach.is_some()).map_or(to, |highest| to.min(highest));
            (to != from).then_some(Move::Memory { from, to })
        }
        Move::CpuLimit { from, to } => (to != from).then_some(way),
        Move::Balloon { from, to } => (from != Some(to)).then_some(way),
    }
}

/// Half as far, where a rule of the helper's forbids so large a step; nothing where it is the
/// smallest already.
pub(crate) fn smaller(step: Move) -> Option<u32> {
    let size = match step {
        Move::Cpu { from, to } => from.get().abs_diff(to.get()),
        Move::Memory { from, to } if to > from => {
            let between = |size: &u32| (from.get()..to.get()).contains(size);
            Ladder::sizes().filter(between).count().try_into().ok()?
        }
        _ => 1,
    };
    (size > 1).then_some(size / 2)
}

/// The same goal from where the config is now; nothing where its figure makes no sense.
pub(crate) fn onward(goal: Move, config: &VmConfig) -> Option<Move> {
    Some(match goal {
        Move::Cpu { to, .. } => Move::Cpu { from: config.plugged_vcpus().ok()?, to },
        Move::CpuLimit { to, .. } => Move::CpuLimit { from: config.cpulimit, to },
        Move::Memory { to, .. } => Move::Memory { from: config.memory, to },
        Move::Balloon { to, .. } => {
            let from = config.balloon.and_then(|mib| BalloonMib::try_from(mib).ok());
            Move::Balloon { from, to }
        }
    })
}

/// Whether a way leads nowhere.
pub(crate) fn is_there(way: Move) -> bool {
    match way {
        Move::Cpu { from, to } => from == to,
        Move::CpuLimit { from, to } => from == to,
        Move::Memory { from, to } => from == to,
        Move::Balloon { from, to } => from == Some(to),
    }
}

/// What is left of a way after a step.
fn after(way: Move, step: Move) -> Option<Move> {
    Some(match (way, step) {
        (Move::Cpu { to, .. }, Move::Cpu { to: from, .. }) => Move::Cpu { from, to },
        (Move::Memory { to, .. }, Move::Memory { to: from, .. }) => Move::Memory { from, to },
        _ => return None,
    })
}

/// What the balloon leaves by the config before and after such a step, or what is plugged; nothing
/// where no memory is taken.
pub(crate) fn taken(step: Move, config: &VmConfig) -> Option<(MemoryMib, MemoryMib)> {
    match step {
        Move::Memory { from, to } => Some((from, to)).filter(|(from, to)| to < from),
        Move::Balloon { from, to } => {
            let mib = |mib: BalloonMib| MemoryMib::try_from(mib.get()).ok();
            let from = from.map_or(Some(config.memory), mib)?.min(config.memory);
            Some((from, mib(to)?)).filter(|(from, to)| to < from)
        }
        Move::Cpu { .. } | Move::CpuLimit { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cpu(from: u32, to: u32) -> Move {
        Move::Cpu { from: from.try_into().unwrap(), to: to.try_into().unwrap() }
    }

    fn memory(from: u32, to: u32) -> Move {
        Move::Memory { from: from.try_into().unwrap(), to: to.try_into().unwrap() }
    }

    /// At most three vCPUs or one DIMM less at once; more at once.
    #[test]
    fn a_way_goes_in_steps_that_the_helper_lets_through() {
        assert_eq!(steps(cpu(9, 1)), [cpu(9, 6), cpu(6, 3), cpu(3, 1)]);
        assert_eq!(steps(cpu(1, 9)), [cpu(1, 9)]);
        assert_eq!(steps(cpu(4, 4)), []);
        let down = [memory(4096, 3584), memory(3584, 3072)];
        assert_eq!(steps(memory(4096, 3072)), down);
        assert_eq!(steps(memory(3072, 4096)), [memory(3072, 4096)]);
        assert_eq!(steps(memory(4_178_944, 1024)).len(), 256);
    }

    #[test]
    fn what_a_rule_forbids_is_tried_in_smaller_steps() {
        assert_eq!((smaller(cpu(1, 9)), smaller(cpu(4, 3))), (Some(4), None));
        assert_eq!(first_step(cpu(1, 9), Some(4)), Some(cpu(1, 5)));
        assert_eq!(first_step(cpu(9, 1), Some(1)), Some(cpu(9, 8)));
        assert_eq!(smaller(memory(3072, 4608)), Some(1));
        assert_eq!(first_step(memory(3072, 4608), Some(1)), Some(memory(3072, 3584)));
        assert_eq!(smaller(memory(3072, 3584)), None);
    }

    #[test]
    fn a_goal_is_gone_for_from_where_the_vm_is() {
        let config = VmConfig::parse("cores: 8\nvcpus: 3\nmemory: 4096\nballoon: 2048\n").unwrap();
        assert_eq!(onward(cpu(8, 2), &config), Some(cpu(3, 2)));
        assert!(is_there(onward(memory(8192, 4096), &config).unwrap()));
        let of = |from: Option<u32>, to: u32| Move::Balloon {
            from: from.map(|mib| mib.try_into().unwrap()),
            to: to.try_into().unwrap(),
        };
        assert_eq!(onward(of(None, 1024), &config), Some(of(Some(2048), 1024)));
        let mib = |mib: u32| MemoryMib::try_from(mib).unwrap();
        assert_eq!(taken(of(None, 1024), &config), Some((mib(4096), mib(1024))));
        assert_eq!(taken(of(Some(2048), 4096), &config), None);
        assert_eq!(taken(memory(4096, 3584), &config), Some((mib(4096), mib(3584))));
    }
}
