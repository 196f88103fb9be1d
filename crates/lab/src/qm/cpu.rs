//! vCPUs (`qemu_cpu_hotplug`) and their time (`cpulimit`).

use vm_autoscale_proxmox::VmId;

use super::hotplug::Outcome;
use crate::cluster::Cluster;
use crate::control::Part;
use crate::{Lab, machine};

/// A CPU that comes; recorded: two in about 0.1 s.
const PLUG_S: f64 = 0.05;
/// Between two looks whether a CPU has come or gone.
const LOOK_S: f64 = 1.0;
/// How often is looked again for a CPU that is to come.
const PLUG_LOOKS: u32 = 11;
/// How often is looked again for a CPU that is to go.
const UNPLUG_LOOKS: u32 = 6;

/// Plugs or unplugs one CPU after the other; the config follows each.
pub(super) async fn vcpus(lab: &Lab, vmid: VmId, wish: u32) -> Outcome {
    let Some((current, most, pluggable)) = config(&lab.cluster(), vmid) else {
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
fn config(cluster: &Cluster, vmid: VmId) -> Option<(u32, u32, bool)> {
    let config = cluster.vms.get(&vmid)?.conf.parsed()?;
    Some((config.plugged_vcpus().ok()?.get(), config.max_vcpus().ok()?.get(), config.hotplug.cpu))
}

async fn unplug(lab: &Lab, vmid: VmId, current: u32, wish: u32) -> Result<(), String> {
    for cpu in (wish + 1..=current).rev() {
        machine::unplug_cpu(lab, vmid, cpu).await?;
        if !reaches(lab, vmid, cpu - 1, UNPLUG_LOOKS).await? {
            return Err(parameter(&format!("vcpus: error unplugging cpu{cpu}")));
        }
        write(lab, vmid, cpu - 1)?;
    }
    Ok(())
}

async fn plug(lab: &Lab, vmid: VmId, current: u32, wish: u32) -> Result<(), String> {
    if machine::cpus(lab, vmid).await? != current {
        return Err("vcpus in running vm does not match its configuration".into());
    }
    for cpu in current + 1..=wish {
        machine::plug_cpu(lab, vmid, cpu).await?;
        if !reaches(lab, vmid, cpu, PLUG_LOOKS).await? {
            return Err(parameter(&format!("vcpus: error hotplugging cpu{cpu}")));
        }
        lab.pause(PLUG_S).await;
        write(lab, vmid, cpu)?;
    }
    Ok(())
}

/// Whether QEMU has that many, now or at one of the looks a second apart.
async fn reaches(lab: &Lab, vmid: VmId, count: u32, looks: u32) -> Result<bool, String> {
    for _ in 0..looks {
        if machine::cpus(lab, vmid).await? == count {
            return Ok(true);
        }
        lab.pause(LOOK_S).await;
    }
    Ok(machine::cpus(lab, vmid).await? == count)
}

/// The error of an inner check, as it is quoted in the outer one.
pub(super) fn parameter(text: &str) -> String {
    format!("400 Parameter verification failed.\n{text}")
}

fn write(lab: &Lab, vmid: VmId, reached: u32) -> Result<(), String> {
    lab.cluster().qm_write(vmid, |parts| {
        parts.main.insert("vcpus".into(), reached.to_string());
    })
}

/// Live on every running VM.
pub(super) fn cpulimit(cluster: &mut Cluster, vmid: VmId, value: &str) -> Outcome {
    const NO_DBUS: &str = "Operation \"ne\": no method found,\n\tleft argument in overloaded package Net::DBus::Error,\n\tright argument has no overloaded magic at /usr/share/perl5/PVE/QemuServer.pm line 4893.\n";
    let Some(vm) = cluster.vms.get_mut(&vmid) else { return Outcome::Skipped };
    if vm.faults.contains(&Part::CpulimitFails) {
        return Outcome::Died(NO_DBUS.into());
    }
    if let (Some(qemu), Ok(limit)) = (&mut vm.qemu, value.parse()) {
        qemu.cpulimit = limit;
    }
    Outcome::Applied(value.to_owned())
}
