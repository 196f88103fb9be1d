//! A lab of one real guest.

use std::path::Path;
use std::time::Instant;

use vm_autoscale_proxmox::{MonitorQuery, NodeCommand};

use super::*;
use crate::real::tests::guests;
use crate::{Control, Options, machine};

const PATIENCE: Duration = Duration::from_secs(40);

fn id() -> VmId {
    VmId::try_from(101).unwrap()
}

/// QEMUs that run in that directory.
fn qemus(dir: &Path) -> usize {
    let all = std::fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let here = all.filter(|entry| {
        let cwd = std::fs::read_link(entry.path().join("cwd"));
        let command = std::fs::read_to_string(entry.path().join("cmdline")).unwrap_or_default();
        cwd.is_ok_and(|cwd| cwd == dir) && command.contains("vm101,debug-threads")
    });
    here.count()
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < PATIENCE, "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn monitor(lab: &Lab) -> String {
    let (node, query) = (lab.nodes().remove(0), MonitorQuery::Balloon);
    lab.execute(&NodeCommand::ReadMonitor { node, vmid: id(), query }.line()).await.stdout
}

#[tokio::test]
async fn a_vm_has_one_process_or_none() {
    let Some((kernel_dir, _alone)) = guests::kernel("one process for one VM").await else { return };
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().canonicalize().unwrap();
    let options =
        Options { vms: 1, qm_time: 0.0, real: Some(kernel_dir.clone()), ..Options::new().unwrap() };
    let lab = Lab::new(&options).unwrap();
    begin(&lab, &path, &kernel_dir).await.unwrap();
    assert_eq!((qemus(&path), lab.vms()[0].qemu_vcpus), (1, Some(1)));
    for control in [
        Control::LateCpu { vmid: id() },
        Control::SlowGuest { vmid: id(), cpu: 1.0, dimm: 1.0 },
        Control::Fault { vmid: id(), part: Part::PlugFails, on: true },
    ] {
        let error = lab.control(control).unwrap_err().to_string();
        assert!(error.contains("is a real guest"), "{error}");
    }
    restarts(&lab, &path).await;
    ends(&lab, &path).await;
}

/// Stopped and started at once, with more controls on their heels.
async fn restarts(lab: &Lab, path: &Path) {
    let first = lab.real(id()).unwrap().pid();
    lab.control(Control::Stop { vmid: id() }).unwrap();
    lab.control(Control::Start { vmid: id() }).unwrap();
    lab.control(Control::Tear { on: true }).unwrap();
    lab.control(Control::Tear { on: false }).unwrap();
    let pid = || lab.real(id()).map(|machine| machine.pid());
    until("another process", || pid().is_some_and(|pid| pid != first)).await;
    let second = pid();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!((qemus(path), pid()), (1, second));
    lab.control(Control::Stop { vmid: id() }).unwrap();
    until("no process", || qemus(path) == 0 && lab.real(id()).is_none()).await;
    lab.control(Control::Start { vmid: id() }).unwrap();
    // Wanted, but not there: nobody makes an answer up.
    assert_eq!(lab.vms()[0].qemu_vcpus, None);
    assert!(machine::cpus(lab, id()).await.unwrap_err().ends_with("client closed connection"));
    assert_eq!(monitor(lab).await, "ERROR: VM 101 not running\n\n");
    until("one process", || lab.real(id()).is_some()).await;
    assert_eq!(qemus(path), 1);
}

/// By itself, by a failed start, by being stopped.
async fn ends(lab: &Lab, path: &Path) {
    let pid = lab.real(id()).unwrap().pid().to_string();
    tokio::process::Command::new("kill").args(["-9", &pid]).status().await.unwrap();
    let start = Instant::now();
    while lab.real(id()).is_some() {
        assert!(start.elapsed() < PATIENCE, "its end goes unnoticed");
        observe(lab).await;
    }
    assert!(lab.cluster().vms[&id()].qemu.is_none());
    std::fs::rename(path.join("initramfs"), path.join("hidden")).unwrap();
    lab.control(Control::Start { vmid: id() }).unwrap();
    until("a failure", || lab.cluster().vms[&id()].qemu.is_none()).await;
    assert!(lab.real(id()).is_none());
    std::fs::rename(path.join("hidden"), path.join("initramfs")).unwrap();
    lab.control(Control::Start { vmid: id() }).unwrap();
    until("another try", || lab.real(id()).is_some()).await;
    lab.control(Control::Destroy { vmid: id() }).unwrap();
    until("no process", || qemus(path) == 0).await;
}
