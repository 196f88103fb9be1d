//! `bundle`: nothing tells whose it is, and a replay of it says what the journal's says.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]
#![expect(clippy::disallowed_methods, reason = "starts the program that is tested")]

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use vm_autoscale_config::JournalFile;
use vm_autoscale_planner::{Moment, Move};
use vm_autoscale_proxmox::Identity;
use vm_autoscale_scheduler::{
    BootClock, Intent, Journal as _, Notes, Outcome, Samples, Settled, SqliteJournal, Used, VmUse,
    wall,
};

const BLOCKS: u64 = 288;
/// All that tells whose it is.
const NAMES: [&str; 14] = [
    "acme",
    "pve-berlin1",
    "4711",
    "payroll-db",
    "finance",
    "board-pool",
    "gold",
    "month-end",
    "10.1.2.3",
    "52:54:00",
    "6f1c",
    "storage-x",
    "merger",
    "/etc/pve",
];

const CONFIG: &str = "\
mode: full
select: ['@all']
scaling_limits: {max_cores: 6, max_ram_mb: 8192}
classes: [{name: gold, select: ['@tag-finance'], scaling_limits: {max_cores: 7}}]
schedules:
- {name: month-end, at: '*-02-29', for: 1d, scaling_limits: {min_cores: 3}}
";

fn program(directory: &Path, arguments: &[&str], with_config: bool) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_vm-autoscale"));
    if with_config {
        let env = directory.join("scheduler.env");
        std::fs::write(&env, "").unwrap();
        std::fs::set_permissions(&env, std::fs::Permissions::from_mode(0o600)).unwrap();
        program.arg("--config").arg(directory.join("config.yaml")).arg("--env-file").arg(env);
    }
    program.args(arguments).output().unwrap()
}

/// A day of a VM, with words of everybody.
fn journal(path: &Path) {
    let file = JournalFile { path: path.to_owned(), ..JournalFile::default() };
    let journal = SqliteJournal::new(&file, &BootClock::default());
    let used =
        |mean, plugged| Some(Used { samples: 30, mean, most: mean, plugged, saturated: false });
    let block = |block: u64| {
        let cpu = used(if block >= BLOCKS - 12 { 3900 } else { 500 }, 4);
        let vm = VmUse { vmid: 4711.try_into().unwrap(), who: 0, cpu, memory: used(1500, 4096) };
        let begun = wall() - (BLOCKS + 1) * 300;
        let moment = Moment(Duration::from_secs(1000 + block * 300));
        Arc::new(Samples::new(moment, begun + block * 300, 300, &[vm]))
    };
    let decided = |kind: &str, text: &str| {
        let decided = json!({"vmid": 4711, "resource": "cpu", "kind": kind, "text": text});
        serde_json::from_value(decided).unwrap()
    };
    let picture = json!({
        "name": "acme", "answered_by": "pve-berlin1", "problem": null, "looks": 1, "look_ms": 1,
        "nodes": [], "vms": [{
            "vmid": 4711, "name": "payroll-db", "node": "pve-berlin1", "tags": ["finance"],
            "pool": "board-pool", "mode": "full", "vcpus": 4, "memory": 4096, "cpu_used": 12.0,
            "memory_used": 36.0, "cpu": "idle", "memory_decision": "idle",
            "schedules": ["month-end"],
        }],
    });
    let intent = Intent {
        cluster: "acme".try_into().unwrap(),
        node: "pve-berlin1".try_into().unwrap(),
        vmid: 4711.try_into().unwrap(),
        step: Move::Cpu { from: 2.try_into().unwrap(), to: 4.try_into().unwrap() },
        identity: Some(Identity::Generation("6f1c0000-1111-2222-3333-444455556666".to_owned())),
        reason: "91.0 % used on pve-berlin1".to_owned(),
    };
    let notes = |id| Notes {
        cluster: intent.cluster.clone(),
        now: Moment(Duration::from_secs(1000)),
        decisions: vec![
            decided("in-range", "VM 4711 payroll-db: 42.0 % used, @gold on 10.1.2.3"),
            decided("paused", "paused: the merger, ask storage-x"),
            decided(
                "would: saturated",
                "52:54:00:aa:bb:cc /etc/pve/x 6f1c0000-1111-2222-3333-444455556666",
            ),
        ],
        vms: vec![],
        ended: vec![id],
        picture: Some(serde_json::from_value(picture).unwrap()),
        samples: (0..BLOCKS).map(block).collect(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        journal.recall(&intent.cluster).await.unwrap();
        let id = journal.intend(Moment(Duration::from_secs(1000)), &intent).await.unwrap();
        let outcome = Outcome::Refused("storage-x of the merger".to_owned());
        let settled = Settled { outcome, reverted: false, duty: false };
        journal.settle(Moment(Duration::from_secs(1004)), id, &intent, &settled).await;
        journal.keep(notes(id)).await.unwrap();
        journal.end().await;
    });
}

fn answer(output: &Output) -> Value {
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{error}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_bundle_names_nobody_and_plays_as_the_journal_does() {
    let place = tempfile::tempdir().unwrap();
    let directory = place.path();
    let (file, socket) = (directory.join("journal.db"), directory.join("none.sock"));
    let places =
        format!("journal: {{path: {}}}\ncontrol_socket: {}\n", file.display(), socket.display());
    std::fs::write(directory.join("config.yaml"), CONFIG.to_owned() + &places).unwrap();
    journal(&file);

    let written = program(directory, &["bundle", "4711"], true);
    let bundle = answer(&written);
    let text = String::from_utf8(written.stdout).unwrap();
    for name in NAMES {
        assert!(!text.to_lowercase().contains(name), "{name} is in {text}");
    }
    assert_eq!(bundle["blocks"].as_array().unwrap().len(), 288);
    assert_eq!(bundle["decisions"].as_array().unwrap().len(), 3);
    assert_eq!(bundle["decisions"][0]["text"], "VM VMID NAME: 42.0 % used, @NAME on ADDRESS");
    assert_eq!(bundle["decisions"][1]["text"], Value::Null);
    assert_eq!(
        (&bundle["changes"][0]["kind"], &bundle["changes"][0]["took_s"]),
        (&json!("refused"), &json!(4))
    );
    let settings = bundle["settings"].as_array().unwrap();
    let most = settings.iter().find(|is| is["key"] == "scaling_limits.max_cores").unwrap();
    assert_eq!((&most["value"], &most["default"]), (&json!("7"), &json!(false)));

    let case = directory.join("case.json");
    std::fs::write(&case, &text).unwrap();
    let case = case.to_str().unwrap();
    let json = ["--output-format", "json"];
    let played =
        answer(&program(directory, &[&["replay", "--bundle", case][..], &json].concat(), false));
    assert_eq!((&played["vmid"], &played["cluster"]), (&json!(100), &json!("cluster")));
    // What holds for the VM is said by its class, and for all VMs of the file otherwise.
    let config = CONFIG.replace("max_cores: 6", "max_cores: 7") + &places;
    std::fs::write(directory.join("config.yaml"), config).unwrap();
    let was = answer(&program(directory, &[&["replay", "--vm", "4711"][..], &json].concat(), true));
    assert_eq!(played["policies"], was["policies"]);
    assert_eq!(played["changes"].as_array().unwrap().len(), 1);

    let none = program(directory, &["replay", "--bundle", "/nowhere/case.json"], false);
    assert_eq!(none.status.code(), Some(66));
    std::fs::write(case, text.replacen("\"form\":1", "\"form\":2", 1)).unwrap();
    let newer = program(directory, &["replay", "--bundle", case], false);
    assert_eq!(newer.status.code(), Some(1));
}
