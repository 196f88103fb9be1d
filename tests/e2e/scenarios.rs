//! What may befall a VM between a decision and its writing: named rightly, nothing done to it,
//! others served.

use std::time::Duration;

use vm_autoscale_lab::{Control, Entry, Reply, Request};
use vm_autoscale_planner::Resource;
use vm_autoscale_scheduler::{Event, StatusReport};
use vm_autoscale_tests::stage::Stage;

use crate::{allowed, load, play, truth, turn, vmid};

const TIME: Duration = Duration::from_secs(60);
/// The VM that something befalls, on pve1, and one that is served all the while, on pve2.
const VM: u32 = 101;
const OTHER: u32 = 102;

/// Three nodes; perl takes so long that something can happen between decision and write.
fn stage() -> Stage {
    let mut play = play(4, "mode: full\n");
    play.nodes = 3;
    play.qm_time = 3.0;
    let mut stage = Stage::set(&play).unwrap();
    for vm in 101..=104 {
        load(&stage, vm, 0.5 * f64::from(truth(&stage, vm).qemu_vcpus.unwrap()), 1500.0);
    }
    stage.start_helper().unwrap();
    stage.start_scheduler().unwrap();
    stage.until(TIME, |status| status.clusters.iter().any(|c| c.looks >= 3)).unwrap();
    stage
}

fn event(status: &StatusReport, vm: u32, wanted: impl Fn(&Event) -> bool) -> Option<Event> {
    status.recent.iter().find(|event| event.vmid == vmid(vm) && wanted(event)).cloned()
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

/// The VM becomes busy, a change is decided, and then it happens. What was told of it.
fn meanwhile(stage: &Stage, happening: Control) -> String {
    load(stage, VM, 64.0, 1500.0);
    stage.until(TIME, |status| status.counts.asked >= 1).unwrap();
    stage.control(happening).unwrap();
    let status = stage.until(TIME, |status| event(status, VM, |_| true).is_some()).unwrap();
    let event = event(&status, VM, |_| true).unwrap();
    assert!(!event.verified, "{event}");
    event.text
}

fn other_is_served(stage: &Stage) {
    load(stage, OTHER, 64.0, 1500.0);
    let served = stage.until(TIME, |status| event(status, OTHER, grown).is_some());
    served.unwrap();
}

fn all_failed(changes: &[Entry]) {
    assert!(changes.iter().all(|entry| entry.exit != 0), "something was done: {changes:?}");
}

#[test]
fn one_that_migrates_is_followed() {
    let _turn = turn();
    let stage = stage();
    let before = truth(&stage, VM).qemu_vcpus;
    let to = "pve3".try_into().unwrap();
    let text = meanwhile(&stage, Control::Migrate { vmid: vmid(VM), to, seconds: 0.0, gap: 1.5 });
    assert!(text.contains("moved to pve3: nothing was changed"), "{text}");
    other_is_served(&stage);
    // There it is looked after again.
    stage.until(TIME, |status| event(status, VM, grown).is_some()).unwrap();
    let changes = changes(&stage, VM);
    let at = |node: &str| -> Vec<Entry> {
        let there = |entry: &&Entry| entry.node.as_ref().is_some_and(|n| n.as_str() == node);
        changes.iter().filter(there).cloned().collect()
    };
    all_failed(&at("pve1"));
    assert!(!at("pve3").is_empty() && truth(&stage, VM).qemu_vcpus > before);
    stage.strike_checked(allowed()).unwrap();
}

#[test]
fn one_that_is_locked_is_left_alone_until_it_is_not() {
    let _turn = turn();
    let stage = stage();
    let before = truth(&stage, VM);
    let text = meanwhile(&stage, Control::Lock { vmid: vmid(VM), lock: Some("backup".into()) });
    assert!(text.contains("locked (backup): nothing was changed"), "{text}");
    stage.until(TIME, |status| decision(status, VM).contains("locked (backup)")).unwrap();
    other_is_served(&stage);
    all_failed(&changes(&stage, VM));
    assert_eq!(truth(&stage, VM).qemu_vcpus, before.qemu_vcpus);
    stage.control(Control::Lock { vmid: vmid(VM), lock: None }).unwrap();
    stage.until(TIME, |status| event(status, VM, grown).is_some()).unwrap();
    stage.strike_checked(allowed()).unwrap();
}

#[test]
fn one_that_is_gone_is_gone() {
    let _turn = turn();
    let stage = stage();
    let text = meanwhile(&stage, Control::Destroy { vmid: vmid(VM) });
    assert!(text.contains("gone: the VM is in no node's list any more"), "{text}");
    other_is_served(&stage);
    stage
        .until(TIME, |s| s.clusters.iter().all(|c| c.vms.iter().all(|vm| vm.vmid != vmid(VM))))
        .unwrap();
    all_failed(&changes(&stage, VM));
    stage.strike_checked(allowed()).unwrap();
}

/// The one case that `qm` cannot be kept from: it writes what a stopped VM is to start with.
#[test]
fn one_that_stops_meanwhile_is_named() {
    let _turn = turn();
    let stage = stage();
    let text = meanwhile(&stage, Control::Stop { vmid: vmid(VM) });
    assert!(text.contains("stopped: the VM does not run"), "{text}");
    stage.until(TIME, |status| decision(status, VM) == "not running").unwrap();
    other_is_served(&stage);
    assert_eq!(changes(&stage, VM).len(), 1, "it was left alone from then on");
    stage.strike_checked(allowed()).unwrap();
}

#[test]
fn one_that_is_stopped_is_left_alone() {
    let _turn = turn();
    let stage = stage();
    let before = truth(&stage, VM).conf;
    stage.control(Control::Stop { vmid: vmid(VM) }).unwrap();
    stage.until(TIME, |status| decision(status, VM) == "not running").unwrap();
    load(&stage, VM, 64.0, 1500.0);
    other_is_served(&stage);
    assert_eq!((changes(&stage, VM).len(), truth(&stage, VM).conf), (0, before));
    stage.strike_checked(allowed()).unwrap();
}

#[test]
fn another_vm_with_the_same_number_inherits_nothing() {
    let _turn = turn();
    let stage = stage();
    let text = meanwhile(&stage, Control::Recreate { vmid: vmid(VM) });
    assert!(text.contains("another VM has this number now"), "{text}");
    all_failed(&changes(&stage, VM));
    other_is_served(&stage);
    // The new one is a VM like any other.
    load(&stage, VM, 64.0, 1500.0);
    stage.until(TIME, |status| event(status, VM, grown).is_some()).unwrap();
    stage.strike_checked(allowed()).unwrap();
}

#[test]
fn nothing_is_written_while_a_foreign_value_is_pending() {
    let _turn = turn();
    let stage = stage();
    let before = truth(&stage, VM);
    let value = Some("8".to_owned());
    let text = meanwhile(&stage, Control::Pending { vmid: vmid(VM), key: "cores".into(), value });
    assert!(text.contains("the config was changed by someone else"), "{text}");
    let held = |status: &StatusReport| {
        decision(status, VM).contains("changes of others are pending: cores")
    };
    stage.until(TIME, held).unwrap();
    other_is_served(&stage);
    all_failed(&changes(&stage, VM));
    let after = truth(&stage, VM);
    assert_eq!(after.qemu_vcpus, before.qemu_vcpus);
    assert!(after.conf.ends_with("\n[PENDING]\ncores: 8\n"), "theirs stays: {}", after.conf);
    stage.strike_checked(allowed()).unwrap();
}
