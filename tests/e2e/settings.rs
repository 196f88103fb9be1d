//! Which VMs the running daemon looks after, and what `vm-autoscale config` says of them.

use std::process::Output;
use std::time::Duration;

use serde_json::Value;
use vm_autoscale_lab::Control;
use vm_autoscale_scheduler::{StatusReport, VmStatus};
use vm_autoscale_tests::programs::{command, directory};
use vm_autoscale_tests::stage::{Play, Stage};

use crate::{play, turn, vmid};

const TIME: Duration = Duration::from_secs(30);

const CONFIG: &str = "observe_interval: 1
mode: full
select: ['@tag-web', '@pool-shop', '-@name-never*']
classes:
  - {name: base, select: [], profile: steady}
  - {name: small, inherits: base, select: ['@tag-small'], scaling_limits: {max_cores: 2}, mode: up-only}
virtual_machines:
  - {vm_id: 104, scale_cooldown: 77}
  - {vm_id: 999, proxmox_host: nowhere}
policy: threshold
";

fn start() -> Stage {
    let play = Play { config: CONFIG.to_owned(), ..play(6, "") };
    let mut stage = Stage::set(&play).unwrap();
    stage.start_helper().unwrap();
    stage.start_scheduler().unwrap();
    stage
}

fn edit(stage: &Stage, number: u32, key: &str, value: Option<&str>) {
    let (vmid, key, value) = (vmid(number), key.to_owned(), value.map(str::to_owned));
    stage.control(Control::Edit { vmid, key, value }).unwrap();
}

fn numbers(status: &StatusReport) -> Vec<u32> {
    status.clusters.iter().flat_map(|c| c.vms.iter().map(|vm| vm.vmid.get())).collect()
}

/// Waits until exactly these are looked after.
fn until(stage: &Stage, wanted: &[u32]) -> Vec<VmStatus> {
    let status = stage.until(TIME, |status| numbers(status) == wanted).unwrap();
    status.clusters.into_iter().flat_map(|cluster| cluster.vms).collect()
}

fn config(stage: &Stage, arguments: &[&str]) -> Output {
    let program = directory().unwrap().join("vm-autoscale");
    let mut command = command(program);
    command.arg("config").args(arguments).arg("--config").arg(stage.path("config.yaml"));
    command.output().unwrap()
}

fn text(output: Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Tags, pools and names are the cluster's: what changes there changes who is looked after, within
/// a look or two and without a restart.
#[test]
fn vms_come_and_go_by_tag_pool_and_name() {
    let _turn = turn();
    let stage = start();
    let status = stage.until(TIME, |status| numbers(status) == [104]).unwrap();
    let [note] = status.notes.as_slice() else { panic!("{:?}", status.notes) };
    assert!(note.contains("VM 999 has an entry with `proxmox_host: nowhere`"), "{note}");

    edit(&stage, 101, "tags", Some("prod;Web"));
    stage.control(Control::Pool { vmid: vmid(102), pool: Some("shop".to_owned()) }).unwrap();
    edit(&stage, 103, "tags", Some("small"));
    let vms = until(&stage, &[101, 102, 103, 104]);
    let modes: Vec<&str> = vms.iter().map(|vm| vm.mode.as_str()).collect();
    assert_eq!(modes, ["full", "full", "up-only", "full"]);
    assert_eq!(
        (vms[0].tags.join(" "), vms[1].pool.as_deref()),
        ("prod web".to_owned(), Some("shop"))
    );

    edit(&stage, 101, "name", Some("never-mind"));
    edit(&stage, 104, "tags", Some("autoscale-off"));
    stage.control(Control::Pool { vmid: vmid(102), pool: None }).unwrap();
    until(&stage, &[103]);
    edit(&stage, 104, "tags", None);
    until(&stage, &[103, 104]);

    // While nothing changes, a look is one command all the same.
    let before = stage.node_stats().unwrap();
    let looks = stage.status().unwrap().clusters[0].looks;
    let status = stage.until(TIME, |status| status.clusters[0].looks >= looks + 4).unwrap();
    let after = stage.node_stats().unwrap();
    let spent = |kind: &str| {
        after.commands.get(kind).unwrap_or(&0) - before.commands.get(kind).unwrap_or(&0)
    };
    assert_eq!((spent("ReadPools"), spent("ReadConfigs")), (0, 0), "{status:?}");
    assert!(spent("ReadCluster") >= 4);
    stage.strike_checked(crate::allowed()).unwrap();
}

/// The daemon's knowledge of a VM decides what is shown for it.
#[test]
fn what_holds_is_shown_with_its_line_and_compared_with_the_daemon() {
    let _turn = turn();
    let stage = start();
    edit(&stage, 103, "tags", Some("small"));
    until(&stage, &[103, 104]);
    let shown = text(config(&stage, &["show", "--effective", "--vm", "103"]));
    assert!(shown.starts_with("VM 103 (db-103, cluster lab, node "), "{shown}");
    let known = ", tags small, pool production): looked after, class small\n";
    assert!(shown.contains(known), "{shown}");
    let file = stage.path("config.yaml");
    // Three lines with the sockets and the journal stand before it.
    for (key, value, place) in [
        ("mode", "up-only", "9:"),
        ("scaling_limits.max_cores", "2", "9:"),
        ("thresholds.cpu.high", "70", "8:"),
        ("check_interval", "300", ""),
    ] {
        let line = shown.lines().find(|line| line.trim_start().starts_with(key)).unwrap();
        let from = match place {
            "" => "default".to_owned(),
            place => format!("{}:{place}", file.display()),
        };
        assert!(line.contains(&format!(" {value} ")) && line.contains(&from), "{line}");
    }
    let json = text(config(&stage, &["show", "--vm", "104", "--output-format", "json"]));
    let json: Value = serde_json::from_str(&json).unwrap();
    let values = json[0]["values"].as_array().unwrap();
    let cooldown = values.iter().find(|value| value["key"] == "scale_cooldown").unwrap();
    assert_eq!(cooldown["value"], "77");

    let same = text(config(&stage, &["diff"]));
    assert!(same.contains("what the daemon runs with."), "{same}");
    let changed = CONFIG
        .replace("max_cores: 2", "max_cores: 3")
        .replace("vm_id: 104,", "vm_id: 104, scaling_enabled: false,");
    stage.write_config_yaml(&changed).unwrap();
    let changed = text(config(&stage, &["diff"]));
    for said in [
        "classes[small].scaling_limits.max_cores",
        "virtual_machines[104].scaling_enabled",
        "VM 103 of lab: scaling_limits.max_cores",
        "VM 104 of lab: looked after",
    ] {
        assert!(changed.contains(said), "{said}: {changed}");
    }
    stage.strike().unwrap();
}

#[test]
fn without_a_daemon_it_is_said_what_is_not_known() {
    let _turn = turn();
    let stage = Stage::set(&Play { config: CONFIG.to_owned(), ..play(1, "") }).unwrap();
    let gone = config(&stage, &["diff"]);
    assert_eq!(gone.status.code(), Some(6), "{gone:?}");
    let shown = text(config(&stage, &["show", "--vm", "101"]));
    assert!(shown.contains("not known whether it is looked after"), "{shown}");
    let shown = text(config(&stage, &["show", "--vm", "101", "--tags", "x"]));
    assert!(shown.contains("not known whether"), "it may be in the pool: {shown}");
    let of = |tags: &str, pool: &str| {
        text(config(
            &stage,
            &["show", "--vm", "101", "--name", "a", "--tags", tags, "--pool", pool],
        ))
    };
    assert!(of("web", "-").contains("): looked after\n"));
    assert!(of("x", "shop").contains("): looked after\n"));
    assert!(of("x,small", "-").contains("): looked after, class small\n"));
    assert!(of("web,autoscale-off", "shop").contains("): not looked after\n"));
    assert!(of("x", "-").contains("): not looked after\n"));
    stage.strike().unwrap();
}
