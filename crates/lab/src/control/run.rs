//! Controls of the lab and of single VMs.

use vm_autoscale_proxmox::{NodeName, VmId};

use super::{Control, nodes, tasks};
use crate::cluster::Cluster;
use crate::conf::Conf;
use crate::ha::Service;
use crate::load::Demand;
use crate::vm::{Release, Vm};
use crate::{Error, Lab, mix};

/// Does it, or says why it cannot be.
pub(crate) fn run(lab: &Lab, control: Control) -> Result<(), Error> {
    match control {
        Control::HoldLock { vmid, seconds } => tasks::hold(lab, vmid, seconds),
        Control::Backup { vmid, seconds } => tasks::backup(lab, vmid, seconds),
        Control::Migrate { vmid, to, seconds, gap } => {
            tasks::migrate(lab, vmid, to, (seconds, gap))
        }
        Control::NodeDown { .. }
        | Control::NodeUp { .. }
        | Control::Pvestatd { .. }
        | Control::ZeroRound { .. }
        | Control::Hang { .. }
        | Control::LockOut { .. }
        | Control::ClockOff { .. }
        | Control::Garble { .. }
        | Control::RestartPmxcfs { .. }
        | Control::NewHostKey { .. } => nodes::run(lab, control),
        Control::Start { vmid } => {
            let now = lab.now();
            lab.cluster().start(vmid, now).map_err(|text| refused(&text))
        }
        other => on_cluster(&mut lab.cluster(), other, lab.now()),
    }
}

fn on_cluster(cluster: &mut Cluster, control: Control, now: f64) -> Result<(), Error> {
    match control {
        Control::Quorum { lost } => cluster.quorum_lost = lost,
        Control::Tear { on } => cluster.tearing = on,
        Control::Pause { text } => cluster.pause = text,
        Control::HaStatus { text } => cluster.ha.text = text,
        Control::Ha { vmid, state, target } => {
            vm(cluster, vmid)?;
            match state {
                Some(state) => cluster.ha.states.insert(vmid, Service { state, target }),
                None => cluster.ha.states.remove(&vmid),
            };
        }
        Control::Pool { vmid, pool } => put_into_pool(cluster, vmid, pool)?,
        Control::Create { vmid, node, conf } => create(cluster, vmid, node, conf)?,
        Control::Destroy { vmid } => {
            vm(cluster, vmid)?;
            cluster.remove(vmid);
        }
        Control::Recreate { vmid } => recreate(cluster, vmid, now)?,
        Control::GuestDies { vmid } => {
            let t = cluster.load_time(now);
            vm(cluster, vmid)?.dies(now, t);
        }
        other => on_vm(cluster, other)?,
    }
    Ok(())
}

fn put_into_pool(cluster: &mut Cluster, vmid: VmId, pool: Option<String>) -> Result<(), Error> {
    vm(cluster, vmid)?;
    for vmids in cluster.pools.values_mut() {
        vmids.remove(&vmid);
    }
    if let Some(pool) = pool {
        cluster.pools.entry(pool).or_default().insert(vmid);
    }
    cluster.each_up(|node| node.user_cfg += 1);
    Ok(())
}

fn create(cluster: &mut Cluster, vmid: VmId, node: NodeName, conf: String) -> Result<(), Error> {
    let taken = cluster.guests().any(|guest| guest == vmid);
    if taken || !cluster.nodes.contains_key(&node) {
        return Err(refused("the number is taken, or there is no such node"));
    }
    cluster.vms.insert(vmid, mix::created(vmid, node, Conf::new(conf)));
    cluster.touched(vmid);
    Ok(())
}

/// Controls of one VM.
fn on_vm(cluster: &mut Cluster, control: Control) -> Result<(), Error> {
    match control {
        Control::Lock { vmid, lock } => edit(cluster, vmid, "lock", lock)?,
        Control::Edit { vmid, key, value } => edit(cluster, vmid, &key, value)?,
        Control::Pending { vmid, key, value } => wait(cluster, vmid, key, value)?,
        Control::Stop { vmid } => {
            let vm = vm(cluster, vmid)?;
            // Nor does it start with a node that lost power before.
            (vm.qemu, vm.ran) = (None, false);
        }
        Control::LeaveOut { vmid, on } => vm(cluster, vmid)?.left_out = on,
        Control::PageCache { vmid, mib } => vm(cluster, vmid)?.cache = Some(amount(mib)?),
        Control::FreeLoad { vmid } => vm(cluster, vmid)?.fixed = None,
        Control::Load { vmid, cores, mib } => {
            let vm = vm(cluster, vmid)?;
            vm.fixed = Some(Demand { cpu: amount(cores)?, mem: amount(mib)? });
        }
        Control::SlowGuest { vmid, cpu, dimm } => {
            vm(cluster, vmid)?.release = Release { cpu: amount(cpu)?, dimm: amount(dimm)? };
        }
        Control::Fault { vmid, part, on: true } => {
            vm(cluster, vmid)?.faults.insert(part);
        }
        Control::Fault { vmid, part, on: false } => {
            vm(cluster, vmid)?.faults.remove(&part);
        }
        Control::LateCpu { vmid } => late_cpu(vm(cluster, vmid)?)?,
        Control::LateDimm { vmid } => late_dimm(vm(cluster, vmid)?)?,
        // The others are not about one VM.
        _ => return Err(refused("not a control of a VM")),
    }
    Ok(())
}

/// Another VM with the number and the sizes of one that is removed.
fn recreate(cluster: &mut Cluster, vmid: VmId, now: f64) -> Result<(), Error> {
    cluster.startable(vmid).map_err(|text| refused(&text))?;
    let old = cluster.remove(vmid).ok_or_else(|| refused(&format!("there is no VM {vmid}")))?;
    let mut conf = old.conf.clone();
    conf.edit(|parts| mix::new_identity(parts, u64::from(vmid.get()) ^ now.to_bits()));
    cluster.vms.insert(vmid, mix::created(vmid, old.node, conf));
    cluster.touched(vmid);
    cluster.start(vmid, now).map_err(|text| refused(&text))
}

fn late_cpu(vm: &mut Vm) -> Result<(), Error> {
    let highest = vm.qemu.as_ref().and_then(|qemu| qemu.vcpus.last().copied());
    let highest = highest.filter(|cpu| *cpu > 1);
    vm.cpu_leaves(highest.ok_or_else(|| refused("there is no CPU to leave"))?);
    Ok(())
}

fn late_dimm(vm: &mut Vm) -> Result<(), Error> {
    let qemu = vm.qemu.as_mut().ok_or_else(|| refused("the VM is not running"))?;
    let dimm = qemu.dimms.pop_last().ok_or_else(|| refused("there is no DIMM to leave"))?;
    qemu.orphans.insert(dimm);
    vm.guest.online_dimms.remove(&dimm);
    Ok(())
}

fn edit(cluster: &mut Cluster, vmid: VmId, key: &str, value: Option<String>) -> Result<(), Error> {
    check(cluster, vmid, key, value.as_deref())?;
    cluster.write(vmid, |parts| {
        match value {
            Some(value) => parts.main.insert(key.to_owned(), value),
            None => parts.main.remove(key),
        };
    });
    Ok(())
}

fn wait(
    cluster: &mut Cluster,
    vmid: VmId,
    key: String,
    value: Option<String>,
) -> Result<(), Error> {
    check(cluster, vmid, &key, value.as_deref())?;
    cluster.write(vmid, |parts| match value {
        Some(value) => {
            parts.pending.insert(key, value);
        }
        None => parts.deletions.push(key),
    });
    Ok(())
}

/// A key and a value that can stand on a line of a .conf file.
fn check(cluster: &mut Cluster, vmid: VmId, key: &str, value: Option<&str>) -> Result<(), Error> {
    vm(cluster, vmid)?;
    let word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-');
    let line = value.is_none_or(|value| !value.contains(['\n', '\r']));
    if key.bytes().all(word) && key.starts_with(|c: char| c.is_ascii_lowercase()) && line {
        return Ok(());
    }
    Err(refused("not a key and a value of a .conf file"))
}

fn amount(value: f64) -> Result<f64, Error> {
    let fine = value.is_finite() && value >= 0.0;
    fine.then_some(value).ok_or_else(|| refused("an amount is not negative"))
}

pub(super) fn vm(cluster: &mut Cluster, vmid: VmId) -> Result<&mut Vm, Error> {
    cluster.vms.get_mut(&vmid).ok_or_else(|| refused(&format!("there is no VM {vmid}")))
}

pub(super) fn refused(why: &str) -> Error {
    Error::Control(why.trim_end().to_owned())
}
