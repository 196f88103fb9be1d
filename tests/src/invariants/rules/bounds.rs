//! I1: how much.

use super::super::Checker;
use super::super::allowed::Direction;
use super::super::books::Read;
use super::super::change::Change;

/// vCPUs that one change may take away.
const VCPUS_DOWN: u32 = 3;

/// Bounds, ladder, cores, direction, steps, and what the guest needs.
pub(super) fn beyond(
    checker: &Checker,
    change: &Change<'_>,
    basis: Option<&Read>,
    (key, from, to): (&str, Option<u32>, u32),
) -> Option<String> {
    let Some(bounds) = checker.allowed.bounds(change.vmid) else {
        return Some("it is not one that may be changed".to_owned());
    };
    let cpu = key == "vcpus";
    let range = if cpu { &bounds.vcpus } else { &bounds.memory };
    if !range.contains(&to) {
        return Some(format!("{key} {to} is outside {} to {}", range.start(), range.end()));
    }
    if cpu && basis.is_some_and(|read| to > read.conf.most) {
        return Some(format!("{to} vCPUs are more than it has cores"));
    }
    if !cpu && !ladder().any(|size| size == to) {
        return Some(format!("{to} MiB is on no step of the ladder"));
    }
    let shrinks = from.is_some_and(|from| to < from);
    let wrong = match checker.allowed.direction {
        Direction::None => true,
        Direction::Up => shrinks,
        Direction::Both => false,
    };
    if wrong {
        return Some("a change of this direction is not allowed".to_owned());
    }
    let from = from.filter(|_| shrinks)?;
    let next = ladder().take_while(|size| *size < from).last();
    if cpu && from - to > VCPUS_DOWN || !cpu && next != Some(to) {
        return Some(format!("from {from} to {to} is too much at once"));
    }
    needed(checker, change, (key, to))
}

/// 1024 MiB, and eight groups of 32 DIMMs, each group's twice as large as the last one's.
fn ladder() -> impl Iterator<Item = u32> {
    let dimms = (0..8u32).flat_map(|group| std::iter::repeat_n(512u32 << group, 32));
    std::iter::once(1024).chain(dimms.scan(1024, |size, dimm| {
        *size += dimm;
        Some(*size)
    }))
}

/// Never below what the guest was seen to need.
fn needed(checker: &Checker, change: &Change<'_>, (key, to): (&str, u32)) -> Option<String> {
    if !checker.allowed.needs {
        return None;
    }
    let (since, (cores, mib)) = checker.world.load(change.vmid, change.entry.start)?;
    let needs = if key == "vcpus" { cores } else { mib };
    let seen = since + 2.0 * checker.allowed.round;
    let known = checker.world.was_seen(seen, change.entry.start, checker.allowed.late);
    (f64::from(to) < needs && known).then(|| format!("{key} {to}, and the guest needs {needs}"))
}

pub(super) fn size(read: &Read, key: &str) -> Option<u32> {
    if key == "vcpus" { read.conf.vcpus } else { read.conf.memory }
}
