//! A VM's CPU and memory by each lever, from what the guest does to what it then has.

use std::fs::{read_to_string, write};
use std::time::Duration;

use vm_autoscale_lab::{Control, Part};
use vm_autoscale_planner::Move;
use vm_autoscale_proxmox::{CpuLimit, VmConfig};
use vm_autoscale_scheduler::{Event, StatusReport};
use vm_autoscale_tests::stage::Stage;

use crate::{load, play, truth, turn, vmid};

const TIME: Duration = Duration::from_secs(60);

/// A helper that lets each lever through.
fn start(config: &str) -> Stage {
    let mut stage = Stage::set(&play(1, &format!("mode: full\n{config}"))).unwrap();
    let path = stage.path("helper.yaml");
    let yaml = read_to_string(&path).unwrap();
    let levers = "max_vcpus: 64, min_cpulimit: 0.25, min_balloon: 256";
    assert_eq!(yaml.matches("max_vcpus: 64").count(), 1, "{yaml}");
    write(&path, yaml.replace("max_vcpus: 64", levers)).unwrap();
    let vcpus = truth(&stage, 101).qemu_vcpus.unwrap();
    load(&stage, 101, 0.5 * f64::from(vcpus), 2000.0);
    stage.start_helper().unwrap();
    stage.start_scheduler().unwrap();
    stage
}

fn config(stage: &Stage) -> VmConfig {
    VmConfig::parse(&truth(stage, 101).conf).unwrap()
}

/// The first verified change of that kind.
fn verified(stage: &Stage, kind: impl Fn(Move) -> bool) -> Event {
    let found = |event: &&Event| event.verified && kind(event.step);
    let first = |status: &StatusReport| status.recent.iter().find(found).cloned();
    let status = stage.until(TIME, |status| first(status).is_some()).unwrap();
    first(&status).unwrap()
}

#[test]
fn cpu_time_is_capped_and_given_back_while_all_vcpus_stay() {
    let _turn = turn();
    let stage = start("cpu_lever: cpulimit\n");
    let vcpus = truth(&stage, 101).qemu_vcpus;
    load(&stage, 101, 0.1, 2000.0);
    verified(&stage, |step| matches!(step, Move::CpuLimit { .. }) && !step.is_growth());
    assert_ne!(config(&stage).cpulimit, CpuLimit::Unlimited);
    load(&stage, 101, 64.0, 2000.0);
    verified(&stage, |step| matches!(step, Move::CpuLimit { .. }) && step.is_growth());
    let unlimited = |to: Move| matches!(to, Move::CpuLimit { to: CpuLimit::Unlimited, .. });
    verified(&stage, unlimited);
    assert_eq!(
        (config(&stage).cpulimit, truth(&stage, 101).qemu_vcpus),
        (CpuLimit::Unlimited, vcpus)
    );
    stage.strike().unwrap();
}

/// It is asked three times, and is given more all the same.
#[test]
fn a_guest_that_keeps_its_vcpus_is_capped_after_three_times() {
    let _turn = turn();
    let stage = start("");
    stage.control(Control::Fault { vmid: vmid(101), part: Part::KeepsCpus, on: true }).unwrap();
    let before = truth(&stage, 101).qemu_vcpus;
    load(&stage, 101, 0.1, 2000.0);
    verified(&stage, |step| matches!(step, Move::CpuLimit { .. }));
    let status = stage.status().unwrap();
    let refused = status.recent.iter().filter(|event| {
        !event.verified && event.text.contains("it did not release a vCPU; reverted")
    });
    assert_eq!(refused.count(), 3);
    assert_eq!(truth(&stage, 101).qemu_vcpus, before);
    load(&stage, 101, 64.0, 2000.0);
    verified(&stage, |step| matches!(step, Move::Cpu { .. }) && step.is_growth());
    assert!(truth(&stage, 101).qemu_vcpus > before);
    stage.strike().unwrap();
}

#[test]
fn the_balloon_takes_memory_and_gives_it_back() {
    let _turn = turn();
    let stage = start("memory_lever: balloon\nmemory_shrink: true\n");
    let (shares, zero) = ("shares".to_owned(), Some("0".to_owned()));
    stage.control(Control::Edit { vmid: vmid(101), key: shares, value: zero }).unwrap();
    let before = truth(&stage, 101);
    load(&stage, 101, 1.0, 100.0);
    verified(&stage, |step| matches!(step, Move::Balloon { .. }) && !step.is_growth());
    let taken = truth(&stage, 101);
    assert!(taken.usable_memory < before.usable_memory, "{taken:?}");
    assert_eq!(taken.qemu_memory, before.qemu_memory, "all DIMMs stay");
    load(&stage, 101, 1.0, 100_000.0);
    verified(&stage, |step| matches!(step, Move::Balloon { .. }) && step.is_growth());
    assert!(truth(&stage, 101).usable_memory > taken.usable_memory);
    stage.strike().unwrap();
}
