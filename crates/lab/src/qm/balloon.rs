//! The balloon.

use vm_autoscale_proxmox::VmId;

use super::Change;
use super::hotplug::Outcome;
use crate::cluster::Cluster;
use crate::{Answer, Lab, machine};

/// On every call with memory or balloon: the balloon's minimum may not exceed the memory,
/// whether that is set, pending or current.
pub(super) fn check(cluster: &Cluster, change: &Change) -> Result<(), Answer> {
    if change.value("memory").or(change.value("balloon")).is_none() {
        return Ok(());
    }
    let Some(vm) = cluster.vms.get(&change.vmid) else { return Ok(()) };
    let parts = vm.conf.parts();
    let number = |option: &str| {
        let waiting = parts.pending.get(option).or(parts.main.get(option));
        let text = change.value(option).or(waiting.map(String::as_str))?;
        text.strip_prefix("current=").unwrap_or(text).parse::<u32>().ok()
    };
    let memory = number("memory").unwrap_or(512);
    match number("balloon") {
        Some(balloon) if balloon > memory => Err(Answer::fail(
            "balloon value too large (must be smaller than assigned memory)\n",
            255,
        )),
        _ => Ok(()),
    }
}

/// Takes effect in the guest only with `shares: 0`; else pvestatd would act on it some time.
pub(super) async fn apply(lab: &Lab, vmid: VmId, wish: u32) -> Outcome {
    let found = lab.cluster().vms.get(&vmid).map(|vm| {
        let has_device = vm.conf.number("balloon") != Some(0);
        (has_device, vm.conf.number("shares") == Some(0))
    });
    let Some((_, manual)) = found.filter(|(device, _)| *device == (wish != 0)) else {
        return Outcome::Skipped;
    };
    if manual && let Err(text) = machine::balloon(lab, vmid, wish).await {
        return Outcome::Failed(text);
    }
    Outcome::Applied(wish.to_string())
}
