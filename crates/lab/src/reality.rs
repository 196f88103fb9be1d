//! Where the lab's VMs are real ones: QEMU processes that follow what is done to the lab, and
//! whose own figures are what it tells.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use vm_autoscale_proxmox::{VmConfig, VmId};

use crate::control::Part;
use crate::real::{GuestReport, Image, Machine, Onlines, Spec};
use crate::vm::Vm;
use crate::{Error, Lab};

mod follow;
pub(crate) use follow::{follow, possible};

/// Software emulation on a busy machine; 5 s on a quiet one.
const BOOT: Duration = Duration::from_secs(120);

/// A VM's process, and what was last seen of it.
#[derive(Debug, Clone)]
pub(crate) struct Real {
    pub(crate) machine: Arc<Machine>,
    /// Which start of the VM it is.
    start: u64,
    /// When, in seconds since the lab's start.
    at: f64,
    cpu_seconds: f64,
    /// Cores used since the time before.
    pub(crate) cores: f64,
    /// By its balloon, in bytes, page cache included.
    pub(crate) mem: u64,
    /// What its kernel says; nothing where it does not answer.
    pub(crate) report: Option<GuestReport>,
}

/// Puts a real guest into every VM, and waits until all have booted.
pub(crate) async fn begin(lab: &Lab, dir: &Path, kernel_dir: &Path) -> Result<(), Error> {
    let image = Image::prepare(dir, kernel_dir).await?;
    lab.set_image(image);
    let vmids: Vec<VmId> = lab.cluster().vms.keys().copied().collect();
    for vmid in &vmids {
        start(lab, *vmid).await?;
    }
    for vmid in vmids {
        if let Some(machine) = lab.real(vmid) {
            machine.booted(BOOT).await?;
        }
    }
    observe(lab).await;
    Ok(())
}

/// Starts its process; one that does not start leaves the VM stopped.
async fn start(lab: &Lab, vmid: VmId) -> Result<(), Error> {
    let Some(image) = lab.image() else { return Ok(()) };
    let (config, onlines, start) = {
        let cluster = lab.cluster();
        let Some(vm) = cluster.vms.get(&vmid) else { return Ok(()) };
        (vm.conf.parsed(), onlines(vm), vm.starts)
    };
    let wanted = |vm: &&mut Vm| vm.starts == start && vm.qemu.is_some();
    let machine = match launch(&image, vmid, config, onlines).await {
        Ok(machine) => machine,
        Err(error) => {
            let mut cluster = lab.cluster();
            cluster.vms.get_mut(&vmid).filter(wanted).into_iter().for_each(|vm| vm.qemu = None);
            return Err(error);
        }
    };
    let (at, cpu_seconds) = (lab.now(), machine.cpu_seconds().unwrap_or(0.0));
    let real =
        Real { machine: machine.clone(), start, at, cpu_seconds, cores: 0.0, mem: 0, report: None };
    if let Some(vm) = lab.cluster().vms.get_mut(&vmid).filter(wanted) {
        vm.real = Some(real);
        return Ok(());
    }
    // Stopped or removed meanwhile.
    Ok(machine.stop().await?)
}

async fn launch(
    image: &Image,
    vmid: VmId,
    config: Option<VmConfig>,
    onlines: Onlines,
) -> Result<Arc<Machine>, Error> {
    let config = config.ok_or_else(|| Error::Real(format!("VM {vmid}: its config is not one")))?;
    let spec = Spec::of(vmid, &config, onlines)?;
    Ok(Arc::new(Machine::start(image, &spec).await?))
}

fn onlines(vm: &Vm) -> Onlines {
    if vm.faults.contains(&Part::OnlinesNothing) {
        Onlines::Nothing
    } else if vm.faults.contains(&Part::KernelZone) {
        Onlines::KernelZone
    } else {
        Onlines::Movable
    }
}

/// Looks at every real VM, as pvestatd does before a round.
pub(crate) async fn observe(lab: &Lab) {
    let is_real = |vm: &&Vm| vm.real.is_some();
    let vmids: Vec<VmId> = lab.cluster().vms.values().filter(is_real).map(|vm| vm.vmid).collect();
    for vmid in vmids {
        refresh(lab, vmid).await;
    }
}

/// Takes new figures of one. What does not answer keeps its old ones, but for the guest's own.
pub(crate) async fn refresh(lab: &Lab, vmid: VmId) {
    let Some(machine) = lab.real(vmid) else { return };
    if !machine.running().await {
        gone(lab, vmid, &machine);
        return;
    }
    let report = machine.guest().await.ok();
    let stats = machine.balloon_stats().await.ok().flatten();
    let (now, cpu_seconds) = (lab.now(), machine.cpu_seconds().ok());
    let mut cluster = lab.cluster();
    let Some(vm) = cluster.vms.get_mut(&vmid) else { return };
    if let (Some(report), false) = (&report, vm.guest.dead) {
        vm.guest.online_cpus = (1..=report.online_cpus).collect();
    }
    let Some(real) = &mut vm.real else { return };
    real.report = report;
    if let Some(stats) = stats {
        real.mem = stats.total.saturating_sub(stats.free);
    }
    // Over less than this the ticks of the clock are all that is measured.
    if let Some(cpu_seconds) = cpu_seconds.filter(|_| now - real.at >= 0.5) {
        real.cores = (cpu_seconds - real.cpu_seconds).max(0.0) / (now - real.at);
        (real.at, real.cpu_seconds) = (now, cpu_seconds);
    }
}

/// A QEMU has ended by itself, and so has its VM.
fn gone(lab: &Lab, vmid: VmId, machine: &Arc<Machine>) {
    let its =
        |vm: &&mut Vm| vm.real.as_ref().is_some_and(|real| Arc::ptr_eq(&real.machine, machine));
    if let Some(vm) = lab.cluster().vms.get_mut(&vmid).filter(its) {
        (vm.qemu, vm.real) = (None, None);
    }
}

#[cfg(test)]
mod tests;
