//! The keys of schedules, and what a worker makes of them over days.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};
use vm_autoscale_config::Checked;

use super::super::*;
use super::case::Case;
use super::layers::{
    BUSY, DIMM_IN, DIMM_OUT, EMPTY, EVEN, FULL, IDLE, PLUG, Row, STEADY, UNPLUG, WARM,
};
use super::world::Player;

const AT_MAX: &str = "cpu: 90.0 % used, at the maximum (max_cores)\n";

/// The clock shows 08:00 UTC at first, and VMs are busy from 105 s on.
const KEYS: [Row; 9] = [
    ("name", ["\"office\"", "\"day\""], BUSY, ["schedules: office\n", "schedules: day\n"]),
    ("at", ["\"08:00\"", "\"tue 08:00\""], BUSY, [AT_MAX, PLUG]),
    ("for", ["\"1h\"", "\"1m\""], BUSY, [AT_MAX, PLUG]),
    ("timezone", ["\"UTC\"", "\"Europe/Berlin\""], BUSY, [AT_MAX, PLUG]),
    ("profile", ["\"economy\"", "\"steady\""], WARM, ["cpu: 75.0 % used\n", STEADY]),
    ("scaling_limits.min_cores", ["1", "4"], IDLE, [UNPLUG, "cpu: 10.0 % used, at the minimum\n"]),
    ("scaling_limits.max_cores", ["8", "4"], BUSY, [PLUG, AT_MAX]),
    (
        "scaling_limits.min_ram_mb",
        ["1024", "4096"],
        EMPTY,
        [DIMM_OUT, "memory: 9.8 % used, at the minimum\n"],
    ),
    (
        "scaling_limits.max_ram_mb",
        ["16384", "4096"],
        FULL,
        [DIMM_IN, "memory: 90.3 % used, at the maximum (max_ram_mb)\n"],
    ),
];

/// In the file, in a class and in an entry.
pub(super) fn all() -> Vec<Case> {
    let sections: [(&str, &'static [&str], &'static [&str]); 3] = [
        ("", &["home 101", "home 102", "away 101"], &[]),
        ("classes[0].", &["home 101"], &["home 102", "away 101"]),
        ("virtual_machines[0].", &["home 101"], &["home 102", "away 101"]),
    ];
    let of = |(section, of, same): (&str, _, _)| {
        KEYS.map(|(key, values, scene, said)| {
            let path = format!("{section}schedules[0].{key}");
            Case { path, base: base(section, key), values, scene, of, said, same }
        })
    };
    sections.into_iter().flat_map(of).collect()
}

fn base(section: &str, key: &str) -> Value {
    let mut base = json!({
        "mode": "full",
        "check_interval": 10,
        "scale_cooldown": 60,
        "memory_shrink": true,
        "select": ["100-199"],
        "classes": [{"name": "web", "select": ["@tag-web"]}],
        "virtual_machines": [{"vm_id": 101, "proxmox_host": "home"}],
    });
    let mut schedule = json!({"name": "office", "at": "08:00", "for": "1h", "timezone": "UTC"});
    if ["name", "at", "for", "timezone"].contains(&key) {
        schedule["scaling_limits"] = json!({"max_cores": 4});
    }
    let place = match section {
        "" => &mut base,
        "classes[0]." => &mut base["classes"][0],
        _ => &mut base["virtual_machines"][0],
    };
    place["schedules"] = json!([schedule]);
    base
}

/// One worker, its VM 101, and the clock that people set.
struct Days {
    player: Player,
    looks: u64,
}

impl Days {
    fn new(at: &str, zone: &str) -> Self {
        let file = json!({
            "select": [101],
            "scaling_limits": {"max_cores": 6},
            "schedules": [{
                "name": "office", "at": at, "for": "10h", "timezone": zone,
                "scaling_limits": {"min_cores": 3, "max_cores": 7},
            }],
        });
        let config = Checked::new(Path::new("config.yaml"), file.to_string().as_bytes()).finish();
        let clusters = [("home".try_into().unwrap(), ["pve1".try_into().unwrap()].into())].into();
        let care = Care::of_all(&Arc::new(config.unwrap()), &clusters).remove(0);
        Self { player: Player::new(care, Board::default(), EVEN), looks: 0 }
    }

    /// The bounds of its vCPUs after a look at that time by the clock that people set.
    async fn at(&mut self, wall: u64) -> (u32, u32) {
        // By the clock that nobody sets, every look is ten seconds after the one before.
        self.looks += 1;
        self.player.worker.clock.set_wall(wall - 10);
        self.player.cycle(self.looks * 10).await;
        self.player.memory.view.vms[&101.try_into().unwrap()].policy().unwrap().vcpus
    }

    /// The seconds after `from` at which they are others than at the look before.
    async fn turns(&mut self, from: u64, step: u64, looks: u64) -> Vec<(u64, (u32, u32))> {
        let mut turns = Vec::new();
        let mut last = self.at(from).await;
        for passed in (1..=looks).map(|look| look * step) {
            let bounds = self.at(from + passed).await;
            if bounds != last {
                turns.push((passed, bounds));
            }
            last = bounds;
        }
        turns
    }
}

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;
/// Midnight in Berlin of the Saturdays before its clocks are put forward and back, in 2026.
const SPRING: u64 = 1_774_652_400;
const AUTUMN: u64 = 1_792_792_800;
const BASE: (u32, u32) = (1, 6);
const OFFICE: (u32, u32) = (3, 7);

/// Every ten seconds of a Monday, in winter.
#[tokio::test]
async fn bounds_change_when_a_schedule_begins_and_again_when_it_ends() {
    const MIDNIGHT: u64 = 1_795_392_000 - HOUR;
    let mut days = Days::new("mon..fri 08:00", "Europe/Berlin");
    let turns = days.turns(MIDNIGHT, 10, DAY / 10).await;
    assert_eq!(turns, [(8 * HOUR, OFFICE), (18 * HOUR, BASE)]);
    // And on a Sunday none.
    assert_eq!(days.turns(MIDNIGHT - DAY, 60, DAY / 60).await, []);
}

#[tokio::test]
async fn eight_in_the_morning_is_that_of_the_day() {
    for (saturday, sunday) in [(SPRING, 23 * HOUR), (AUTUMN, 25 * HOUR)] {
        let mut days = Days::new("08:00", "Europe/Berlin");
        let turns = days.turns(saturday, 300, 48 * 12).await;
        let eight = DAY + sunday - 16 * HOUR;
        let expected =
            [(8 * HOUR, OFFICE), (18 * HOUR, BASE), (eight, OFFICE), (eight + 10 * HOUR, BASE)];
        assert_eq!(turns, expected);
    }
    // What begins at half past two begins at three on the day that has no half past two.
    let mut days = Days::new("02:30", "Europe/Berlin");
    let sunday = SPRING + DAY;
    let turns = days.turns(sunday, 60, 13 * 60).await;
    assert_eq!(turns, [(2 * HOUR, OFFICE), (12 * HOUR, BASE)]);
}

#[tokio::test]
async fn a_clock_that_is_set_is_taken_at_its_word() {
    const NINE: u64 = 1_795_392_000 + 9 * HOUR;
    const TEN_YEARS: u64 = 3653 * DAY;
    let mut days = Days::new("08:00", "UTC");
    assert_eq!(days.at(NINE).await, OFFICE);
    assert_eq!(days.at(NINE + TEN_YEARS).await, OFFICE);
    assert_eq!(days.at(NINE + TEN_YEARS + 12 * HOUR).await, BASE);
    assert_eq!(days.at(NINE).await, OFFICE);
    assert_eq!(days.at(NINE - 2 * HOUR).await, BASE);
    // Ten years before, such a clock was never set. It is said, and nothing holds.
    let told = |days: &Days| {
        days.player.worker.seen(&days.player.memory, days.player.worker.clock.now()).cluster
    };
    let unset =
        |days: &Days| told(days).problem.unwrap_or_default().contains("clock was never set");
    assert_eq!((days.at(NINE - TEN_YEARS).await, unset(&days)), (BASE, true));
    assert_eq!((days.at(NINE).await, unset(&days)), (OFFICE, false));
}
