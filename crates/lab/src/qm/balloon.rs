//! The balloon.

use vm_autoscale_proxmox::VmId;

use super::Change;
use super::hotplug::Outcome;
use crate::Answer;
use crate::node::Node;

/// On every call with memory or balloon: the balloon's minimum may not exceed the memory,
/// whether that is set, pending or current.
pub(super) fn check(node: &Node, change: &Change) -> Result<(), Answer> {
    if change.value("memory").or(change.value("balloon")).is_none() {
        return Ok(());
    }
    let Some(vm) = node.vms.get(&change.vmid) else { return Ok(()) };
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
pub(super) fn apply(node: &mut Node, vmid: VmId, wish: u32) -> Outcome {
    let Some(vm) = node.vms.get_mut(&vmid) else { return Outcome::Skipped };
    let had_device = vm.conf.number("balloon") != Some(0);
    if had_device != (wish != 0) {
        return Outcome::Skipped;
    }
    let manual = vm.conf.number("shares") == Some(0);
    if let Some(qemu) = vm.qemu.as_mut().filter(|_| manual) {
        let memory = qemu.memory();
        qemu.ballooned = qemu.ballooned.map(|_| memory.saturating_sub(wish));
    }
    Outcome::Applied(wish.to_string())
}
