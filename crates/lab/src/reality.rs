//! Where the lab's VMs are real ones: QEMU processes that follow what is done to the lab, and
//! whose own figures are what it tells.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use vm_autoscale_proxmox::VmId;

use crate::control::Part;
use crate::real::{Device, GuestReport, Image, Machine, Onlines, Spec};
use crate::vm::Vm;
use crate::{Control, Error, Lab};

/// Software emulation on a busy machine; 5 s on a quiet one.
const BOOT: Duration = Duration::from_secs(120);

/// A VM's process, and what was last seen of it.
#[derive(Debug, Clone)]
pub(crate) struct Real {
    pub(crate) machine: Arc<Machine>,
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

async fn start(lab: &Lab, vmid: VmId) -> Result<(), Error> {
    let Some(image) = lab.image() else { return Ok(()) };
    let (config, onlines) = {
        let cluster = lab.cluster();
        let vm = cluster.vms.get(&vmid);
        let config = vm.and_then(|vm| vm.conf.parsed());
        (config, vm.map_or(Onlines::Movable, onlines))
    };
    let config = config.ok_or_else(|| Error::Real(format!("VM {vmid}: its config is not one")))?;
    let spec = Spec::of(vmid, &config, onlines)?;
    let machine = Arc::new(Machine::start(&image, &spec).await?);
    let (at, cpu_seconds) = (lab.now(), machine.cpu_seconds().unwrap_or(0.0));
    let real = Real { machine, at, cpu_seconds, cores: 0.0, mem: 0, report: None };
    if let Some(vm) = lab.cluster().vms.get_mut(&vmid) {
        vm.real = Some(real);
    }
    Ok(())
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

/// Lets the guests follow what was done to the lab. What one of them does not do is told on
/// standard error.
pub(crate) fn follow(lab: &Lab, control: Control) {
    if lab.image().is_none() {
        return;
    }
    let lab = lab.clone();
    tokio::spawn(async move {
        let done = match reconcile(&lab).await {
            Ok(()) => tell(&lab, control).await,
            failed => failed,
        };
        if let Err(error) = done {
            eprintln!("vm-autoscale-lab: {error}");
        }
    });
}

/// Those that are to run do, and no others.
async fn reconcile(lab: &Lab) -> Result<(), Error> {
    let (mut ended, mut begun) = (Vec::new(), Vec::new());
    for vm in lab.cluster().vms.values_mut() {
        match (&vm.qemu, &vm.real) {
            (None, Some(_)) => ended.extend(vm.real.take()),
            (Some(_), None) => begun.push(vm.vmid),
            _ => {}
        }
    }
    for real in ended {
        real.machine.stop().await?;
    }
    for vmid in begun {
        start(lab, vmid).await?;
    }
    Ok(())
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
