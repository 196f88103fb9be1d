//! Guests and QEMUs that do not do what they are asked for.

use vm_autoscale_lab::{Control, Part};

use super::{TIME, VM, changes, control, decision, grown, half, looked, steady, told};
use crate::{allowed, load, truth, turn, vmid};

fn fault(part: Part, on: bool) -> Control {
    Control::Fault { vmid: vmid(VM), part, on }
}

#[test]
fn row_7_what_does_not_come_leaves_nothing_behind() {
    let _turn = turn();
    let stage = steady(1, 0.05, "");
    control(&stage, fault(Part::PlugFails, true));
    let before = truth(&stage, VM).qemu_vcpus;
    load(&stage, VM, 64.0, 1500.0);
    let event = told(&stage, VM, |_| true);
    assert!(!event.verified && event.text.contains("QEMU did not plug a vCPU"), "{event}");
    let after = truth(&stage, VM);
    assert_eq!(after.qemu_vcpus, before);
    assert!(!after.conf.contains("[PENDING]"), "{}", after.conf);
    control(&stage, fault(Part::PlugFails, false));
    told(&stage, VM, grown);
    stage.strike_checked(allowed()).unwrap();
}

/// The guest lets go of a vCPU when `qm` has long given up: QEMU and config differ then, and
/// nothing is done to the vCPUs until they agree.
fn releases_late(vm: u32, config: &str) {
    let _turn = turn();
    let stage = steady(1, 0.05, config);
    // `qm` waits 0.3 s here, and the guest takes 2 s.
    control(&stage, Control::SlowGuest { vmid: vmid(vm), cpu: 40.0, dimm: 40.0 });
    let before = truth(&stage, vm).qemu_vcpus.unwrap();
    load(&stage, vm, 0.0, 1500.0);
    let event = told(&stage, vm, |_| true);
    assert!(!event.verified, "{event}");
    load(&stage, vm, 64.0, 1500.0);
    let quarantined = stage.until(TIME, |status| decision(status, vm).contains("quarantined"));
    quarantined.unwrap();
    assert_eq!(truth(&stage, vm).qemu_vcpus, Some(before - 1));
    let so_far = changes(&stage, vm).len();
    looked(&stage, 4);
    assert_eq!(changes(&stage, vm).len(), so_far, "{:?}", changes(&stage, vm));
    // It is powered off and on, and is one like any other.
    control(&stage, Control::Stop { vmid: vmid(vm) });
    control(&stage, Control::Start { vmid: vmid(vm) });
    told(&stage, vm, grown);
    stage.strike_checked(allowed()).unwrap();
}

/// Three vCPUs of four are busy, by which it is to grow.
#[test]
fn row_8_a_guest_that_releases_late_is_left_alone_until_it_agrees() {
    releases_late(102, "scaling_thresholds: {cpu: {high: 70, low: 20}}\n");
}

#[test]
fn row_9_a_guest_that_takes_nothing_is_no_success() {
    let _turn = turn();
    let stage = steady(1, 0.05, "");
    control(&stage, fault(Part::OnlinesNothing, true));
    load(&stage, VM, 64.0, 1500.0);
    let event = told(&stage, VM, |_| true);
    assert!(!event.verified && event.text.contains("no effect"), "{event}");
    stage.strike_checked(allowed()).unwrap();
}

#[test]
fn row_12_a_vm_that_reboots_meanwhile_is_met_anew() {
    let _turn = turn();
    let stage = steady(1, 3.0, "");
    load(&stage, VM, 64.0, 1500.0);
    stage.until(TIME, |status| status.counts.asked >= 1).unwrap();
    control(&stage, Control::Stop { vmid: vmid(VM) });
    control(&stage, Control::Start { vmid: vmid(VM) });
    told(&stage, VM, grown);
    half(&stage, VM);
    looked(&stage, 2);
    let there = truth(&stage, VM);
    let vcpus = there.qemu_vcpus.unwrap();
    assert!(there.conf.contains(&format!("\nvcpus: {vcpus}\n")), "{}", there.conf);
    stage.strike_checked(allowed()).unwrap();
}
