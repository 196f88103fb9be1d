//! That schedules cost nothing in the hours in which none of them begins or ends.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use std::path::Path;
use std::sync::Arc;

use vm_autoscale_config::{Checked, Roster, SchedulerConfig};

const FILE: &str = "
schedules:
  - {name: office, at: 'mon..fri 08:00', for: 10h, timezone: Europe/Berlin, profile: steady}
  - {name: noon, at: '12:00', for: 1h, timezone: UTC, profile: economy}
classes:
  - {name: web, select: [200], schedules: [{name: night, at: '22:00', for: 8h, timezone: UTC, profile: economy}]}
";

#[test]
fn a_look_at_the_clock_allocates_nothing_while_nothing_turns() {
    let config = Checked::<SchedulerConfig>::new(Path::new("c"), FILE.as_bytes()).finish();
    let home = "home".try_into().unwrap();
    let clusters = [("home".try_into().unwrap(), ["pve1".try_into().unwrap()].into())].into();
    let mut roster = Roster::new(Arc::new(config.unwrap()), &home, &clusters);
    // Monday, 2026-11-23 at 07:00 in UTC: it is eight in Berlin.
    let eight = 1_795_417_200;
    let mut counted =
        |time: u64| allocation_counter::measure(|| drop(roster.turn(time))).count_total;
    assert!(counted(eight) > 0, "that much is counted");
    for later in (10..3600).step_by(10) {
        assert_eq!(counted(eight + later), 0, "{later} s later");
    }
}
