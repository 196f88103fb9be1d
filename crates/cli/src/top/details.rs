//! All that is known of the VM that is marked.

use std::fmt::Write as _;

use super::model::Model;
use super::trail::Hour;
use crate::detail::detail;
use crate::pause::span;

/// `now` in seconds since 1970.
pub(super) fn text(model: &Model, now: u64) -> String {
    let Some((cluster, vm)) = model.marked() else {
        return "\nNo VM is here: Esc goes back.".to_owned();
    };
    let mut text = "\n".to_owned();
    detail(&mut text, cluster, vm, (model.report.source, now));
    let key = (cluster.name.clone(), vm.vmid);
    if let Some((_, trail)) = model.trails.get(&key) {
        hours(&mut text, "vCPUs", &trail.cpu);
        hours(&mut text, "memory", &trail.memory);
        for (at, told) in &trail.changes {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "  {} ago: {told}", span(now.saturating_sub(*at)));
        }
    }
    text
}

/// The use of 24 h, and below it when it was changed.
fn hours(text: &mut String, what: &str, hours: &[Hour]) {
    let blocks: String = hours.iter().map(|hour| hour.block()).collect();
    let marks: String = hours.iter().map(|hour| hour.mark().unwrap_or(' ')).collect();
    // Writing to a String cannot fail.
    let _ = writeln!(text, "  24 h of {what:<7}  {blocks}");
    if !marks.trim().is_empty() {
        let _ = writeln!(text, "  grew ▲, shrank ▼ {}", marks.trim_end());
    }
}
