//! For people.

use std::fmt::Write as _;

use vm_autoscale_planner::Resource;
use vm_autoscale_scheduler::{Explained, Explanation, Gate, Remedy, Side, Stand};

use super::known::{Known, Of};
use crate::pause::span;
use crate::wrap::wrapped;

/// What says something also where it stops nothing.
const TELLING: [&str; 4] = ["use", "bounds", "room", "mode"];

/// A block for each VM, at most `width` columns wide but for single words.
/// `now` in seconds since 1970.
pub(super) fn text(explained: &Explained, known: &Known<'_>, (width, now): (usize, u64)) -> String {
    let mut text = String::new();
    for vm in &explained.vms {
        text.push_str(&of_vm(vm, &known.of_vm(vm), width));
    }
    for change in &explained.changes {
        let ago = span(now.saturating_sub(change.at));
        let said = format!("{} {}", change.step, change.text);
        text.push_str(&wrapped(&format!("changed {ago} ago: "), &said, width));
    }
    for why in &explained.silent {
        text.push_str(&wrapped("not asked: ", why, width));
    }
    text
}

fn of_vm(vm: &Explanation, known: &Of<'_>, width: usize) -> String {
    let mut text = wrapped("", &head(vm, known), width);
    text.push_str(&gates(&vm.gates, known, width));
    text.push_str(&remedies(&vm.to_allow, known, width));
    for side in &vm.resources {
        text.push_str(&wrapped("", &title(side), width));
        text.push_str(&gates(&side.gates, known, width));
        text.push_str(&remedies(&side.to_allow, known, width));
    }
    text
}

fn head(vm: &Explanation, known: &Of<'_>) -> String {
    let name = vm.name.as_deref().unwrap_or("-");
    let node = vm.node.as_ref().map(|node| format!(" on {node},")).unwrap_or_default();
    let mut text = format!("VM {} {name}{node} cluster {}", vm.vmid, vm.cluster);
    match vm.looked_after {
        Some(false) => return text + ": NOT LOOKED AFTER",
        None => return text + ": NOT KNOWN WHETHER IT IS LOOKED AFTER",
        Some(true) => {}
    }
    if let Some(class) = &vm.class {
        // Writing to a String cannot fail.
        let _ = write!(text, ", class {class}");
    }
    for setting in [&vm.mode, &vm.policy] {
        let place = known.place(setting).map(|place| format!(" ({place})")).unwrap_or_default();
        let _ = write!(text, ", {} {}{place}", setting.key, setting.value);
    }
    text
}

/// What is done to it, and why.
fn title(side: &Side) -> String {
    let (what, unit) = match side.resource {
        Resource::Cpu => ("vCPUs", ""),
        Resource::Memory => ("memory", " MiB"),
    };
    let size = side.size.map_or_else(|| "?".to_owned(), |size| format!("{size}{unit}"));
    let does = match (&side.step, side.acts) {
        (None, _) => "NO CHANGE".to_owned(),
        (Some(step), true) => format!("CHANGES {step}"),
        (Some(step), false) => format!("WOULD CHANGE {step}"),
    };
    format!("{what} {size}: {does}: {}", side.why)
}

/// Those that let it through and have nothing to tell in one paragraph, the others each by itself.
fn gates(gates: &[Gate], known: &Of<'_>, width: usize) -> String {
    let is_quiet =
        |gate: &&Gate| gate.stand == Stand::Passes && !TELLING.contains(&gate.name.as_str());
    let quiet: Vec<String> = gates
        .iter()
        .filter(is_quiet)
        .map(|gate| format!("{} ({})", gate.name, gate.said))
        .collect();
    let mut text = String::new();
    if !quiet.is_empty() {
        text.push_str(&wrapped("  passes     ", &quiet.join(", "), width));
    }
    for gate in gates.iter().filter(|gate| !is_quiet(gate)) {
        let mut said = gate.said.clone();
        for setting in gate.settings.iter().filter(|setting| !setting.value.is_empty()) {
            // A default says little where it stops nothing.
            let place = known
                .place(setting)
                .filter(|place| place != "default" || gate.stand != Stand::Passes);
            let Some(place) = place else { continue };
            // Writing to a String cannot fail.
            let _ = write!(said, "; {} {}: {place}", setting.key, setting.value);
        }
        said.push_str(match gate.stand {
            Stand::Passes => "",
            Stand::Stops => "   STOPS HERE",
            Stand::Also => "   would stop it, too",
        });
        text.push_str(&wrapped(&format!("  {:<10} ", gate.name), &said, width));
    }
    text
}

fn remedies(all: &[Remedy], known: &Of<'_>, width: usize) -> String {
    let line = |remedy: &Remedy| {
        let place = remedy.key.as_deref().and_then(|key| known.line(key));
        let place = place.map(|place| format!(" ({place})")).unwrap_or_default();
        wrapped("  to allow   ", &format!("{}{place}", remedy.said), width)
    };
    all.iter().map(line).collect()
}
