use std::path::Path;

use super::*;
use crate::notify;
use crate::observe::LOOK;
use crate::worker::DRAIN;

/// Seconds of a setting in the unit.
fn unit(key: &str) -> u64 {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/systemd");
    let unit = std::fs::read_to_string(path.join("vm-autoscale.service")).unwrap();
    let line = unit.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    line.unwrap().parse().unwrap()
}

/// systemd is more patient than the program, so that it is the program that says what it left.
#[test]
fn the_unit_waits_longer_than_the_daemon() {
    let (stop, watchdog) = (unit("TimeoutStopSec"), unit("WatchdogSec"));
    // One after the other: 5 s each to open the journal and to close it, and the log's last lines.
    let (journal, log) = (Duration::from_secs(10), Duration::from_millis(1100));
    let all = LONGEST_DRAIN + notify::LAST + journal + manager::LAST + log;
    assert!(DRAIN < LONGEST_DRAIN && all.as_secs() + 5 <= stop, "{all:?} {stop}");
    // Between two looks, and what a cycle has of the journal.
    let (pause, journal) = (15, 10);
    assert!(LOOK.as_secs() + pause + journal + 30 <= watchdog, "{watchdog}");
}
