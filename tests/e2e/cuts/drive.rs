//! Keeps the VMs changing, and brings them to rest.

use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio::time::sleep;
use vm_autoscale_lab::{Control, Entry, Reply, Request, VmInfo, ask};

use super::hands::Wires;
use super::judge::unsettled;

/// Then the loads turn round.
const TURN: Duration = Duration::from_secs(6);
/// For everything to be settled when the way is mended.
const SETTLING: Duration = Duration::from_secs(120);

async fn vms(lab: &Path) -> Vec<VmInfo> {
    let Reply::Vms(vms) = ask(lab, &Request::Vms).await.unwrap() else { panic!("no VMs") };
    vms
}

async fn load(lab: &Path, vm: &VmInfo, cores: f64, mib: f64) {
    let control = Control::Load { vmid: vm.vmid, cores, mib };
    assert_eq!(ask(lab, &Request::Control(control)).await.unwrap(), Reply::Done);
}

pub(super) async fn history(lab: &Path) -> Vec<Entry> {
    let mut all = Vec::new();
    loop {
        let Reply::History(more) = ask(lab, &Request::History(all.len())).await.unwrap() else {
            panic!("no history")
        };
        if more.is_empty() {
            return all;
        }
        all.extend(more);
    }
}

/// Half of the VMs have much to do, the other half nothing, and then the other way round, until
/// there were enough runs.
pub(super) async fn keep_changing(lab: &Path, wires: &Wires, runs: u64) {
    let vms = vms(lab).await;
    let late = Instant::now() + Duration::from_secs(1200);
    for turn in 0.. {
        for (index, vm) in vms.iter().enumerate() {
            let (cores, mib) = if (index + turn) % 2 == 0 { (64.0, 1e5) } else { (0.05, 100.0) };
            load(lab, vm, cores, mib).await;
        }
        let until = Instant::now() + TURN;
        while Instant::now() < until {
            sleep(Duration::from_millis(100)).await;
            if wires.books().all_runs() >= runs {
                return;
            }
            assert!(Instant::now() < late, "too few runs: {:?}", wires.books());
        }
    }
}

/// With loads that nobody wants to change anything for, all comes to rest.
pub(super) async fn settle(lab: &Path, wires: &Wires) -> Vec<String> {
    wires.mended.store(true, Ordering::SeqCst);
    for vm in vms(lab).await {
        let (vcpus, memory) = (vm.qemu_vcpus.unwrap(), vm.qemu_memory.unwrap());
        load(lab, &vm, 0.5 * f64::from(vcpus), 0.5 * f64::from(memory)).await;
    }
    let until = Instant::now() + SETTLING;
    loop {
        sleep(Duration::from_millis(500)).await;
        let wrong = unsettled(&vms(lab).await);
        let idle = wires.books().is_idle();
        if (wrong.is_empty() && idle) || Instant::now() > until {
            return wrong;
        }
    }
}
