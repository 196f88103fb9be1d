//! Controls that take their time, as tasks of Proxmox do.

use std::time::Duration;

use tokio::runtime::Handle;
use vm_autoscale_proxmox::{NodeName, VmId};

use super::run::{refused, vm};
use crate::cluster::Cluster;
use crate::execution::Execution;
use crate::vm::Vm;
use crate::{Error, Lab};

/// Another `qm` holds the VM's file lock.
pub(super) fn hold(lab: &Lab, vmid: VmId, seconds: f64) -> Result<(), Error> {
    let (runtime, time) = (runtime()?, time(seconds)?);
    let flock = vm(&mut lab.cluster(), vmid)?.flock.clone();
    let held = flock.try_lock_owned().map_err(|_| refused("the lock is held already"))?;
    spawn(lab, &runtime, vmid, async move {
        tokio::time::sleep(time).await;
        drop(held);
    });
    Ok(())
}

/// The config lock from begin to end; the file lock only while that is written.
pub(super) fn backup(lab: &Lab, vmid: VmId, seconds: f64) -> Result<(), Error> {
    let (runtime, time) = (runtime()?, time(seconds)?);
    let flock = free(&mut lab.cluster(), vmid)?.flock.clone();
    let task = lab.clone();
    spawn(lab, &runtime, vmid, async move {
        let held = flock.lock_owned().await;
        if !set_lock(&task, vmid, "backup", true) {
            return;
        }
        drop(held);
        tokio::time::sleep(time).await;
        set_lock(&task, vmid, "backup", false);
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
        let from = free(&mut cluster, vmid)?.node.clone();
        if from == to || !is_up(&cluster, &to) {
            return Err(refused("it is there already, or that node is not there"));
        }
        vm(&mut cluster, vmid)?.flock.clone()
    };
    let task = lab.clone();
    spawn(lab, &runtime, vmid, async move {
        let held = flock.lock_owned().await;
        if !set_lock(&task, vmid, "migrate", true) {
            return;
        }
        tokio::time::sleep(seconds).await;
        move_to(&task, vmid, to, gap).await;
        set_lock(&task, vmid, "migrate", false);
        drop(held);
    });
    Ok(())
}

/// Not to a node that is gone meanwhile, and not while nothing can be written.
async fn move_to(lab: &Lab, vmid: VmId, to: NodeName, gap: Duration) {
    let there = {
        let cluster = lab.cluster();
        cluster.quorate() && is_up(&cluster, &to)
    };
    if there {
        transit(lab, vmid, true);
        tokio::time::sleep(gap).await;
        arrive(lab, vmid, to);
    }
}

/// The VM, if a task can begin with it.
fn free(cluster: &mut Cluster, vmid: VmId) -> Result<&mut Vm, Error> {
    let (node, lock) = {
        let vm = vm(cluster, vmid)?;
        (vm.node.clone(), vm.conf.get("lock").map(str::to_owned))
    };
    if !is_up(cluster, &node) {
        return Err(refused(&format!("{node} is down")));
    }
    if let Some(lock) = lock {
        return Err(refused(&format!("VM is locked ({lock})")));
    }
    if !cluster.quorate() {
        return Err(refused("cluster not ready - no quorum?"));
    }
    vm(cluster, vmid)
}

fn is_up(cluster: &Cluster, node: &NodeName) -> bool {
    cluster.nodes.get(node).is_some_and(|node| node.up)
}

/// A task ends with the VM's node, there and then: the lock in the config stays, and a config
/// that was to be moved is where it was.
fn spawn(lab: &Lab, runtime: &Handle, vmid: VmId, task: impl Future<Output = ()> + Send + 'static) {
    let node = lab.cluster().vms.get(&vmid).map(|vm| vm.node.clone());
    let Some(mut power) = node.and_then(|node| lab.power(&node)) else { return };
    let (lab, was) = (lab.clone(), *power.borrow());
    runtime.spawn(async move {
        tokio::select! {
            _ = power.wait_for(|now| *now != was) => {
                if lab.cluster().vms.get(&vmid).is_some_and(|vm| vm.in_transit) {
                    transit(&lab, vmid, false);
                }
            }
            () = task => {}
        }
    });
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

/// The task's own write, in the history as such; whether pmxcfs and the VM's lock let it.
fn set_lock(lab: &Lab, vmid: VmId, task: &str, on: bool) -> bool {
    if on && free(&mut lab.cluster(), vmid).is_err() {
        return false;
    }
    let line = format!("{task}: {}", if on { "lock" } else { "unlock" });
    let execution = Execution::begin(lab, None, &line, "Task", Some(vmid));
    let written = lab.cluster().qm_write(vmid, |parts| {
        if on {
            parts.main.insert("lock".into(), task.into());
        } else {
            parts.main.remove("lock");
        }
    });
    execution.done(if written.is_ok() { 0 } else { 255 });
    written.is_ok()
}

fn runtime() -> Result<Handle, Error> {
    Handle::try_current().map_err(|e| refused(&e.to_string()))
}

fn time(seconds: f64) -> Result<Duration, Error> {
    Duration::try_from_secs_f64(seconds).map_err(|e| refused(&e.to_string()))
}
