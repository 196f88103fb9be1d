use std::path::Path;

use super::*;
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
    assert!(DRAIN < LONGEST_DRAIN && LONGEST_DRAIN.as_secs() + 5 <= stop, "{stop}");
    // Between two looks, and what a cycle has of the journal.
    let (pause, journal) = (15, 10);
    assert!(LOOK.as_secs() + pause + journal + 30 <= watchdog, "{watchdog}");
}
