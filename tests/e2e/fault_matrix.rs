//! Rows of the fault matrix that no other test takes; `tests/README.md` has them all.

use std::time::Duration;

use vm_autoscale_lab::{Control, Entry, Reply, Request};
use vm_autoscale_planner::Resource;
use vm_autoscale_scheduler::{Event, StatusReport};
use vm_autoscale_tests::stage::Stage;

use crate::{load, play, truth, vmid};

mod figures;
mod guests;
mod programs;
mod table;
mod writes;

const TIME: Duration = Duration::from_secs(60);
/// What something befalls.
const VM: u32 = 101;

/// Four VMs at half of what they have, looked at three times.
fn steady(nodes: u32, qm_time: f64, config: &str) -> Stage {
    let mut play = play(4, &format!("mode: full\n{config}"));
    (play.nodes, play.qm_time) = (nodes, qm_time);
    let mut stage = Stage::set(&play).unwrap();
    for vm in 101..=104 {
        half(&stage, vm);
    }
    stage.start_helper().unwrap();
    stage.start_scheduler().unwrap();
    looked(&stage, 3);
    stage
}

/// Gives a VM as much to do as leaves it alone.
fn half(stage: &Stage, vm: u32) {
    load(stage, vm, 0.5 * f64::from(truth(stage, vm).qemu_vcpus.unwrap()), 1500.0);
}

/// Waits for so many more looks.
fn looked(stage: &Stage, times: u64) -> StatusReport {
    let looks = |status: &StatusReport| status.clusters.first().map_or(0, |c| c.looks);
    let so_far = stage.status().map_or(0, |status| looks(&status));
    stage.until(TIME, |status| looks(status) >= so_far + times).unwrap()
}

/// Waits for an event of the VM.
fn told(stage: &Stage, vm: u32, wanted: impl Fn(&Event) -> bool) -> Event {
    let find = |status: &StatusReport| {
        status.recent.iter().find(|event| event.vmid == vmid(vm) && wanted(event)).cloned()
    };
    find(&stage.until(TIME, |status| find(status).is_some()).unwrap()).unwrap()
}

fn grown(event: &Event) -> bool {
    event.verified && event.step.resource() == Resource::Cpu && event.step.is_growth()
}

/// What is decided on the VM's vCPUs.
fn decision(status: &StatusReport, vm: u32) -> String {
    let mut vms = status.clusters.iter().flat_map(|cluster| &cluster.vms);
    vms.find(|status| status.vmid == vmid(vm)).map(|vm| vm.cpu.clone()).unwrap_or_default()
}

/// All changes of the VM that any node executed.
fn changes(stage: &Stage, vm: u32) -> Vec<Entry> {
    let Reply::History(entries) = stage.ask_lab(&Request::History(0)).unwrap() else { panic!() };
    let ours = |entry: &Entry| !["Control", "Task"].contains(&entry.kind.as_str());
    entries.into_iter().filter(|entry| entry.vmid == Some(vmid(vm)) && ours(entry)).collect()
}

fn control(stage: &Stage, control: Control) {
    stage.control(control).unwrap();
}
