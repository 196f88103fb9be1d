//! Somebody or something comes between a decision and its writing.

use nix::sys::signal::Signal;
use vm_autoscale_lab::Control;
use vm_autoscale_tests::programs::pause;

use super::{TIME, VM, changes, control, decision, grown, looked, steady, told};
use crate::{allowed, allowed_anew, load, truth, turn, vmid};

#[test]
fn row_4_a_file_lock_that_others_hold_costs_no_cooldown() {
    let _turn = turn();
    // So that one cooldown would be longer than the test.
    let stage = steady(1, 0.05, "virtual_machines: [{vm_id: 101, scale_cooldown: 3600}]\n");
    control(&stage, Control::HoldLock { vmid: vmid(VM), seconds: 3.0 });
    // After a start nothing acts before one cooldown, so that this is another one's.
    load(&stage, 102, 64.0, 1500.0);
    control(&stage, Control::HoldLock { vmid: vmid(102), seconds: 4.0 });
    let event = told(&stage, 102, |event| !event.verified);
    assert!(event.text.contains("another qm held the VM's lock"), "{event}");
    told(&stage, 102, grown);
    assert!(changes(&stage, VM).is_empty(), "it acted within its first cooldown");
    stage.strike_checked(allowed()).unwrap();
}

#[test]
fn row_6_what_others_edit_is_never_overwritten_and_holds_the_vm() {
    let _turn = turn();
    let stage = steady(1, 3.0, "external_change_hold: 4\n");
    load(&stage, VM, 64.0, 1500.0);
    stage.until(TIME, |status| status.counts.asked >= 1).unwrap();
    let edit = Control::Edit { vmid: vmid(VM), key: "cores".into(), value: Some("16".into()) };
    control(&stage, edit);
    let event = told(&stage, VM, |_| true);
    assert!(event.text.contains("the config was changed by someone else"), "{event}");
    let held = stage.until(TIME, |status| decision(status, VM).contains("changed by someone"));
    held.unwrap();
    assert_eq!(changes(&stage, VM).len(), 1, "it was left alone");
    told(&stage, VM, grown);
    let (conf, done) = (truth(&stage, VM).conf, changes(&stage, VM));
    assert!(conf.contains("\ncores: 16\n"), "{conf}");
    let first = done.iter().find(|change| change.exit == 0).unwrap();
    assert!(first.start - done[0].end >= 4.0, "{done:?}");
    stage.strike_checked(allowed()).unwrap();
}

#[test]
fn row_35_nothing_is_written_without_a_quorum() {
    let _turn = turn();
    let stage = steady(3, 0.05, "");
    control(&stage, Control::Quorum { lost: true });
    let told_so = stage.until(TIME, |status| {
        let problem = status.clusters[0].problem.clone();
        problem.is_some_and(|problem| problem.contains("no quorum"))
    });
    told_so.unwrap();
    load(&stage, VM, 64.0, 1500.0);
    looked(&stage, 4);
    assert!(changes(&stage, VM).is_empty());
    control(&stage, Control::Quorum { lost: false });
    told(&stage, VM, grown);
    stage.strike_checked(allowed()).unwrap();
}

/// What was decided before a long stop is not sent after it: the config has moved on by then.
#[test]
fn row_37_a_scheduler_that_was_stopped_for_a_while_writes_nothing_stale() {
    let _turn = turn();
    let stage = steady(1, 3.0, "external_change_hold: 2\n");
    load(&stage, VM, 64.0, 1500.0);
    stage.until(TIME, |status| status.counts.asked >= 1).unwrap();
    let scheduler = stage.scheduler.as_ref().unwrap();
    scheduler.signal(Signal::SIGSTOP);
    let edit = Control::Edit { vmid: vmid(VM), key: "cores".into(), value: Some("16".into()) };
    control(&stage, edit);
    pause(std::time::Duration::from_secs(6));
    let before = changes(&stage, VM).len();
    scheduler.signal(Signal::SIGCONT);
    told(&stage, VM, grown);
    let done = changes(&stage, VM);
    assert!(done[..before].iter().all(|change| change.exit != 0), "{done:?}");
    assert!(truth(&stage, VM).conf.contains("\ncores: 16\n"));
    stage.strike_checked(allowed_anew()).unwrap();
}
