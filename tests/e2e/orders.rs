//! An administrator's orders for one VM: back to its size of before, and a test of what it can.

use std::fs::{read_to_string, write};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use vm_autoscale_lab::{Control, Part, VmInfo};
use vm_autoscale_scheduler::{StatusReport, VmStatus};
use vm_autoscale_tests::programs::{command, directory};
use vm_autoscale_tests::stage::Stage;

use crate::{load, play, skip, truth, turn, vmid};

const TIME: Duration = Duration::from_secs(30);
const NOBODY: u32 = 65_534;

fn program(stage: &Stage, arguments: &[&str]) -> Command {
    let mut program = command(directory().unwrap().join("vm-autoscale"));
    program.args(arguments).arg("--config").arg(stage.path("config.yaml"));
    program
}

fn say(stage: &Stage, arguments: &[&str]) -> (Option<i32>, String) {
    let output = program(stage, arguments).output().unwrap();
    (output.status.code(), text(&output))
}

fn text(output: &Output) -> String {
    String::from_utf8([&output.stdout[..], &output.stderr].concat()).unwrap()
}

fn vm(status: &StatusReport) -> &VmStatus {
    status.clusters[0].vms.iter().find(|vm| vm.vmid == vmid(101)).unwrap()
}

/// Only root's orders are taken on a machine where nobody is in the group.
fn is_root(what: &str) -> bool {
    let root = nix::unistd::Uid::effective().is_root();
    if !root {
        skip(&format!("{what}: only root may order it"));
    }
    root
}

/// A stage of two VMs, the first of them seen; `rule` is what the helper's rule says more.
fn start(config: &str, rule: &str) -> Stage {
    let mut stage = Stage::set(&play(2, config)).unwrap();
    let path = stage.path("helper.yaml");
    let yaml = read_to_string(&path).unwrap();
    assert_eq!(yaml.matches("max_vcpus: 64").count(), 1, "{yaml}");
    write(&path, yaml.replace("max_vcpus: 64", &format!("max_vcpus: 64{rule}"))).unwrap();
    rest(&stage);
    stage.start_helper().unwrap();
    stage.start_scheduler().unwrap();
    let seen = |status: &StatusReport| {
        status.clusters.first().is_some_and(|c| c.vms.len() == 2 && vm(status).vcpus.is_some())
    };
    stage.until(TIME, seen).unwrap();
    stage
}

/// Half of everything is used.
fn rest(stage: &Stage) {
    let VmInfo { qemu_vcpus, qemu_memory, .. } = truth(stage, 101);
    load(stage, 101, 0.5 * f64::from(qemu_vcpus.unwrap()), 0.5 * f64::from(qemu_memory.unwrap()));
}

/// The daemon has given it all its vCPUs; the lab starts with half of them.
fn grow(stage: &Stage) -> VmInfo {
    let before = truth(stage, 101);
    load(stage, 101, 64.0, 0.5 * f64::from(before.qemu_memory.unwrap()));
    let all = before.qemu_vcpus.map(|vcpus| 2 * vcpus);
    stage.until(TIME, |_| truth(stage, 101).qemu_vcpus == all).unwrap();
    rest(stage);
    stage.until(TIME, |status| vm(status).vcpus == all).unwrap();
    before
}

#[test]
fn a_vm_goes_back_to_its_size_of_before_and_is_paused() {
    let _turn = turn();
    if !is_root("a restore") {
        return;
    }
    let stage = start("mode: full\n", "");
    let (code, said) = say(&stage, &["restore", "101"]);
    assert!(code == Some(0) && said.contains("it has the sizes of before our changes"), "{said}");
    let before = grow(&stage);
    // It wants all of it, and more: no order is needed for the planner to hold on to it.
    load(&stage, 101, 64.0, 0.5 * f64::from(before.qemu_memory.unwrap()));
    let grown = truth(&stage, 101).qemu_vcpus;
    let (code, said) = say(&stage, &["restore", "101"]);
    assert!(code == Some(0) && said.contains("vm-autoscale restore 101 --yes"), "{said}");
    assert!(
        said.contains(&format!(" -> {}: the guest has to", before.qemu_vcpus.unwrap())),
        "{said}"
    );
    assert!(truth(&stage, 101).qemu_vcpus >= grown, "shown only");

    let mut order = program(&stage, &["restore", "101", "--yes"]);
    let order = order.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    stage.until(TIME, |status| vm(status).cpu == "restore ordered by uid 0").unwrap();
    let output = order.wait_with_output().unwrap();
    let said = text(&output);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("VM 101: restored, and verified\nIt is paused now (pause "), "{said}");
    let after = truth(&stage, 101);
    assert_eq!((after.qemu_vcpus, after.qemu_memory), (before.qemu_vcpus, before.qemu_memory));
    assert!(!after.conf.contains("[PENDING]"), "{}", after.conf);

    let status =
        stage.until(TIME, |status| vm(status).cpu.starts_with("paused: restored")).unwrap();
    // Another cluster may have a VM of that number.
    assert_eq!(status.pauses[0].select, "lab/101");
    let last = status.recent.last().unwrap();
    assert!(last.verified && last.text.contains("(restore ordered by uid 0)"), "{last}");
    let (code, said) = say(&stage, &["resume", &status.pauses[0].number.to_string()]);
    assert_eq!(code, Some(0), "{said}");
    stage.until(TIME, |_| truth(&stage, 101).qemu_vcpus > before.qemu_vcpus).unwrap();
    stage.strike().unwrap();
}

#[test]
fn a_lock_and_the_helpers_rules_stop_a_restore() {
    let _turn = turn();
    if !is_root("what stops a restore") {
        return;
    }
    let least = 3;
    let stage = start("mode: full\n", &format!(", min_vcpus: {least}"));
    let before = grow(&stage);
    assert!(before.qemu_vcpus < Some(least), "the rule is to forbid it: {before:?}");
    let held = ["pause", "101", "--reason", "x", "--output-format", "json"];
    let paused: Value =
        serde_json::from_slice(&program(&stage, &held).output().unwrap().stdout).unwrap();
    let (code, said) = say(&stage, &["restore", "101", "--yes"]);
    assert!(code == Some(1) && said.contains("VM 101: paused: x (pause "), "{said}");
    say(&stage, &["resume", &paused["number"].to_string()]);
    stage.control(Control::Lock { vmid: vmid(101), lock: Some("backup".to_owned()) }).unwrap();
    stage.until(TIME, |status| vm(status).cpu.starts_with("locked")).unwrap();
    let grown = truth(&stage, 101).qemu_vcpus;
    let (code, said) = say(&stage, &["restore", "101", "--yes"]);
    assert!(code == Some(1) && said.contains("VM 101: locked (backup)"), "{said}");
    assert_eq!(truth(&stage, 101).qemu_vcpus, grown);
    stage.control(Control::Lock { vmid: vmid(101), lock: None }).unwrap();
    stage.until(TIME, |status| !vm(status).cpu.starts_with("locked")).unwrap();

    let (code, said) = say(&stage, &["restore", "101", "--yes"]);
    assert!(code == Some(1) && said.contains("VM 101: stopped: "), "{said}");
    assert!(said.contains("(`min_vcpus`)") && said.contains("It is paused now"), "{said}");
    assert_eq!(truth(&stage, 101).qemu_vcpus, Some(least), "as near as the rule lets it");
    stage.strike().unwrap();
}

/// The socket is opened to everybody for this, so that the order itself is what is refused.
#[test]
fn who_may_not_order_a_restore_may_see_what_it_would_do() {
    let _turn = turn();
    let stage = start("mode: recommend\n", "");
    let mode = |path: &std::path::Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    mode(&stage.path("."), 0o711);
    mode(&stage.control_socket(), 0o666);
    let program = stage.path("vm-autoscale");
    std::fs::copy(directory().unwrap().join("vm-autoscale"), &program).unwrap();
    mode(&program, 0o755);
    let socket = stage.control_socket().display().to_string();
    let as_nobody = |arguments: &[&str]| {
        let mut command = command(&program);
        if nix::unistd::Uid::effective().is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        let output = command.args(arguments).args(["--control-socket", &socket]).output().unwrap();
        (output.status.code(), text(&output))
    };
    let (code, said) = as_nobody(&["selftest", "--vm", "101"]);
    assert!(code == Some(0) && said.contains("selftest --vm 101 --yes"), "{said}");
    assert_eq!(as_nobody(&["version"]).0, Some(0));
    for order in [&["selftest", "--vm", "101", "--yes"][..], &["restore", "101", "--cancel"]] {
        let (code, said) = as_nobody(order);
        assert_eq!(code, Some(5), "{said}");
        assert!(said.contains("members of the group `vm-autoscale-admin`"), "{said}");
    }
    assert_eq!(stage.node_stats().unwrap().changes_zero, 0);
    stage.strike().unwrap();
}

#[test]
fn a_selftest_leaves_a_good_vm_as_it_was() {
    let _turn = turn();
    if !is_root("a selftest") {
        return;
    }
    // Whatever the mode: it is ordered.
    let stage = start("mode: observe\n", "");
    let before = truth(&stage, 101);
    let (code, said) = say(&stage, &["selftest", "--vm", "101", "--yes"]);
    assert_eq!(code, Some(0), "{said}\n{}", stage.last_words());
    assert!(said.ends_with("PASSED\nThe VM is as it was.\n"), "{said}");
    let (_, transcript) = said.split_once("-- transcript").unwrap();
    let vcpus = before.qemu_vcpus.unwrap();
    for part in [
        format!("1. vcpus {vcpus} -> {}\n   /usr/sbin/qm set 101 --vcpus {}", vcpus + 1, vcpus + 1),
        format!("QEMU has {vcpus}, the guest has {vcpus}\n"),
        "\n3. memory ".to_owned(),
        "\n4. memory ".to_owned(),
    ] {
        assert!(transcript.contains(&part), "{part}: {said}");
    }
    for name in ["pve1", "lab", before.conf.lines().find_map(|l| l.strip_prefix("name: ")).unwrap()]
    {
        assert!(!transcript.contains(name), "{name}: {transcript}");
    }
    assert!(said.lines().all(|line| line.len() <= 120), "{said}");
    let after = truth(&stage, 101);
    assert_eq!((after.qemu_vcpus, after.qemu_memory), (before.qemu_vcpus, before.qemu_memory));
    let (code, said) = say(&stage, &["selftest", "--vm", "9999", "--yes"]);
    assert!(code == Some(1) && said.contains("VM 9999 is not looked after"), "{said}");
    stage.strike().unwrap();
}

#[test]
fn a_selftest_says_what_a_guest_keeps_and_how_to_undo_it() {
    let _turn = turn();
    if !is_root("a selftest of a guest that keeps what it has") {
        return;
    }
    let stage = start("mode: observe\n", "");
    let vcpus = truth(&stage, 101).qemu_vcpus.unwrap();
    stage.control(Control::Fault { vmid: vmid(101), part: Part::KeepsCpus, on: true }).unwrap();
    let (code, said) = say(&stage, &["selftest", "--vm", "101", "--yes"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("refused by the guest: it did not release a vCPU; reverted"), "{said}");
    assert!(said.contains("\n4. memory "), "it goes on with the rest: {said}");
    let left = format!(
        "LEFT: the VM is not as it was. On its node this undoes it:\n  qm set 101 --vcpus {vcpus}\n"
    );
    assert!(said.contains("FAILED: ") && said.ends_with(&left), "{said}");
    let after = truth(&stage, 101);
    assert_eq!(after.qemu_vcpus, Some(vcpus + 1));
    assert!(!after.conf.contains("[PENDING]"), "{}", after.conf);
    stage.strike().unwrap();
}

#[test]
fn the_versions_of_program_daemon_and_helper_are_told() {
    let _turn = turn();
    let stage = start("", "");
    let own = env!("CARGO_PKG_VERSION");
    // The daemon asks the helper now and then.
    let helper = format!("\nhelper        {own}\n");
    let told = |_: &StatusReport| say(&stage, &["version"]).1.contains(&helper);
    stage.until(TIME, told).unwrap();
    let (code, said) = say(&stage, &["version", "--output-format", "json"]);
    let json: Value = serde_json::from_str(&said).unwrap();
    assert!(code == Some(0) && json["differs"] == false, "{said}");
    assert_eq!(
        (&json["program"]["version"], &json["daemon"]["version"]),
        (&own.into(), &own.into())
    );
    assert_eq!(json["journal"]["version"], json["program"]["journal"], "{said}");
    stage.strike().unwrap();
}
