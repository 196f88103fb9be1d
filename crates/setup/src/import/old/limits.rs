//! How small and how large VMs may become.

use std::ops::RangeInclusive;

use super::Limits;
use crate::import::keys::Verdict;
use crate::import::reader::Reader;
use crate::import::section::Section;

/// What the helper can be told at all.
const CORES: RangeInclusive<u32> = 1..=4096;
const RAM: RangeInclusive<u32> = 16..=4_194_304;

/// Those for all VMs: a key of the section, else its flat form of old, else the old default.
pub(super) fn read(reader: &mut Reader, root: &Section<'_>) -> Limits {
    let section = root.section("scaling_limits");
    let mut one = |key: &str, flat: &str, range: &RangeInclusive<u32>, default: u32| {
        let said = reader.integer(&section, key, range);
        let legacy = reader.integer(root, flat, range);
        if said.is_some() && reader.get(root, flat).is_some() {
            let now = format!("left out: since 1.3.0 `scaling_limits.{key}` held over it");
            reader.instead(flat.to_owned(), Verdict::Refused, now);
        }
        // A default is told only where neither form is there.
        match said.or(legacy) {
            Some(value) => value,
            None => reader.or(&section, key, None, default),
        }
    };
    let cores =
        (one("min_cores", "min_cores", &CORES, 1), one("max_cores", "max_cores", &CORES, 8));
    let ram =
        (one("min_ram_mb", "min_ram", &RAM, 1024), one("max_ram_mb", "max_ram", &RAM, 16_384));
    ordered(reader, &section, ["min_cores", "max_cores"], cores);
    ordered(reader, &section, ["min_ram_mb", "max_ram_mb"], ram);
    if ram.0 < 1024 {
        let note = "below 1024 MiB a VM has no memory that could be plugged";
        reader.note(section.path_of("min_ram_mb"), note);
    }
    Limits { cores, ram }
}

/// A VM's own, with those for all VMs where it says nothing; none where it has none at all.
pub(super) fn of_vm(reader: &mut Reader, section: &Section<'_>, above: Limits) -> Option<Limits> {
    let mut own = false;
    let mut one = |key: &str, range: &RangeInclusive<u32>, above: u32| {
        let said = reader.integer(section, key, range);
        own |= said.is_some();
        said.unwrap_or(above)
    };
    let cores = (one("min_cores", &CORES, above.cores.0), one("max_cores", &CORES, above.cores.1));
    let ram = (one("min_ram_mb", &RAM, above.ram.0), one("max_ram_mb", &RAM, above.ram.1));
    if !own {
        return None;
    }
    ordered(reader, section, ["min_cores", "max_cores"], cores);
    ordered(reader, section, ["min_ram_mb", "max_ram_mb"], ram);
    Some(Limits { cores, ram })
}

/// Refuses bounds that cross, wherever the other one comes from.
fn ordered(
    reader: &mut Reader,
    section: &Section<'_>,
    [low, high]: [&str; 2],
    (min, max): (u32, u32),
) {
    if min > max {
        let key = if section.has(low) { low } else { high };
        let problem = section.problem(key, format!("`{low}` {min} exceeds `{high}` {max}"));
        let rule = format!("`{low}` must not exceed `{high}`, also where one is not said here");
        reader.refuse(problem.rule(rule));
    }
}
