//! `replay --vm` over a journal that a daemon left, and one that it has open.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]
#![expect(clippy::disallowed_methods, reason = "starts the program that is tested")]

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use vm_autoscale_config::JournalFile;
use vm_autoscale_planner::{Moment, Move};
use vm_autoscale_scheduler::{
    BootClock, Intent, Journal as _, Notes, Outcome, Samples, Settled, SqliteJournal, Used, VmUse,
    wall,
};

const BLOCKS: u64 = 288;

struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        let config = format!("journal: {{path: {}}}\n", place.journal().display());
        std::fs::write(place.0.path().join("config.yaml"), config).unwrap();
        place
    }

    fn journal(&self) -> PathBuf {
        self.0.path().join("journal.db")
    }

    fn replay(&self, arguments: &[&str]) -> Output {
        let mut program = Command::new(env!("CARGO_BIN_EXE_vm-autoscale"));
        let config = self.0.path().join("config.yaml");
        let env = self.0.path().join("scheduler.env");
        std::fs::write(&env, "").unwrap();
        std::fs::set_permissions(&env, Permissions::from_mode(0o600)).unwrap();
        program.arg("--config").arg(config).arg("--env-file").arg(env);
        program.arg("replay").args(arguments).output().unwrap()
    }
}

/// A day of VM 101 in that cluster: it uses half a core of 4, and in the last hour all of them.
fn samples(block: u64, who: u32) -> Arc<Samples> {
    let is_busy = block >= BLOCKS - 12;
    let used =
        |mean, most, plugged, saturated| Some(Used { samples: 30, mean, most, plugged, saturated });
    let cpu = if is_busy { used(3900, 4000, 4, true) } else { used(500, 700, 4, false) };
    let vm =
        VmUse { vmid: 101.try_into().unwrap(), who, cpu, memory: used(1500, 1600, 4096, false) };
    let begun = wall() - (BLOCKS + 1) * 300;
    let moment = Moment(Duration::from_secs(1000 + block * 300));
    Arc::new(Samples::new(moment, begun + block * 300, 300, &[vm]))
}

/// The journal stays open, as a running daemon has it.
fn journal(place: &Place, clusters: &[&str], who: fn(u64) -> u32) -> SqliteJournal {
    let file = JournalFile { path: place.journal(), ..JournalFile::default() };
    let journal = SqliteJournal::new(&file, &BootClock::default());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        for name in clusters {
            let cluster = (*name).try_into().unwrap();
            journal.recall(&cluster).await.unwrap();
            let samples = (0..BLOCKS).map(|block| samples(block, who(block))).collect();
            let (now, decisions, vms) = (Moment(Duration::from_secs(1000)), vec![], vec![]);
            let intent = Intent {
                cluster: cluster.clone(),
                node: "pve1".try_into().unwrap(),
                vmid: 101.try_into().unwrap(),
                step: Move::Cpu { from: 2.try_into().unwrap(), to: 4.try_into().unwrap() },
                identity: None,
                reason: "cpu 91 % > 85 %".to_owned(),
            };
            let id = journal.intend(now, &intent).await.unwrap();
            let settled = Settled { outcome: Outcome::Applied, reverted: false, duty: false };
            journal.settle(now, id, &intent, &settled).await;
            let ended = vec![id];
            let notes = Notes { cluster, now, decisions, vms, ended, picture: None, samples };
            journal.keep(notes).await.unwrap();
        }
    });
    journal
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned()
}

#[test]
fn what_was_is_told_beside_what_would_have_been() {
    let place = Place::new();
    let _open = journal(&place, &["lab"], |_| 7);
    let wanted = ["--vm", "101", "--policy", "adaptive"];
    let said = place.replay(&wanted);
    assert_eq!(said.status.code(), Some(0), "{}", text(&said));
    let said = text(&said);
    for part in [
        "VM 101 of cluster lab: 1.00 days, 1.00 of them measured",
        "as it was",
        "adaptive",
        "vCPUs in 12, memory in 0 of 288",
        "nobody knows how much more",
        "page cache",
        "changes in that time: 1",
        "vcpus 2 -> 4 verified (cpu 91 % > 85 %)",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

/// The daemon is down.
#[test]
fn the_figures_are_those_of_what_it_had_and_of_what_the_law_would_have_given() {
    let place = Place::new();
    drop(journal(&place, &["lab"], |_| 7));
    let json = place.replay(&[
        "--vm",
        "101",
        "--policy",
        "adaptive",
        "--since",
        "5h",
        "--output-format",
        "json",
    ]);
    let mut json: Value = serde_json::from_slice(&json.stdout).unwrap();
    let days = json["measured_days"].as_f64().unwrap();
    assert!((0.17..0.22).contains(&days), "{days}");
    let policies = json["policies"].take();
    let policies = policies.as_array().unwrap();
    let names: Vec<&str> = policies.iter().map(|p| p["policy"].as_str().unwrap()).collect();
    assert_eq!(names, ["static", "as it was", "adaptive"]);
    let figure = |at: usize, name: &str| policies[at][name].as_f64().unwrap();
    // It had its 4 vCPUs all the time; the law would have taken some in the hours of rest.
    assert!((figure(0, "alloc_core_h") - figure(1, "alloc_core_h")).abs() < 0.1);
    assert!(figure(1, "unserved_pct") < 1e-9);
    assert!(figure(2, "alloc_core_h") < 0.8 * figure(1, "alloc_core_h"), "{policies:?}");
}

#[test]
fn what_cannot_be_replayed_is_said() {
    let place = Place::new();
    let fails = |arguments: &[&str], code, part: &str| {
        let said = place.replay(arguments);
        assert_eq!(said.status.code(), Some(code), "{arguments:?} {}", text(&said));
        assert!(text(&said).contains(part), "{part}: {}", text(&said));
    };
    fails(&["--vm", "101"], 66, "there is no journal");
    std::fs::write(place.journal(), "x".repeat(5000)).unwrap();
    fails(&["--vm", "101"], 1, "not a database");
    std::fs::remove_file(place.journal()).unwrap();
    drop(journal(&place, &["home", "lab"], |block| if block < 100 { 7 } else { 8 }));
    fails(&["--vm", "102"], 1, "the journal has nothing of VM 102 in the last 7 d");
    fails(&["--vm", "101"], 2, "name one with --cluster (home, lab)");
    fails(&["--vm", "101", "--cluster", "away"], 1, "nothing of VM 101 in cluster away");
    fails(&["--vm", "101", "--cluster", "lab", "--since", "1s"], 1, "nothing of VM 101");
    fails(&["--vm", "101", "--cluster", "lab", "--hosts", "2"], 2, "are for --trace");
    fails(&["--vm", "99"], 2, "99");
    fails(&["--pipe", "--cluster", "lab"], 2, "cannot be used with");
    fails(&["--trace", "x", "--since", "1d"], 2, "cannot be used with");
    fails(&["--vm", "101", "--pipe"], 2, "cannot be used with");
    let said = text(&place.replay(&["--vm", "101", "--cluster", "lab", "--policy", "static"]));
    assert!(
        said.contains("left out: 100 blocks that are of another VM that had this number"),
        "{said}"
    );
}
