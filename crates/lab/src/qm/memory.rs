//! DIMMs (`PVE/QemuServer/Memory.pm`, `qemu_memory_hotplug`).

use std::fmt::Write as _;

use vm_autoscale_proxmox::{Ladder, VmId};

use super::cpu::parameter;
use super::hotplug::Outcome;
use crate::Lab;
use crate::control::Part;
use crate::guest::{BASE_MIB, dimm_mib};
use crate::node::Node;

/// A DIMM that comes; recorded: six in less than a second.
const PLUG_S: f64 = 0.05;
/// Between asking for a DIMM and looking whether it is gone.
const UNPLUG_S: f64 = 3.0;
/// How often it is asked for.
const TRIES: u32 = 7;

/// Plugs DIMMs until there is at least that much, or unplugs until there is at most that much.
pub(super) async fn memory(lab: &Lab, vmid: VmId, wish: u32, stdout: &mut String) -> Outcome {
    let config = lab.node().vms.get(&vmid).and_then(|vm| vm.conf.parsed());
    let Some(config) = config.filter(|config| config.hotplug.memory) else {
        return Outcome::Skipped;
    };
    let current = config.memory.get();
    if wish < BASE_MIB {
        return Outcome::Failed(format!(
            "memory can't be lower than {BASE_MIB} MB at /usr/share/perl5/PVE/QemuServer/Memory.pm line 219."
        ));
    }
    if wish > Ladder::USUAL_MAX_MIB {
        let most = Ladder::USUAL_MAX_MIB;
        return Outcome::Failed(format!("you cannot add more memory than max mem {most} MB!"));
    }
    let result = if wish > current {
        plug(lab, vmid, current, wish).await
    } else {
        unplug(lab, vmid, current, wish, stdout).await
    };
    match result {
        Ok(reached) => Outcome::Applied(reached.to_string()),
        Err(text) => Outcome::Failed(text),
    }
}

/// From the config's size, whatever QEMU has.
async fn plug(lab: &Lab, vmid: VmId, current: u32, wish: u32) -> Result<u32, String> {
    let mut reached = current;
    for (dimm, size) in (0u32..).zip(Ladder::sizes().skip(1)) {
        if size <= current {
            continue;
        }
        add(&mut lab.node(), vmid, dimm)?;
        lab.pause(PLUG_S).await;
        reached = size;
        write(lab, vmid, reached);
        if reached >= wish {
            break;
        }
    }
    Ok(reached)
}

/// Highest first, by what QEMU has.
async fn unplug(
    lab: &Lab,
    vmid: VmId,
    current: u32,
    wish: u32,
    stdout: &mut String,
) -> Result<u32, String> {
    let mut reached = current;
    while reached > wish {
        let Some(dimm) = highest(&lab.node(), vmid)? else { break };
        // Writing to a String cannot fail.
        let _ = writeln!(stdout, "try to unplug memory dimm dimm{dimm}");
        let mut tries = 0;
        loop {
            let now = lab.now();
            release(&mut lab.node(), vmid, dimm, now);
            lab.pause(UNPLUG_S).await;
            if highest(&lab.node(), vmid)? != Some(dimm) {
                break;
            }
            tries += 1;
            if tries == TRIES {
                return Err(parameter(&format!("dimm{dimm}: error unplug memory module")));
            }
        }
        reached = reached.saturating_sub(dimm_mib(dimm));
        write(lab, vmid, reached);
    }
    Ok(reached)
}

fn write(lab: &Lab, vmid: VmId, reached: u32) {
    lab.node().write(vmid, |parts| {
        parts.main.insert("memory".into(), reached.to_string());
    });
}

fn gone(vmid: VmId, command: &str) -> String {
    format!("VM {vmid} qmp command '{command}' failed - client closed connection")
}

fn highest(node: &Node, vmid: VmId) -> Result<Option<u32>, String> {
    let qemu = node.vms.get(&vmid).and_then(|vm| vm.qemu.as_ref());
    let qemu = qemu.ok_or_else(|| gone(vmid, "query-memory-devices"))?;
    Ok(qemu.dimms.last().copied())
}

fn add(node: &mut Node, vmid: VmId, dimm: u32) -> Result<(), String> {
    let vm = node.vms.get_mut(&vmid).ok_or_else(|| gone(vmid, "object-add"))?;
    let qemu = vm.qemu.as_mut().ok_or_else(|| gone(vmid, "object-add"))?;
    if qemu.orphans.contains(&dimm) || !qemu.dimms.insert(dimm) {
        return Err(format!(
            "VM {vmid} qmp command 'object-add' failed - attempt to add duplicate property 'mem-dimm{dimm}' to object (type 'container')"
        ));
    }
    if !vm.faults.contains(&Part::OnlinesNothing) && !vm.guest.dead {
        vm.guest.online_dimms.insert(dimm);
    }
    Ok(())
}

/// Asks the guest for a DIMM. Where its programs do not fit into what is left, it dies of that.
fn release(node: &mut Node, vmid: VmId, dimm: u32, now: f64) {
    let t = node.load_time(now);
    let Some(vm) = node.vms.get_mut(&vmid) else { return };
    let spare = vm.qemu.as_ref().is_some_and(|qemu| vm.can_spare(qemu, dimm, t));
    if vm.guest.dead || vm.faults.contains(&Part::KeepsDimms) {
        return;
    }
    if !spare {
        vm.guest.dead = true;
        return;
    }
    if let Some(qemu) = &mut vm.qemu {
        qemu.dimms.remove(&dimm);
        qemu.ballooned = qemu.ballooned.map(|held| held.saturating_sub(dimm_mib(dimm)));
        vm.guest.online_dimms.remove(&dimm);
    }
}
