//! The lines of the configuration that would be changed.

use std::collections::BTreeMap;

use serde::Serialize;
use vm_autoscale_config::Mode;
use vm_autoscale_proxmox::VmId;

use super::evidence::{Evidence, Verdict};
use crate::config::ModeLine;

/// One line, and for whom it speaks.
#[derive(Debug, Serialize)]
pub(super) struct Change {
    /// Where it stands; nothing where no line says the mode.
    pub(super) place: Option<String>,
    /// What it is to say.
    pub(super) line: String,
    pub(super) ready: usize,
    /// VMs that it would take along before they are ready.
    pub(super) not_ready: Vec<VmId>,
    /// What would hold those back.
    pub(super) hold_back: Option<String>,
}

/// Of all lines by which a VM is in its mode, those that would bring one that is ready further.
pub(super) fn lines(all: &[Evidence]) -> Vec<Change> {
    let mut by_line: BTreeMap<(&ModeLine, Mode), Vec<&Evidence>> = BTreeMap::new();
    for one in all {
        if let Some(next) = one.next {
            by_line.entry((&one.line, next)).or_default().push(one);
        }
    }
    let changes = by_line.into_iter().map(|((line, next), vms)| change(line, next, &vms));
    changes.filter(|change| change.ready > 0).collect()
}

fn change(line: &ModeLine, next: Mode, vms: &[&Evidence]) -> Change {
    let not_ready: Vec<&&Evidence> = vms.iter().filter(|vm| vm.verdict != Verdict::Ready).collect();
    let entry = |vm: &&&Evidence| format!("{{vm_id: {}, mode: {}}}", vm.vmid, vm.mode);
    let entries: Vec<String> = not_ready.iter().map(entry).collect();
    let hold_back = format!("virtual_machines: [{}]", entries.join(", "));
    Change {
        place: line.place.clone(),
        line: if line.is_dry_run { "dry_run: false".to_owned() } else { format!("mode: {next}") },
        ready: vms.len() - not_ready.len(),
        hold_back: (!not_ready.is_empty()).then_some(hold_back),
        not_ready: not_ready.iter().map(|vm| vm.vmid).collect(),
    }
}
