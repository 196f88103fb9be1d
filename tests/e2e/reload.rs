//! SIGHUP: the files are read anew, and hold whole or not at all.

use std::process::Output;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use vm_autoscale_scheduler::StatusReport;
use vm_autoscale_tests::programs::{command, directory, pause};
use vm_autoscale_tests::stage::Stage;

use crate::{play, turn};

const TIME: Duration = Duration::from_secs(30);

fn say(stage: &Stage, arguments: &[&str]) -> Output {
    let mut program = command(directory().unwrap().join("vm-autoscale"));
    program.args(arguments).arg("--config").arg(stage.path("config.yaml")).output().unwrap()
}

fn modes(status: &StatusReport) -> Vec<String> {
    status.clusters.iter().flat_map(|c| c.vms.iter().map(|vm| vm.mode.clone())).collect()
}

fn are_all(status: &StatusReport, count: usize, mode: &str) -> bool {
    let modes = modes(status);
    modes.len() == count && modes.iter().all(|own| own == mode)
}

fn hang_up(stage: &Stage) {
    stage.scheduler.as_ref().unwrap().signal(Signal::SIGHUP);
}

#[test]
fn what_the_files_say_holds_from_the_next_cycle_on_or_what_they_said_before() {
    let _turn = turn();
    let base = play(4, "").config;
    let mut stage = Stage::set(&play(4, "mode: observe\n")).unwrap();
    stage.start_scheduler().unwrap();
    // Also before the helper was met.
    stage.until(TIME, |status| !status.problems.is_empty()).unwrap();
    stage.write_config_yaml(&format!("{base}mode: up-only\n")).unwrap();
    hang_up(&stage);
    stage.until(TIME, |status| status.reload.is_some()).unwrap();
    let waiting = say(&stage, &["status"]);
    assert_eq!(waiting.status.code(), Some(1), "{waiting:?}");
    stage.start_helper().unwrap();
    let status = stage.until(TIME, |status| are_all(status, 4, "up-only")).unwrap();
    assert_eq!((status.problems, status.reload.unwrap().ok), (vec![], true));

    // A mistake: all of it is said, and nothing of the file holds.
    let bad = format!("{base}mode: full\nmoed: x\nlogging: {{level: loud}}\n");
    stage.write_config_yaml(&bad).unwrap();
    hang_up(&stage);
    let failed = |status: &StatusReport| status.reload.as_ref().is_some_and(|reload| !reload.ok);
    let looks = stage.until(TIME, failed).unwrap().clusters[0].looks;
    let status = stage.until(TIME, |status| status.clusters[0].looks >= looks + 2).unwrap();
    assert!(are_all(&status, 4, "up-only"), "{status:?}");
    let shown = say(&stage, &["status"]);
    let said = String::from_utf8(shown.stdout).unwrap();
    assert_eq!(shown.status.code(), Some(1), "{said}");
    for what in ["NOT WELL: the last reload failed", "unknown key `moed`", "`loud` is no level"] {
        assert!(said.contains(what), "{what}: {said}");
    }
    let log = stage.scheduler.as_ref().unwrap().said();
    assert!(log.contains("unknown key `moed`") && log.contains("is no level"), "{log}");

    // Fewer VMs, another mode, and something that a reload cannot do.
    let good = base.replace("select: [100-9999]", "select: [101, 102]");
    let good = format!("{good}mode: full\nlogging: {{level: debug}}\n");
    stage.write_config_yaml(&good).unwrap();
    hang_up(&stage);
    let status = stage.until(TIME, |status| are_all(status, 2, "full")).unwrap();
    let reload = status.reload.clone().unwrap();
    assert_eq!((reload.ok, reload.at_next_start), (true, vec!["logging.level".to_owned()]));
    let shown = say(&stage, &["status"]);
    assert!(shown.status.success(), "{shown:?}");
    // What it runs with is the new file, but for that key.
    let differ = say(&stage, &["config", "diff"]);
    let said = String::from_utf8(differ.stdout).unwrap();
    assert!(said.contains("logging.level") && !said.contains("mode"), "{said}");

    // A reading that does not end keeps nobody from stopping it.
    std::fs::remove_file(stage.path("config.yaml")).unwrap();
    let made = command("mkfifo").arg(stage.path("config.yaml")).status().unwrap();
    assert!(made.success());
    hang_up(&stage);
    pause(Duration::from_millis(300));
    let begun = Instant::now();
    assert!(stage.scheduler.as_mut().unwrap().stop().unwrap().success());
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
    stage.strike().unwrap();
}
