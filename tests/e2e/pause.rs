//! An administrator's order to leave VMs alone: who may give it, and what it holds.

use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Output;
use std::time::Duration;

use serde_json::Value;
use vm_autoscale_lab::Control;
use vm_autoscale_scheduler::{StatusReport, VmStatus};
use vm_autoscale_tests::programs::{command, directory};
use vm_autoscale_tests::stage::Stage;

use crate::{allowed_anew, load, play, skip, truth, turn, vmid};

const TIME: Duration = Duration::from_secs(30);
const NOBODY: u32 = 65_534;

fn say(stage: &Stage, arguments: &[&str]) -> Output {
    let mut program = command(directory().unwrap().join("vm-autoscale"));
    program.args(arguments).arg("--config").arg(stage.path("config.yaml")).output().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8([&output.stdout[..], &output.stderr].concat()).unwrap()
}

fn vm(status: &StatusReport, number: u32) -> &VmStatus {
    status.clusters[0].vms.iter().find(|vm| vm.vmid == vmid(number)).unwrap()
}

fn is_paused(status: &StatusReport, number: u32) -> bool {
    let vm = vm(status, number);
    vm.cpu.starts_with("paused: ") && vm.memory_decision == vm.cpu
}

/// Only root's orders are taken on a machine where nobody is in the group.
fn is_root(what: &str) -> bool {
    let root = nix::unistd::Uid::effective().is_root();
    if !root {
        skip(&format!("{what}: only root may order a pause"));
    }
    root
}

#[test]
fn what_is_paused_is_left_alone_and_all_else_goes_on() {
    let _turn = turn();
    if !is_root("what a pause holds") {
        return;
    }
    let mut stage = Stage::set(&play(4, "mode: full\n")).unwrap();
    stage.control(Control::Pool { vmid: vmid(103), pool: Some("shop".to_owned()) }).unwrap();
    stage.start_helper().unwrap();
    stage.start_scheduler().unwrap();
    stage.until(TIME, |status| status.clusters.first().is_some_and(|c| c.vms.len() == 4)).unwrap();

    let paused = say(&stage, &["pause", "101", "--for", "2h", "--reason", "moving racks"]);
    let said = text(&paused);
    assert!(
        paused.status.success() && said.starts_with("paused: 101 for 2 h 0 min more"),
        "{said}"
    );
    let json = ["pause", "@pool-shop", "--reason", "sale", "--output-format", "json"];
    let pool: Value = serde_json::from_slice(&say(&stage, &json).stdout).unwrap();
    assert_eq!((&pool["select"], &pool["until"]), (&"@pool-shop".into(), &Value::Null));

    // What is of another cluster is not paused here; one that there is not is a mistake.
    let elsewhere = say(&stage, &["pause", "shop/102", "--reason", "x"]);
    let said = text(&elsewhere);
    assert_eq!(elsewhere.status.code(), Some(1), "{said}");
    assert!(said.contains("no cluster of helper.yaml is called `shop`: lab"), "{said}");

    let before = [101, 103].map(|number| truth(&stage, number).qemu_vcpus);
    for number in [101, 102, 103] {
        load(&stage, number, 64.0, 2000.0);
    }
    // The pools are read for the pause alone: the file does not ask for them.
    let status = stage.until(TIME, |status| status.counts.verified >= 2).unwrap();
    assert!(is_paused(&status, 101) && is_paused(&status, 103), "{status:?}");
    assert!(!is_paused(&status, 102) && !is_paused(&status, 104), "{status:?}");
    assert_eq!(before, [101, 103].map(|number| truth(&stage, number).qemu_vcpus));

    let shown = say(&stage, &["status"]);
    let said = text(&shown);
    assert!(shown.status.success(), "a pause is no illness: {said}");
    assert!(said.lines().next().unwrap().contains(": moving racks (pause "), "{said}");
    assert!(said.contains("paused: @pool-shop until resumed: sale (pause "), "{said}");

    outlives_a_restart(&mut stage);
    let number = pool["number"].to_string();
    let resumed = text(&say(&stage, &["resume", &number]));
    assert_eq!(resumed, format!("ended: pause {number} of @pool-shop: sale\n"));
    stage.until(TIME, |status| !is_paused(status, 103)).unwrap();
    let again = say(&stage, &["resume", &number]);
    assert_eq!(again.status.code(), Some(1), "{}", text(&again));
    let all = text(&say(&stage, &["resume", "--all"]));
    assert!(all.contains("of 101: moving racks"), "{all}");
    let changed = |_: &StatusReport| truth(&stage, 101).qemu_vcpus > before[0];
    let status = stage.until(TIME, changed).unwrap();
    assert_eq!(status.pauses, []);
    let log = stage.last_words();
    assert!(log.contains("resumed"), "{log}");
    stage.strike_checked(allowed_anew()).unwrap();
}

/// Also told while nobody runs, by the journal.
fn outlives_a_restart(stage: &mut Stage) {
    stage.scheduler.as_mut().unwrap().stop().unwrap();
    let shown = say(stage, &["status"]);
    let said = text(&shown);
    assert_eq!(shown.status.code(), Some(1), "{said}");
    assert!(
        said.starts_with("NOT WELL: the daemon does not answer; this is what it noted "),
        "{said}"
    );
    // How many depends on how slow the machine is.
    let left = said.lines().find_map(|line| line.strip_prefix("paused: 101 for ")).unwrap();
    let (minutes, rest) = left.split_once(" min more: ").unwrap();
    assert!((90..120).contains(&minutes.parse::<u32>().unwrap()), "{said}");
    assert!(rest.starts_with("moving racks (pause "), "{said}");
    assert!(said.contains("\n 104 legacy-104"), "the VMs: {said}");
    let json = say(stage, &["status", "--output-format", "json"]);
    let json: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert!(json["source"] == "journal" && json["noted_at"].is_u64(), "{json}");
    stage.start_scheduler().unwrap();
    let seen = |status: &StatusReport| status.clusters.first().is_some_and(|c| c.vms.len() == 4);
    let status = stage.until(TIME, seen).unwrap();
    assert!(is_paused(&status, 101) && is_paused(&status, 103), "{status:?}");
    assert_eq!(status.pauses.len(), 2);
}

/// The socket is opened to everybody for this, so that the order itself is what is refused.
#[test]
fn who_is_not_in_the_group_may_look_and_give_no_order() {
    let _turn = turn();
    let mut stage = Stage::set(&play(2, "")).unwrap();
    stage.start_helper().unwrap();
    stage.start_scheduler().unwrap();
    stage.until(TIME, |status| !status.clusters.is_empty()).unwrap();
    let mode = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    mode(&stage.path("."), 0o711);
    mode(&stage.control_socket(), 0o666);
    // A build's directory may be closed to others.
    let program = stage.path("vm-autoscale");
    std::fs::copy(directory().unwrap().join("vm-autoscale"), &program).unwrap();
    mode(&program, 0o755);
    let socket = stage.control_socket().display().to_string();
    let as_nobody = |arguments: &[&str]| {
        let mut command = command(&program);
        if nix::unistd::Uid::effective().is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        command.args(arguments).args(["--control-socket", &socket]).output().unwrap()
    };
    let seen = as_nobody(&["status"]);
    assert!(seen.status.success(), "{}", text(&seen));
    for order in [&["pause", "--reason", "x"][..], &["resume", "--all"]] {
        let refused = as_nobody(order);
        let said = text(&refused);
        assert_eq!(refused.status.code(), Some(5), "{said}");
        assert!(said.contains("members of the group `vm-autoscale-admin`"), "{said}");
    }
    let status = stage.until(TIME, |status| status.pauses.is_empty()).unwrap();
    assert!(!is_paused(&status, 101));
    assert!(stage.last_words().contains("refused an order"), "{}", stage.last_words());
    stage.strike().unwrap();
}
