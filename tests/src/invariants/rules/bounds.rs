//! I1: how much, and by which lever.

use super::super::Checker;
use super::super::allowed::{Bounds, By, Cpu, Direction};
use super::Case;

/// vCPUs that one change may take away.
const VCPUS_DOWN: u32 = 3;
/// Hundredths of a core: limits go in quarters.
const QUARTER: u32 = 25;

/// Bounds, ladder, cores, direction, steps and levers.
pub(super) fn beyond(checker: &Checker, case: &Case<'_>, bounds: &Bounds) -> Option<String> {
    let ordered = case.by == By::Order;
    let wrong = |direction: Direction| match direction {
        Direction::None => true,
        Direction::Up => case.shrinks(),
        Direction::Both => false,
    };
    let outside = (!ordered).then(|| outside(case, bounds)).flatten();
    if let Some(why) = outside.or_else(|| unable(checker, case, bounds)).or_else(|| too_far(case)) {
        return Some(why);
    }
    let allowed = [checker.allowed.direction, bounds.way.direction];
    (!ordered && allowed.into_iter().any(wrong))
        .then(|| "a change of this direction is not allowed".to_owned())
}

/// What grows stays below the most, what shrinks above the least.
fn outside(case: &Case<'_>, bounds: &Bounds) -> Option<String> {
    let Case { key, to, .. } = *case;
    let hundredths = |cores: u32| cores.saturating_mul(100);
    let (least, most) = match key {
        "vcpus" => (*bounds.vcpus.start(), *bounds.vcpus.end()),
        "cpulimit" => (hundredths(*bounds.vcpus.start()), hundredths(*bounds.vcpus.end())),
        _ => (*bounds.memory.start(), *bounds.memory.end()),
    };
    // Without a limit there is what is plugged.
    let plugged = case.basis.and_then(|read| read.conf.vcpus).map_or(u32::MAX, hundredths);
    let size = if key == "cpulimit" && to == 0 { plugged } else { to };
    let grows = case.from.is_none_or(|from| case.amount() > from);
    let fits = if grows { size <= most } else { size >= least };
    let fits = fits && (case.from.is_some() || size >= least);
    (!fits).then(|| format!("{key} {to} is outside {least} to {most}"))
}

/// Not what the VM cannot do, and not by a lever that is not to be used.
fn unable(checker: &Checker, case: &Case<'_>, bounds: &Bounds) -> Option<String> {
    let conf = &case.basis?.conf;
    let (way, key) = (bounds.way, case.key);
    let others =
        || conf.cpulimit.is_some_and(|limit| !checker.books.limits(case.change.vmid, limit));
    let lever = match key {
        "vcpus" => way.cpu != Cpu::Limit,
        "cpulimit" => way.cpu == Cpu::Limit || way.cpu == Cpu::Either && !others(),
        "memory" => !way.balloon,
        _ => way.balloon,
    };
    if !lever && case.by != By::Order {
        return Some(format!("its {key} is not to be changed"));
    }
    let able = match key {
        "vcpus" => conf.takes_cpus,
        "cpulimit" => true,
        "memory" => conf.takes_dimms && conf.balloon.is_none_or(|least| least == 0),
        _ => conf.is_ours && conf.balloon != Some(0),
    };
    (!able).then(|| format!("by its own config its {key} cannot be changed"))
}

fn too_far(case: &Case<'_>) -> Option<String> {
    let Case { key, to, .. } = *case;
    let conf = &case.basis?.conf;
    if key == "vcpus" && to > conf.most {
        return Some(format!("{to} vCPUs are more than it has cores"));
    }
    if key == "memory" && !ladder().any(|size| size == to) {
        return Some(format!("{to} MiB is on no step of the ladder"));
    }
    if key == "cpulimit" && !to.is_multiple_of(QUARTER) && case.by != By::Order {
        return Some(format!("a limit of {to} hundredths is no quarter of a core"));
    }
    if key == "balloon" && conf.memory.is_some_and(|memory| to > memory) {
        return Some(format!("the balloon cannot leave {to} MiB"));
    }
    let from = case.from.filter(|_| case.shrinks())?;
    let next = ladder().take_while(|size| *size < from).last();
    let jumps = match key {
        "vcpus" => from - to > VCPUS_DOWN,
        "memory" => next != Some(to),
        _ => false,
    };
    jumps.then(|| format!("from {from} to {to} is too much at once"))
}

/// 1024 MiB, and eight groups of 32 DIMMs, each group's twice as large as the last one's.
fn ladder() -> impl Iterator<Item = u32> {
    let dimms = (0..8u32).flat_map(|group| std::iter::repeat_n(512u32 << group, 32));
    std::iter::once(1024).chain(dimms.scan(1024, |size, dimm| {
        *size += dimm;
        Some(*size)
    }))
}
