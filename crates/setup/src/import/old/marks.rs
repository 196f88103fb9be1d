//! When VMs grow and shrink.

use super::{Marks, percent};
use crate::import::reader::Reader;
use crate::import::section::Section;

/// Those for all VMs.
pub(super) fn read(reader: &mut Reader, marks: &Section<'_>, default: (f64, f64)) -> Marks {
    let high = percent(reader, marks, "high", default.0);
    let low = percent(reader, marks, "low", default.1);
    if low >= high {
        let problem = format!("`low` {low} is not below `high` {high}");
        let rule = "`low` must be below `high`: between them nothing is done";
        reader.refuse(marks.problem("low", problem).rule(rule));
    }
    Marks { high, low }
}

/// A bound that the VM does not have is the one for all VMs.
pub(super) fn of_vm(
    reader: &mut Reader,
    marks: &Section<'_>,
    of: &str,
    above: Marks,
) -> Option<Marks> {
    let nested = marks.section(of);
    let mut one = |bound: &str| {
        let flat = format!("{of}_{bound}");
        if reader.get(marks, &flat).and(reader.get(&nested, bound)).is_some() {
            let problem = format!("both `{flat}` and `{of}.{bound}` are there");
            let problem = marks.problem(&flat, problem);
            reader.refuse(problem.rule("one of them").help("delete one"));
        }
        let said = reader.percent(marks, &flat);
        said.or_else(|| reader.percent(&nested, bound))
    };
    let (high, low) = (one("high"), one("low"));
    let (said, other, value) = match (high, low) {
        (None, None) => return None,
        (Some(_), _) => ("high", "low", above.low),
        (None, Some(_)) => ("low", "high", above.high),
    };
    if high.is_none() || low.is_none() {
        let note = format!("`{other}: {value}` beside it, as all VMs have it");
        reader.note(marks.path_of(&format!("{of}_{said}")), note.clone());
        reader.note(nested.path_of(said), note);
    }
    let own = Marks { high: high.unwrap_or(above.high), low: low.unwrap_or(above.low) };
    if own.low >= own.high {
        let problem = format!("{of}: `low` {} is not below `high` {}", own.low, own.high);
        let keys = [format!("{of}_low"), format!("{of}_high"), of.to_owned()];
        let key = keys.iter().find(|key| marks.has(key));
        let problem = marks.problem(key.map_or(of, String::as_str), problem);
        let rule = "`low` must be below `high`; what the VM does not say comes from all VMs' marks";
        reader.refuse(problem.rule(rule));
    }
    Some(own)
}
