//! Programs that die, hang, cannot speak, or are there twice.

use std::path::Path;
use std::time::Duration;

use vm_autoscale_tests::invariants::Allowed;
use vm_autoscale_tests::programs::{Program, command, directory, pause};
use vm_autoscale_tests::stage::Stage;

use super::{TIME, VM, changes, grown, looked, steady, told};
use crate::{allowed, allowed_anew, load, truth, turn};

/// Its connection to the node goes with it, in the middle of `qm set`.
#[test]
fn row_24_a_helper_that_dies_in_the_middle_of_a_change_leaves_nothing_half_done() {
    let _turn = turn();
    let mut stage = steady(1, 3.0, "");
    load(&stage, VM, 64.0, 1500.0);
    stage.until(TIME, |status| status.counts.asked >= 1).unwrap();
    // It takes 2.4 s to begin.
    pause(Duration::from_secs(1));
    stage.helper.as_mut().unwrap().crash().unwrap();
    assert!(changes(&stage, VM).is_empty(), "it had ended already");
    stage.start_helper().unwrap();
    // It went on without anybody who listens: what it did is found, and not done again.
    told(&stage, VM, |event| event.step.is_growth());
    assert_eq!(changes(&stage, VM).len(), 1);
    told(&stage, VM, grown);
    stage.strike_checked(allowed_anew()).unwrap();
}

/// `/dev/full` for a log: no line can be written.
#[test]
fn row_20_a_log_that_takes_nothing_holds_up_nothing() {
    let _turn = turn();
    let mut stage = steady(1, 0.05, "");
    stage.scheduler.as_mut().unwrap().stop().unwrap();
    stage.helper.as_mut().unwrap().stop().unwrap();
    let mute = |program: &str, arguments: &str| {
        let program = directory().unwrap().join(program);
        let line = format!("exec {} {arguments} >/dev/full 2>&1", program.display());
        let dir = stage.path("").clone();
        Program::start_as(command("sh"), "mute", &["-c", &line], &dir).unwrap()
    };
    let path = |name: &str| stage.path(name).display().to_string();
    let helper = mute("vm-autoscale-helper", &format!("--config {}", path("helper.yaml")));
    let scheduler = mute("vm-autoscale", &format!("run --config {}", path("config.yaml")));
    (stage.helper, stage.scheduler) = (Some(helper), Some(scheduler));
    load(&stage, VM, 64.0, 1500.0);
    told(&stage, VM, grown);
    looked(&stage, 2);
    assert!(stage.all_run());
    stage.strike_checked(allowed_anew()).unwrap();
}

/// The same files, but for the sockets and the journal, which are in another directory.
fn second(stage: &Stage, dir: &Path) -> [Program; 2] {
    use std::os::unix::fs::OpenOptionsExt as _;
    let first = stage.path("").display().to_string();
    let file = |name: &str| {
        let text = std::fs::read_to_string(stage.path(name)).unwrap();
        let other = |socket: &str, text: &str| {
            text.replace(&format!("{first}{socket}"), &dir.join(socket).display().to_string())
        };
        let text = other("helper.sock", &other("control.sock", &text));
        let text = other("journal.db", &text);
        let path = dir.join(name);
        let mut options = std::fs::File::options();
        let file = options.write(true).create_new(true).mode(0o600).open(&path);
        std::io::Write::write_all(&mut file.unwrap(), text.as_bytes()).unwrap();
        path.display().to_string()
    };
    let (helper, config) = (file("helper.yaml"), file("config.yaml"));
    let helper = Program::start("vm-autoscale-helper", &["--config", &helper], dir).unwrap();
    [helper, Program::start("vm-autoscale", &["run", "--config", &config], dir).unwrap()]
}

/// Each change is whole, by its digest, and each of the two leaves alone what the other changed.
#[test]
fn row_36_two_schedulers_do_not_fight() {
    let _turn = turn();
    let mut stage = steady(1, 0.05, "");
    let dir = stage.path("second");
    std::fs::create_dir(&dir).unwrap();
    let others = second(&stage, &dir);
    pause(Duration::from_secs(5));
    for vm in 101..=103 {
        load(&stage, vm, 64.0, 1500.0);
    }
    told(&stage, VM, grown);
    looked(&stage, 8);
    let said = others[1].said() + &stage.scheduler.as_ref().unwrap().said();
    assert!(said.contains("someone else"), "{said}");
    let vcpus: Vec<_> = (101..=103).map(|vm| truth(&stage, vm).qemu_vcpus.unwrap()).collect();
    for mut other in others {
        other.stop().unwrap();
    }
    // Two that do not know of each other can ask at the same moment, and only one of them is heard.
    let broken = stage.judged(Allowed { under_way: 4, ..allowed() }).unwrap();
    let worse = broken.iter().filter(|violation| {
        let lost = violation.entry.as_ref().is_some_and(|entry| entry.exit != 0);
        !(lost || violation.why.contains("another change of it was under way"))
    });
    assert_eq!(worse.map(ToString::to_string).collect::<Vec<_>>(), Vec::<String>::new());
    assert!(vcpus.iter().all(|vcpus| *vcpus <= 8), "{vcpus:?}");
    stage.strike().unwrap();
}
