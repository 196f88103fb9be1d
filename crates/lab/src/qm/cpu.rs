//! vCPUs (`qemu_cpu_hotplug`) and their time (`cpulimit`).

use vm_autoscale_proxmox::VmId;

use super::hotplug::Outcome;
use crate::Lab;
use crate::control::Part;
use crate::node::Node;

/// A CPU that comes; recorded: two in about 0.1 s.
const PLUG_S: f64 = 0.05;
/// A CPU that goes.
const UNPLUG_S: f64 = 1.0;
/// How long a CPU is waited for.
const PLUG_PATIENCE_S: f64 = 11.0;
/// How long a CPU may take to go.
const UNPLUG_PATIENCE_S: f64 = 6.0;

const NOT_RUNNING: &str = "qmp command 'human-monitor-command' failed - client closed connection";

/// Plugs or unplugs one CPU after the other; the config follows each.
pub(super) async fn vcpus(lab: &Lab, vmid: VmId, wish: u32) -> Outcome {
    let Some((current, most, pluggable)) = config(&lab.node(), vmid) else {
        return Outcome::Skipped;
    };
    if !pluggable {
        return Outcome::Skipped;
    }
    if wish > most {
        return Outcome::Failed("you can't add more vcpus than maxcpus".into());
    }
    let result = if wish < current {
        unplug(lab, vmid, current, wish).await
    } else {
        plug(lab, vmid, current, wish).await
    };
    match result {
        Ok(()) => Outcome::Applied(wish.to_string()),
        Err(text) => Outcome::Failed(text),
    }
}

/// What the config has, what it can have at most, and whether `hotplug` lets it.
fn config(node: &Node, vmid: VmId) -> Option<(u32, u32, bool)> {
    let config = node.vms.get(&vmid)?.conf.parsed()?;
    Some((config.plugged_vcpus().ok()?.get(), config.max_vcpus().ok()?.get(), config.hotplug.cpu))
}

async fn unplug(lab: &Lab, vmid: VmId, current: u32, wish: u32) -> Result<(), String> {
    for cpu in (wish + 1..=current).rev() {
        release(&mut lab.node(), vmid, cpu);
        if running(&lab.node(), vmid)? != cpu - 1 {
            lab.pause(UNPLUG_PATIENCE_S).await;
            return Err(parameter(&format!("vcpus: error unplugging cpu{cpu}")));
        }
        lab.pause(UNPLUG_S).await;
        write(lab, vmid, cpu - 1);
    }
    Ok(())
}

async fn plug(lab: &Lab, vmid: VmId, current: u32, wish: u32) -> Result<(), String> {
    if running(&lab.node(), vmid)? != current {
        return Err("vcpus in running vm does not match its configuration".into());
    }
    for cpu in current + 1..=wish {
        add(&mut lab.node(), vmid);
        if running(&lab.node(), vmid)? != cpu {
            lab.pause(PLUG_PATIENCE_S).await;
            return Err(parameter(&format!("vcpus: error hotplugging cpu{cpu}")));
        }
        lab.pause(PLUG_S).await;
        write(lab, vmid, cpu);
    }
    Ok(())
}

/// The error of an inner check, as it is quoted in the outer one.
pub(super) fn parameter(text: &str) -> String {
    format!("400 Parameter verification failed.\n{text}")
}

fn running(node: &Node, vmid: VmId) -> Result<u32, String> {
    let qemu = node.vms.get(&vmid).and_then(|vm| vm.qemu.as_ref());
    qemu.map(|qemu| qemu.vcpus).ok_or_else(|| format!("VM {vmid} {NOT_RUNNING}"))
}

fn write(lab: &Lab, vmid: VmId, reached: u32) {
    lab.node().write(vmid, |parts| {
        parts.main.insert("vcpus".into(), reached.to_string());
    });
}

/// Asks the guest for a CPU; one that QEMU does not have any more is nobody's.
fn release(node: &mut Node, vmid: VmId, cpu: u32) {
    let Some(vm) = node.vms.get_mut(&vmid) else { return };
    let keeps = vm.faults.contains(&Part::KeepsCpus) || vm.guest.dead;
    if let Some(qemu) = vm.qemu.as_mut().filter(|qemu| qemu.vcpus >= cpu && !keeps) {
        qemu.vcpus -= 1;
        vm.guest.online_cpus = vm.guest.online_cpus.min(qemu.vcpus);
    }
}

fn add(node: &mut Node, vmid: VmId) {
    let Some(vm) = node.vms.get_mut(&vmid) else { return };
    let fails = vm.faults.contains(&Part::PlugFails);
    let onlines = !vm.faults.contains(&Part::OnlinesNothing);
    if let Some(qemu) = vm.qemu.as_mut().filter(|_| !fails) {
        qemu.vcpus += 1;
        vm.guest.online_cpus += u32::from(onlines && !vm.guest.dead);
    }
}

/// Live on every running VM.
pub(super) fn cpulimit(node: &mut Node, vmid: VmId, value: &str) -> Outcome {
    const NO_DBUS: &str = "Operation \"ne\": no method found,\n\tleft argument in overloaded package Net::DBus::Error,\n\tright argument has no overloaded magic at /usr/share/perl5/PVE/QemuServer.pm line 4893.\n";
    let Some(vm) = node.vms.get_mut(&vmid) else { return Outcome::Skipped };
    if vm.faults.contains(&Part::CpulimitFails) {
        return Outcome::Died(NO_DBUS.into());
    }
    if let (Some(qemu), Ok(limit)) = (&mut vm.qemu, value.parse()) {
        qemu.cpulimit = limit;
    }
    Outcome::Applied(value.to_owned())
}
