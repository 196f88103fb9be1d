//! From a busy guest to a verified `qm set`, and back.

use std::time::Duration;

use vm_autoscale_lab::{Control, Part};
use vm_autoscale_planner::{Move, Resource};
use vm_autoscale_scheduler::{Event, StatusReport};
use vm_autoscale_tests::stage::Stage;

use crate::{allowed, load, play, truth, turn, vmid};

const TIME: Duration = Duration::from_secs(60);

fn start(config: &str) -> Stage {
    let mut stage = Stage::set(&play(2, config)).unwrap();
    // The second VM cannot be changed at all; what happens happens to the first.
    load(&stage, 101, 0.5 * f64::from(truth(&stage, 101).qemu_vcpus.unwrap()), 2000.0);
    stage.start_helper().unwrap();
    stage.start_scheduler().unwrap();
    stage
}

fn event(status: &StatusReport, wanted: impl Fn(&Event) -> bool) -> Option<Event> {
    status.recent.iter().find(|event| event.vmid == vmid(101) && wanted(event)).cloned()
}

#[test]
fn a_busy_vm_grows_and_an_idle_one_shrinks() {
    let _turn = turn();
    let stage = start("mode: full\nmemory_shrink: true\n");
    let before = truth(&stage, 101);
    load(&stage, 101, 64.0, 2000.0);
    let grown = |e: &Event| e.verified && e.step.resource() == Resource::Cpu && e.step.is_growth();
    stage.until(TIME, |status| event(status, grown).is_some()).unwrap();
    let after = truth(&stage, 101);
    assert!(after.qemu_vcpus > before.qemu_vcpus, "{after:?}");
    assert!(!after.conf.contains("[PENDING]"), "{}", after.conf);

    load(&stage, 101, 0.1, 2000.0);
    let shrunk =
        |e: &Event| e.verified && e.step.resource() == Resource::Cpu && !e.step.is_growth();
    stage.until(TIME, |status| event(status, shrunk).is_some()).unwrap();

    load(&stage, 101, 0.1, 100_000.0);
    let more =
        |e: &Event| e.verified && e.step.resource() == Resource::Memory && e.step.is_growth();
    stage.until(TIME, |status| event(status, more).is_some()).unwrap();
    load(&stage, 101, 0.1, 500.0);
    let less =
        |e: &Event| e.verified && e.step.resource() == Resource::Memory && !e.step.is_growth();
    stage.until(TIME, |status| event(status, less).is_some()).unwrap();

    let stats = stage.node_stats().unwrap();
    assert_eq!((stats.logins, stats.connections, stats.refused), (1, 1, 0));
    stage.strike_checked(allowed()).unwrap();
}

/// 1 for the change, at most 3 reads: config and QEMU's count, and the config at the next look.
#[test]
fn an_applied_change_takes_four_remote_commands() {
    let _turn = turn();
    let stage = start("mode: full\n");
    stage.until(TIME, |status| status.clusters.iter().any(|c| c.looks >= 2)).unwrap();
    let before = stage.node_stats().unwrap();
    load(&stage, 101, 64.0, 2000.0);
    let status = stage.until(TIME, |status| status.counts.verified >= 2).unwrap();
    load(&stage, 101, 0.5 * f64::from(truth(&stage, 101).qemu_vcpus.unwrap()), 2000.0);
    // Two looks later the last change has been read once more, too.
    let looks = status.clusters[0].looks + 2;
    let status = stage
        .until(TIME, |s| s.clusters[0].looks >= looks && s.counts.asked == s.counts.verified)
        .unwrap();
    let after = stage.node_stats().unwrap();
    let spent = |kind: &str| {
        after.commands.get(kind).unwrap_or(&0) - before.commands.get(kind).unwrap_or(&0)
    };
    let changes = status.counts.verified;
    assert_eq!(spent("SetVcpus") + spent("SetMemory"), changes);
    let reads = spent("ReadConfigs") + spent("ReadMonitor") + spent("ReadGuestVcpus");
    assert!(reads <= 3 * changes, "{reads} reads for {changes} changes: {after:?}");
    stage.strike_checked(allowed()).unwrap();
}

#[test]
fn a_guest_that_keeps_its_vcpus_fails_and_is_reverted() {
    let _turn = turn();
    let stage = start("mode: full\n");
    stage.control(Control::Fault { vmid: vmid(101), part: Part::KeepsCpus, on: true }).unwrap();
    let before = truth(&stage, 101);
    load(&stage, 101, 0.1, 2000.0);
    let failed = |e: &Event| !e.verified && matches!(e.step, Move::Cpu { .. });
    let status = stage.until(TIME, |status| event(status, failed).is_some()).unwrap();
    let text = event(&status, failed).unwrap().text;
    assert!(
        text.contains("failed: refused by the guest: it did not release a vCPU; reverted"),
        "{text}"
    );
    let after = truth(&stage, 101);
    assert_eq!(after.qemu_vcpus, before.qemu_vcpus);
    assert!(!after.conf.contains("[PENDING]"), "{}", after.conf);
    stage.strike_checked(allowed()).unwrap();
}

/// The guest keeps its vCPU, so that `qm` waits for it and holds the VM's lock.
#[test]
fn a_slow_change_holds_up_no_look() {
    let _turn = turn();
    let mut slow = play(2, "mode: full\n");
    slow.qm_time = 1.0;
    let mut stage = Stage::set(&slow).unwrap();
    stage.control(Control::Fault { vmid: vmid(101), part: Part::KeepsCpus, on: true }).unwrap();
    load(&stage, 101, 0.1, 2000.0);
    stage.start_helper().unwrap();
    stage.start_scheduler().unwrap();
    let begun = stage.until(TIME, |status| status.counts.asked == 1).unwrap();
    let ended = stage.until(TIME, |status| status.counts.failed == 1).unwrap();
    // The unplug alone takes 6 s, with reading back and reverting more, and there is a look a second.
    let looks = ended.clusters[0].looks - begun.clusters[0].looks;
    assert!(looks >= 4, "only {looks} looks while the change was under way");
    stage.strike_checked(allowed()).unwrap();
}

#[test]
fn recommending_and_looking_change_nothing() {
    let _turn = turn();
    let mut stage = Stage::set(&play(2, "")).unwrap();
    let log = stage.path("scheduler.log");
    let config = format!(
        "{}mode: recommend\nlogging: {{log_file: {}}}\n",
        play(2, "").config,
        log.display()
    );
    stage.write_config_yaml(&config).unwrap();
    stage.start_helper().unwrap();
    stage.start_scheduler().unwrap();
    load(&stage, 101, 64.0, 2000.0);
    let told = |status: &StatusReport| {
        let vms = status.clusters.iter().flat_map(|cluster| &cluster.vms);
        vms.filter(|vm| vm.vmid == vmid(101)).any(|vm| vm.cpu.starts_with("would: vcpus "))
    };
    let status = stage.until(TIME, told).unwrap();
    let legacy = &status.clusters[0].vms[1].cpu;
    assert!(legacy.contains("not able: add cpu to `qm set ID --hotplug`"), "{legacy}");

    let config = stage.path("config.yaml").display().to_string();
    let plan = vm_autoscale_tests::programs::directory().unwrap().join("vm-autoscale");
    let output = vm_autoscale_tests::programs::command(plan)
        .args(["plan", "--config", &config])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && text.contains("would: vcpus "), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");

    let stats = stage.node_stats().unwrap();
    assert_eq!(stats.changes_zero + stats.changes_nonzero, 0);
    let logged = std::fs::read_to_string(log).unwrap();
    assert!(logged.contains("helper met"), "the file log says: {logged}");
    stage.strike_checked(allowed()).unwrap();
}
