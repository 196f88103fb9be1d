use std::path::Path;
use std::sync::Arc;

use vm_autoscale_proxmox::Tags;

use super::*;
use crate::{Answer, Checked, Roster, VmFacts, VmSettings};

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;
/// Midnight of Monday, 2026-11-23, in UTC.
const MONDAY: u64 = 1_795_392_000;

const FILE: &str = "
select: ['@all']
scaling_thresholds: {cpu: {high: 77}}
scaling_limits: {min_cores: 1, max_cores: 6}
profile: economy
schedules:
  - {name: office, at: 'mon..fri 08:00', for: 10h, timezone: UTC, profile: steady,
     scaling_limits: {min_cores: 4, max_cores: 5}}
  - {name: noon, at: '12:00', for: 1h, timezone: UTC, scaling_limits: {max_cores: 8}}
classes:
  - {name: own, select: [200], schedules: [{name: night, at: '22:00', for: 8h, timezone: UTC, scaling_limits: {max_cores: 2}}]}
  - {name: heir, inherits: own, select: [201]}
  - {name: none, select: [300], schedules: []}
virtual_machines:
  - {vm_id: 400, scaling_limits: {min_cores: 2}}
  - {vm_id: 401, profile: balanced}
";

fn config(text: &str) -> Arc<SchedulerConfig> {
    Arc::new(Checked::new(Path::new("c"), text.as_bytes()).finish().unwrap())
}

fn roster(text: &str) -> Roster {
    let home = "home".try_into().unwrap();
    let clusters = [("home".try_into().unwrap(), ["pve1".try_into().unwrap()].into())].into();
    Roster::new(config(text), &home, &clusters)
}

fn managed(roster: &Roster, vmid: u32) -> Managed {
    let (node, tags) = ("pve1".try_into().unwrap(), Tags::none());
    let described = Some((None, &tags));
    let facts = VmFacts {
        vmid: vmid.try_into().unwrap(),
        cluster: None,
        node: Some(&node),
        described,
        pool: Some(None),
    };
    let Answer::Yes(managed) = roster.answer(&facts) else { panic!("{vmid} is not looked after") };
    managed
}

/// Fewest and most vCPUs, and the marks of CPU, of a VM.
fn of(roster: &Roster, vmid: u32) -> (u32, u32, f64, f64) {
    let VmSettings { min_cores, max_cores, cpu_high, cpu_low, .. } = managed(roster, vmid).settings;
    (min_cores, max_cores, cpu_high, cpu_low)
}

#[test]
fn what_a_schedule_says_holds_over_its_section_and_below_those_that_are_nearer() {
    let mut roster = roster(FILE);
    let at = |roster: &mut Roster, hour: u64| {
        roster.turn(MONDAY + hour * HOUR);
    };
    at(&mut roster, 7);
    assert_eq!([of(&roster, 100), of(&roster, 400)], [(1, 6, 77.0, 35.0), (2, 6, 77.0, 35.0)]);
    assert_eq!(of(&roster, 401), (1, 6, 80.0, 20.0));
    at(&mut roster, 8);
    // Its bounds and its profile hold, but for the mark that is written out.
    assert_eq!(of(&roster, 100), (4, 5, 77.0, 10.0));
    // And what the VM says holds over both.
    assert_eq!([of(&roster, 400), of(&roster, 401)], [(2, 5, 77.0, 10.0), (4, 5, 80.0, 20.0)]);
    // Key by key the later one decides.
    at(&mut roster, 12);
    assert_eq!(of(&roster, 100), (4, 8, 77.0, 10.0));
    assert_eq!(roster.holding(&managed(&roster, 100)), ["office", "noon"]);
    // A class with a list of its own has that, its heirs have it, too, and an empty one is none.
    assert_eq!([of(&roster, 200), of(&roster, 300)], [(1, 6, 77.0, 35.0); 2]);
    at(&mut roster, 23);
    assert_eq!([of(&roster, 200).1, of(&roster, 201).1, of(&roster, 300).1], [2, 2, 6]);
    assert_eq!(of(&roster, 100), (1, 6, 77.0, 35.0));
}

#[test]
fn only_those_whose_schedules_turn_are_concerned() {
    let mut roster = roster(FILE);
    let concerned = |roster: &mut Roster, time: u64| {
        let turned = roster.turn(time);
        let of = |vmid: &u32| turned.concerns(&managed(roster, *vmid));
        ([100, 200, 201, 300, 400].into_iter().filter(of).collect::<Vec<_>>(), turned.said)
    };
    let office = "the schedule office of the file holds";
    let (vms, said) = concerned(&mut roster, MONDAY + 8 * HOUR);
    assert_eq!((vms, said), (vec![100, 400], vec![format!("{office} now")]));
    assert_eq!(concerned(&mut roster, MONDAY + 9 * HOUR), (vec![], vec![]));
    let (vms, said) = concerned(&mut roster, MONDAY + 22 * HOUR);
    let night = "the schedule night of class own holds now".to_owned();
    assert_eq!((vms, said), (vec![100, 200, 201, 400], vec![format!("{office} no longer"), night]));
}

/// By what the clock says, not by what it said before.
#[test]
fn a_clock_that_jumps_is_taken_at_its_word() {
    let mut roster = roster(FILE);
    let (office, night) = ((4, 5, 77.0, 10.0), (1, 6, 77.0, 35.0));
    // Ten years are so many weeks and a few days.
    for (time, expected) in [
        (MONDAY + 9 * HOUR, office),
        (MONDAY + 9 * HOUR - 522 * 7 * DAY, night),
        (MONDAY + 9 * HOUR, office),
        (MONDAY + 3 * HOUR + 522 * 7 * DAY, night),
        (MONDAY + 9 * HOUR + 522 * 7 * DAY, office),
        (MONDAY + 10 * HOUR, office),
        (MONDAY + 10 * HOUR - 7 * DAY, office),
        (0, night),
        (u64::MAX, night),
        (MONDAY + 10 * HOUR, office),
    ] {
        roster.turn(time);
        assert_eq!(of(&roster, 100), expected, "{time}");
        assert_eq!(roster.lacks_time(), time < SET || time == u64::MAX, "{time}");
    }
}

#[test]
fn a_list_has_at_most_32() {
    let list = |count: usize| {
        let schedules = (0..count).map(|at| {
            format!("  - {{name: n{at}, at: '08:00', for: 1h, scaling_limits: {{min_cores: 2}}}}\n")
        });
        let text = format!("schedules:\n{}", schedules.collect::<String>());
        Checked::<SchedulerConfig>::new(Path::new("c"), text.as_bytes()).into_report().to_string()
    };
    assert_eq!(list(32), "");
    assert!(list(33).contains("c:2:3: 33 schedules stand in one list"), "{}", list(33));
}
