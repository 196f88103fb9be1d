//! Controls that take their time, as tasks of Proxmox do.

use std::time::Duration;

use tokio::runtime::Handle;
use vm_autoscale_proxmox::{NodeName, VmId};

use super::run::{refused, vm};
use crate::execution::Execution;
use crate::{Error, Lab};

/// Another `qm` holds the VM's file lock.
pub(super) fn hold(lab: &Lab, vmid: VmId, seconds: f64) -> Result<(), Error> {
    let (runtime, time) = (runtime()?, time(seconds)?);
    let flock = vm(&mut lab.cluster(), vmid)?.flock.clone();
    let held = flock.try_lock_owned().map_err(|_| refused("the lock is held already"))?;
    runtime.spawn(async move {
        tokio::time::sleep(time).await;
        drop(held);
    });
    Ok(())
}

/// The config lock from begin to end; the file lock only while that is written.
pub(super) fn backup(lab: &Lab, vmid: VmId, seconds: f64) -> Result<(), Error> {
    let (runtime, time) = (runtime()?, time(seconds)?);
    let flock = vm(&mut lab.cluster(), vmid)?.flock.clone();
    let lab = lab.clone();
    runtime.spawn(async move {
        let held = flock.lock_owned().await;
        set_lock(&lab, vmid, "backup", true);
        drop(held);
        tokio::time::sleep(time).await;
        set_lock(&lab, vmid, "backup", false);
    });
    Ok(())
}

/// Waits for whoever holds the file lock, and holds it throughout.
pub(super) fn migrate(
    lab: &Lab,
    vmid: VmId,
    to: NodeName,
    (seconds, gap): (f64, f64),
) -> Result<(), Error> {
    let (runtime, seconds, gap) = (runtime()?, time(seconds)?, time(gap)?);
    let flock = {
        let mut cluster = lab.cluster();
        let from = vm(&mut cluster, vmid)?.node.clone();
        if from == to || !cluster.nodes.get(&to).is_some_and(|node| node.up) {
            return Err(refused("it is there already, or that node is not there"));
        }
        vm(&mut cluster, vmid)?.flock.clone()
    };
    let lab = lab.clone();
    runtime.spawn(async move {
        let held = flock.lock_owned().await;
        set_lock(&lab, vmid, "migrate", true);
        tokio::time::sleep(seconds).await;
        transit(&lab, vmid, true);
        tokio::time::sleep(gap).await;
        arrive(&lab, vmid, to);
        set_lock(&lab, vmid, "migrate", false);
        drop(held);
    });
    Ok(())
}

fn transit(lab: &Lab, vmid: VmId, on: bool) {
    let mut cluster = lab.cluster();
    if let Some(vm) = cluster.vms.get_mut(&vmid) {
        vm.in_transit = on;
        cluster.each_up(|node| if on { node.lost(vmid) } else { node.touched(vmid) });
    }
}

/// Another process runs it now, which pvestatd there meets for the first time.
fn arrive(lab: &Lab, vmid: VmId, to: NodeName) {
    let now = lab.now();
    let mut cluster = lab.cluster();
    if let Some(vm) = cluster.vms.get_mut(&vmid) {
        vm.in_transit = false;
        vm.node = to;
        if let Some(qemu) = &mut vm.qemu {
            qemu.since = now;
            qemu.fresh = true;
        }
    }
    cluster.touched(vmid);
}

/// The task's own write, in the history as such.
fn set_lock(lab: &Lab, vmid: VmId, task: &str, on: bool) {
    let line = format!("{task}: {}", if on { "lock" } else { "unlock" });
    let execution = Execution::begin(lab, None, &line, "Task", Some(vmid));
    lab.cluster().write(vmid, |parts| {
        if on {
            parts.main.insert("lock".into(), task.into());
        } else {
            parts.main.remove("lock");
        }
    });
    execution.done(0);
}

fn runtime() -> Result<Handle, Error> {
    Handle::try_current().map_err(|e| refused(&e.to_string()))
}

fn time(seconds: f64) -> Result<Duration, Error> {
    Duration::try_from_secs_f64(seconds).map_err(|e| refused(&e.to_string()))
}
