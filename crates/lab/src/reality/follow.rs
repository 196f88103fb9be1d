//! How real guests follow what is done to the lab.

use vm_autoscale_proxmox::VmId;

use super::{Real, onlines, start};
use crate::cluster::Cluster;
use crate::control::Part;
use crate::real::{Device, Onlines};
use crate::{Control, Error, Lab};

/// Refuses what only a simulated guest can be made to do.
pub(crate) fn possible(lab: &Lab, control: &Control) -> Result<(), Error> {
    let vmid = match control {
        Control::LateCpu { vmid }
        | Control::LateDimm { vmid }
        | Control::SlowGuest { vmid, .. }
        | Control::Fault {
            vmid,
            part: Part::IgnoresBalloon | Part::PlugFails | Part::CpulimitFails,
            ..
        } if lab.image().is_some() => vmid,
        _ => return Ok(()),
    };
    let text = format!("VM {vmid} is a real guest, which cannot be made to do that");
    Err(Error::Control(text))
}

/// Lets the guests follow what was done to the lab. What one of them does not do is told on
/// standard error.
pub(crate) fn follow(lab: &Lab, control: Control) {
    if lab.image().is_none() {
        return;
    }
    let lab = lab.clone();
    tokio::spawn(async move {
        let mut errors = reconcile(&lab).await;
        errors.extend(tell(&lab, control).await.err());
        for error in errors {
            eprintln!("vm-autoscale-lab: {error}");
        }
    });
}

/// Those that are to run do, by their last start, and no others; one at a time looks after that,
/// so that no VM gets two processes. What fails for one stops no other.
async fn reconcile(lab: &Lab) -> Vec<Error> {
    let _alone = lab.hand().lock().await;
    let (ended, begun) = differing(&mut lab.cluster());
    let mut errors = Vec::new();
    for real in ended {
        errors.extend(real.machine.stop().await.err().map(Error::from));
    }
    for vmid in begun {
        errors.extend(start(lab, vmid).await.err());
    }
    errors
}

/// Processes that are to end, and VMs that lack theirs.
fn differing(cluster: &mut Cluster) -> (Vec<Real>, Vec<VmId>) {
    let (mut ended, mut begun) = (std::mem::take(&mut cluster.leftover), Vec::new());
    for vm in cluster.vms.values_mut() {
        let runs = vm.qemu.is_some();
        if runs && vm.real.as_ref().is_some_and(|real| real.start == vm.starts) {
            continue;
        }
        ended.extend(vm.real.take());
        if runs {
            begun.push(vm.vmid);
        }
    }
    (ended, begun)
}

async fn tell(lab: &Lab, control: Control) -> Result<(), Error> {
    let machine = |vmid| lab.real(vmid).ok_or_else(|| Error::Real(format!("VM {vmid} is off")));
    let done = match control {
        Control::Load { vmid, cores, mib } => {
            let (percent, mib) = (crate::num::whole32(cores * 100.0), crate::num::whole32(mib));
            machine(vmid)?.load(percent, mib).await
        }
        Control::FreeLoad { vmid } => machine(vmid)?.load(0, 0).await,
        Control::GuestDies { vmid } => machine(vmid)?.crash().await,
        Control::Fault { vmid, part: Part::KeepsCpus, on } => {
            machine(vmid)?.releases(Device::Cpu, !on).await
        }
        Control::Fault { vmid, part: Part::KeepsDimms, on } => {
            machine(vmid)?.releases(Device::Dimm, !on).await
        }
        Control::Fault { vmid, part: Part::OnlinesNothing | Part::KernelZone, .. } => {
            let wanted = lab.cluster().vms.get(&vmid).map_or(Onlines::Movable, onlines);
            machine(vmid)?.onlines(wanted).await
        }
        _ => Ok(()),
    };
    Ok(done?)
}
