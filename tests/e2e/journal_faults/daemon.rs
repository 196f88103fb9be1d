//! The same with the daemon itself: what `qm` was told is held against the journal.

use std::time::Duration;

use vm_autoscale_lab::{Reply, Request};
use vm_autoscale_tests::invariants::Allowed;
use vm_autoscale_tests::programs::{Program, command, directory, pause};
use vm_autoscale_tests::stage::Stage;

use super::{can_break, fs, known, traced};
use crate::{allowed_anew, load, play, turn};

const TIME: Duration = Duration::from_secs(60);

/// Some VMs that want more and more.
fn busy(more: &str) -> Stage {
    let mut play = play(4, "mode: full\n");
    play.config = play.config.replace("scale_cooldown: 2\n", "scale_cooldown: 1\n") + more;
    let mut stage = Stage::set(&play).unwrap();
    for vm in 101..=104 {
        load(&stage, vm, 64.0, 2000.0);
    }
    stage.start_helper().unwrap();
    stage
}

/// A look waits for a disk that is full, now and then.
fn may() -> Allowed {
    Allowed { cooldown: 1.0, ..allowed_anew() }
}

/// The VMs of the changes that were made, one after the other.
fn changes(stage: &Stage) -> Vec<String> {
    let Reply::History(entries) = stage.ask_lab(&Request::History(0)).unwrap() else { panic!() };
    let sets = entries.iter().filter_map(|entry| entry.line.strip_prefix("/usr/sbin/qm set "));
    let sets = sets.filter(|line| !line.contains("--revert"));
    sets.map(|line| line.split(' ').next().unwrap().to_owned()).collect()
}

/// Each change was intended.
fn all_known(stage: &Stage, journal: &std::path::Path) {
    let (mut known, changes) = (known(journal), changes(stage));
    for vm in &changes {
        let left = known.get_mut(vm).filter(|left| **left > 0);
        *left.unwrap_or_else(|| panic!("no intent for {vm}: {changes:?}")) -= 1;
    }
}

#[test]
fn the_daemon_changes_nothing_while_its_disk_is_full_and_then_goes_on() {
    if !can_break() {
        return;
    }
    let _turn = turn();
    let mut stage = busy("");
    let (journal, log) = (stage.journal(), stage.path("strace.log"));
    let mut strace = traced(&journal, &log);
    let fault = "inject=pwrite64:error=ENOSPC:when=90..95";
    // As a grandchild, so that the daemon itself is stopped in the end.
    strace.args(["-D", "-e", fault]).arg(directory().unwrap().join("vm-autoscale"));
    let config = stage.path("config.yaml").display().to_string();
    let arguments = ["run", "--config", &config];
    let dir = stage.path(".");
    stage.scheduler = Some(Program::start_as(strace, "vm-autoscale", &arguments, &dir).unwrap());
    let told = |status: &vm_autoscale_scheduler::StatusReport| {
        let mut problems = status.problems.iter();
        problems.any(|problem| problem.contains("takes nothing: database or disk is full"))
    };
    stage.until(TIME, told).unwrap();
    let well = |status: &vm_autoscale_scheduler::StatusReport| !told(status);
    let before = stage.until(TIME, well).unwrap().counts.verified;
    stage.until(TIME, |status| status.counts.verified >= before + 4).unwrap();
    stage.scheduler.as_mut().unwrap().stop().unwrap();
    assert!(fs::read_to_string(&log).unwrap().contains("(INJECTED)"));
    all_known(&stage, &journal);
    stage.strike_checked(may()).unwrap();
}

/// Unmounted when the test is over, however it ends.
struct Mount(std::path::PathBuf);

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = command("umount").arg("-l").arg(&self.0).status();
    }
}

/// 64 KiB are too little for the journal's files; then there is room, and then none again.
#[test]
fn a_small_disk_stops_changes_and_a_larger_one_lets_them_go_on() {
    if !can_break() {
        return;
    }
    let _turn = turn();
    let dir = tempfile::tempdir().unwrap();
    let journal = dir.path().join("journal.db");
    let mount = |options: &str| {
        let mut mount = command("mount");
        mount.args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(dir.path());
        assert!(mount.status().unwrap().success(), "{options}");
    };
    mount("size=64k");
    let _mount = Mount(dir.path().to_owned());
    let mut stage = busy(&format!("journal: {{path: {}}}\n", journal.display()));
    stage.start_scheduler().unwrap();
    let full = |status: &vm_autoscale_scheduler::StatusReport| !status.problems.is_empty();
    let first = stage.until(TIME, |status| full(status) && !status.clusters.is_empty()).unwrap();
    let looks = first.clusters[0].looks;
    stage.until(TIME, |status| status.clusters[0].looks > looks + 3).unwrap();
    assert_eq!(changes(&stage), [""; 0]);
    mount("remount,size=1m");
    stage.until(TIME, |status| !full(status) && status.counts.verified >= 2).unwrap();
    // Somebody fills it up.
    let filler = dir.path().join("filler");
    let _ = fs::write(&filler, vec![0; 1 << 20]);
    let looks = stage.until(TIME, full).unwrap().clusters[0].looks;
    stage.until(TIME, |status| status.clusters[0].looks > looks + 2).unwrap();
    // What fits where the journal itself has let go of something may go on: that each change is
    // known is asked at the end.
    pause(Duration::from_secs(3));
    fs::remove_file(filler).unwrap();
    stage.until(TIME, |status| !full(status)).unwrap();
    let verified = stage.status().unwrap().counts.verified;
    stage.until(TIME, |status| status.counts.verified > verified).unwrap();
    stage.scheduler.as_mut().unwrap().stop().unwrap();
    all_known(&stage, &journal);
    stage.strike_checked(may()).unwrap();
}
