//! What qemu-server asks of a VM's QEMU process. Whether a guest gives a CPU or a DIMM back shows
//! only later, so these answer what is there now. A VM whose process is real is never answered
//! for by the model.

use std::collections::BTreeSet;

use vm_autoscale_proxmox::VmId;

use crate::Lab;
use crate::control::Part;
use crate::guest::{Qemu, dimm_mib};
use crate::vm::{Leaves, Vm};

/// How many CPUs it has (`query-cpus-fast`).
pub(crate) async fn cpus(lab: &Lab, vmid: VmId) -> Result<u32, String> {
    if let Some(real) = lab.real(vmid) {
        let count = real.cpus().await?;
        mirror(lab, vmid, |qemu| qemu.vcpus = (1..=count).collect());
        return Ok(count);
    }
    ask(lab, vmid, "query-cpus-fast", |vm| Ok(vm.qemu.as_ref().map_or(0, Qemu::cpus)))
}

/// Plugs a CPU. Whether it came is another question (`device_add`): of one that is there already
/// QEMU says so on its monitor, where Proxmox does not look.
pub(crate) async fn plug_cpu(lab: &Lab, vmid: VmId, cpu: u32) -> Result<(), String> {
    if let Some(real) = lab.real(vmid) {
        return Ok(real.plug_cpu(cpu).await?);
    }
    ask(lab, vmid, "human-monitor-command", |vm| {
        let fails = vm.faults.contains(&Part::PlugFails);
        let onlines = !vm.faults.contains(&Part::OnlinesNothing) && !vm.guest.dead;
        let came = vm.qemu.as_mut().filter(|_| !fails).is_some_and(|qemu| qemu.vcpus.insert(cpu));
        if came && onlines {
            vm.guest.online_cpus.insert(cpu);
        }
        Ok(())
    })
}

/// Asks the guest for a CPU; one that is not there any more is nobody's (`device_del`).
pub(crate) async fn unplug_cpu(lab: &Lab, vmid: VmId, cpu: u32) -> Result<(), String> {
    if let Some(real) = lab.real(vmid) {
        return Ok(real.unplug_cpu(cpu).await?);
    }
    let at = lab.now() + lab.scaled(lab.release(vmid).cpu);
    ask(lab, vmid, "human-monitor-command", |vm| {
        let there = vm.qemu.as_ref().is_some_and(|qemu| qemu.vcpus.contains(&cpu));
        if there && !vm.faults.contains(&Part::KeepsCpus) && !vm.guest.dead {
            vm.promise(at, Leaves::Cpu(cpu));
        }
        Ok(())
    })
}

/// Its DIMMs by number (`query-memory-devices`).
pub(crate) async fn dimms(lab: &Lab, vmid: VmId) -> Result<BTreeSet<u32>, String> {
    if let Some(real) = lab.real(vmid) {
        let dimms = real.dimms().await?;
        mirror(lab, vmid, |qemu| qemu.dimms.clone_from(&dimms));
        return Ok(dimms);
    }
    ask(lab, vmid, "query-memory-devices", |vm| {
        Ok(vm.qemu.as_ref().map(|qemu| qemu.dimms.clone()).unwrap_or_default())
    })
}

/// Plugs a DIMM (`object-add`, `device_add`).
pub(crate) async fn plug_dimm(lab: &Lab, vmid: VmId, dimm: u32) -> Result<(), String> {
    if let Some(real) = lab.real(vmid) {
        let nodes = lab.cluster().vms.get(&vmid).and_then(|vm| vm.conf.number("sockets"));
        let node = dimm % nodes.unwrap_or(1).max(1);
        real.plug_dimm(dimm, dimm_mib(dimm), node).await?;
        return dimms(lab, vmid).await.map(drop);
    }
    ask(lab, vmid, "object-add", |vm| {
        let Some(qemu) = &mut vm.qemu else { return Ok(()) };
        if qemu.orphans.contains(&dimm) || !qemu.dimms.insert(dimm) {
            return Err(format!(
                "VM {vmid} qmp command 'object-add' failed - attempt to add duplicate property 'mem-dimm{dimm}' to object (type 'container')"
            ));
        }
        if !vm.faults.contains(&Part::OnlinesNothing) && !vm.guest.dead {
            vm.guest.online_dimms.insert(dimm);
        }
        Ok(())
    })
}

/// Asks the guest for a DIMM (`device_del`).
pub(crate) async fn unplug_dimm(lab: &Lab, vmid: VmId, dimm: u32) -> Result<(), String> {
    if let Some(real) = lab.real(vmid) {
        // As long as the last request is open, QEMU refuses another; Proxmox passes over that.
        let _ = real.unplug_dimm(dimm).await;
        return Ok(());
    }
    let at = lab.now() + lab.scaled(lab.release(vmid).dimm);
    ask(lab, vmid, "device_del", |vm| {
        let keeps = [Part::KeepsDimms, Part::KernelZone].iter().any(|f| vm.faults.contains(f));
        if !keeps && !vm.guest.dead {
            vm.promise(at, Leaves::Dimm(dimm));
        }
        Ok(())
    })
}

/// Gives the guest that many MiB and takes the rest (`balloon`); nothing without a device.
pub(crate) async fn balloon(lab: &Lab, vmid: VmId, mib: u32) -> Result<(), String> {
    if let Some(real) = lab.real(vmid) {
        return Ok(real.balloon(mib).await?);
    }
    ask(lab, vmid, "balloon", |vm| {
        let follows = !vm.faults.contains(&Part::IgnoresBalloon);
        if let Some(qemu) = vm.qemu.as_mut().filter(|_| follows) {
            let memory = qemu.memory();
            qemu.ballooned = qemu.ballooned.map(|_| memory.saturating_sub(mib));
        }
        Ok(())
    })
}

/// Drops what backed a DIMM that is gone, so that its number is free again (`object-del`).
pub(crate) async fn drop_backend(lab: &Lab, vmid: VmId, dimm: u32) -> Result<(), String> {
    if let Some(real) = lab.real(vmid) {
        return Ok(real.drop_backend(dimm).await?);
    }
    ask(lab, vmid, "object-del", |vm| {
        if let Some(qemu) = &mut vm.qemu {
            qemu.orphans.remove(&dimm);
        }
        Ok(())
    })
}

/// What a real QEMU has is noted, so that whoever cannot wait for it knows it too.
fn mirror(lab: &Lab, vmid: VmId, note: impl FnOnce(&mut Qemu)) {
    if let Some(qemu) = lab.cluster().vms.get_mut(&vmid).and_then(|vm| vm.qemu.as_mut()) {
        note(qemu);
    }
}

fn ask<T>(
    lab: &Lab,
    vmid: VmId,
    command: &str,
    answer: impl FnOnce(&mut Vm) -> Result<T, String>,
) -> Result<T, String> {
    let now = lab.now();
    let mut cluster = lab.cluster();
    let load_time = cluster.load_time(now);
    let modelled = !cluster.real;
    let vm = cluster.vms.get_mut(&vmid).filter(|vm| modelled && vm.qemu.is_some());
    let gone = || format!("VM {vmid} qmp command '{command}' failed - client closed connection");
    let vm = vm.ok_or_else(gone)?;
    vm.depart(now, load_time);
    answer(vm)
}
