//! `kill -9`, a start, and then nothing acts sooner than it would have.

use std::time::Duration;

use vm_autoscale_lab::{Entry, Reply, Request};
use vm_autoscale_tests::invariants::Allowed;
use vm_autoscale_tests::stage::Stage;

use crate::{allowed, allowed_anew, load, play, turn};

const TIME: Duration = Duration::from_secs(60);
/// Seconds.
const COOLDOWN: f64 = 6.0;

fn changes(stage: &Stage) -> Vec<Entry> {
    let Reply::History(entries) = stage.ask_lab(&Request::History(0)).unwrap() else {
        panic!("no history")
    };
    entries.into_iter().filter(|entry| entry.line.starts_with("/usr/sbin/qm set")).collect()
}

/// The lab's own time, in seconds since its start: that of a command that it has just executed.
fn lab_time(stage: &Stage) -> f64 {
    let Reply::Answer(_) =
        stage.ask_lab(&Request::Exec { line: "mark".to_owned(), node: None }).unwrap()
    else {
        panic!()
    };
    let Reply::History(entries) = stage.ask_lab(&Request::History(0)).unwrap() else { panic!() };
    entries.iter().rev().find(|entry| entry.line == "mark").unwrap().start
}

fn anew() -> Allowed {
    Allowed { cooldown: COOLDOWN, ..allowed_anew() }
}

fn busy_stage() -> Stage {
    let config = format!("mode: full\nscale_cooldown: {COOLDOWN:.0}\n");
    let mut play = play(6, "");
    play.config = play.config.replace("scale_cooldown: 2\n", "") + &config;
    let mut stage = Stage::set(&play).unwrap();
    for vm in 101..=105 {
        load(&stage, vm, 64.0, 2000.0);
    }
    stage.start_helper().unwrap();
    stage.start_scheduler().unwrap();
    stage.until(TIME, |status| status.counts.verified >= 2).unwrap();
    stage
}

/// After a restart at `restarted`: a cooldown of rest, then changes again.
fn rests_and_carries_on(stage: &Stage, restarted: f64) {
    let acted_since = |entry: &&Entry| entry.start >= restarted;
    let begun = std::time::Instant::now();
    while changes(stage).iter().filter(acted_since).count() == 0 {
        assert!(begun.elapsed() < TIME, "it does not carry on\n{}", stage.last_words());
        vm_autoscale_tests::programs::pause(Duration::from_millis(200));
    }
    let first =
        changes(stage).iter().filter(acted_since).map(|entry| entry.start).fold(f64::MAX, f64::min);
    assert!(first - restarted >= COOLDOWN, "acted {} s after the restart", first - restarted);
}

/// It goes on where it was: the same of a VM is not changed sooner than without the restart.
#[test]
fn a_killed_scheduler_goes_on_where_it_was() {
    let _turn = turn();
    let mut stage = busy_stage();
    let before = changes(&stage).len();
    stage.scheduler.as_mut().unwrap().crash().unwrap();
    stage.start_scheduler().unwrap();
    stage.until(TIME, |status| status.counts.verified >= 6).unwrap();
    stage.scheduler.as_mut().unwrap().stop().unwrap();
    let changes = changes(&stage);
    assert!(changes.len() > before + 5, "{changes:?}");
    let what = |entry: &Entry| entry.line.split(' ').skip(2).take(2).collect::<String>();
    for (at, later) in changes.iter().enumerate() {
        let earlier = changes[..at].iter().rev().find(|entry| what(entry) == what(later));
        let apart = earlier.map_or(COOLDOWN, |earlier| later.start - earlier.start);
        assert!(apart >= COOLDOWN, "{apart} s: {later:?}");
    }
    stage.strike_checked(anew()).unwrap();
}

/// With its journal it knows what it had done; without, nobody does.
#[test]
fn a_killed_scheduler_that_lost_its_journal_rests_after_its_start() {
    let _turn = turn();
    let mut stage = busy_stage();
    stage.scheduler.as_mut().unwrap().crash().unwrap();
    for file in ["journal.db", "journal.db-wal", "journal.db-shm"] {
        // The last two are there while it is open.
        let _ = std::fs::remove_file(stage.path(file));
    }
    let restarted = lab_time(&stage);
    stage.start_scheduler().unwrap();
    rests_and_carries_on(&stage, restarted);
    stage.strike_checked(anew()).unwrap();
}

#[test]
fn a_killed_helper_rests_after_its_start() {
    let _turn = turn();
    let mut stage = busy_stage();
    stage.helper.as_mut().unwrap().crash().unwrap();
    // Away for longer than a cooldown, so that the rest can only be that of the new start.
    stage.until(TIME, |status| status.clusters[0].problem.is_some()).unwrap();
    vm_autoscale_tests::programs::pause(Duration::from_secs_f64(COOLDOWN));
    let restarted = lab_time(&stage);
    stage.start_helper().unwrap();
    rests_and_carries_on(&stage, restarted);
    let status = stage.until(TIME, |status| status.clusters[0].problem.is_none()).unwrap();
    assert!(status.counts.asked > 0);
    stage.strike_checked(anew()).unwrap();
}

#[test]
fn told_to_stop_without_a_helper_it_stops() {
    let _turn = turn();
    let mut stage = Stage::set(&play(2, "")).unwrap();
    stage.start_scheduler().unwrap();
    let begun = std::time::Instant::now();
    while !stage.last_words().contains("the helper cannot be reached") {
        assert!(begun.elapsed() < TIME, "{}", stage.last_words());
        vm_autoscale_tests::programs::pause(Duration::from_millis(50));
    }
    stage.strike().unwrap();
}

/// A change under way is ended and read back before the scheduler goes.
#[test]
fn told_to_stop_in_the_middle_of_a_change_it_reads_back_first() {
    let _turn = turn();
    let mut slow = play(2, "mode: full\n");
    slow.qm_time = 1.0;
    let mut stage = Stage::set(&slow).unwrap();
    load(&stage, 101, 64.0, 2000.0);
    stage.start_helper().unwrap();
    stage.start_scheduler().unwrap();
    stage.until(TIME, |status| status.counts.asked == 1).unwrap();
    stage.scheduler.as_mut().unwrap().stop().unwrap();
    let said = stage.scheduler.as_ref().unwrap().said();
    assert!(said.contains("verified"), "{said}");
    assert!(changes(&stage).iter().all(|entry| entry.exit == 0), "{:?}", changes(&stage));
    stage.strike_checked(allowed()).unwrap();
}
