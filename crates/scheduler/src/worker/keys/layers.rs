//! The keys that the file, its classes and its VMs have in common.

use serde_json::json;

use super::case::Case;
use super::world::Scene;

pub(super) const EVEN: Scene =
    Scene { from: 105, cores: 2.0, mib: 2048.0, nodes: 0.5, others: None };
/// 90 % of the vCPUs, 75 %, 195 %, 10 %.
pub(super) const BUSY: Scene = Scene { cores: 3.6, ..EVEN };
pub(super) const WARM: Scene = Scene { cores: 3.0, ..EVEN };
const HOT: Scene = Scene { cores: 7.8, ..EVEN };
pub(super) const IDLE: Scene = Scene { cores: 0.4, ..EVEN };
/// 92 % of the vCPUs, after others gave each VM one more.
const RESIZED: Scene = Scene { from: 305, cores: 4.6, others: Some(200), ..EVEN };
/// 90.3 % of the memory, 9.8 %.
pub(super) const FULL: Scene = Scene { mib: 3700.0, ..EVEN };
pub(super) const EMPTY: Scene = Scene { mib: 400.0, ..EVEN };

/// Key, its two values, the scene, and what is said with one of them only.
pub(super) type Row = (&'static str, [&'static str; 2], Scene, [&'static str; 2]);

pub(super) const PLUG: &str = "110: vcpus 4 -> 5 (90.0 % used, above 80.0 %)";
/// By the usual times.
const LATE_PLUG: &str = "300: vcpus 4 -> 5 (90.0 % used, above 80.0 %)";
pub(super) const UNPLUG: &str = "120: vcpus 4 -> 3 (10.0 % used, below 20.0 %, 2 times in a row)";
pub(super) const DIMM_IN: &str = "110: memory 4096 -> 4608 MiB (90.3 % used, above 85.0 %)";
pub(super) const DIMM_OUT: &str =
    "120: memory 4096 -> 3584 MiB (9.8 % used, below 25.0 %, 2 times in a row)";
pub(super) const STEADY: &str = "vcpus 4 -> 5 (75.0 % used, above 70.0 %)";
const CAP: &str = "120: cpulimit none -> 3 cores (10.0 % used, below 20.0 %, 2 times in a row)";
const INFLATE: &str = "120: balloon none -> 3584 MiB (9.8 % used, below 25.0 %, 2 times in a row)";

const KEYS: [Row; 31] = [
    ("mode", ["\"observe\"", "\"full\""], BUSY, ["110: would: vcpus 4 -> 5", PLUG]),
    ("mode", ["\"up-only\"", "\"full\""], IDLE, ["120: would: vcpus 4 -> 3", UNPLUG]),
    // These two do the same.
    ("mode", ["\"observe\"", "\"recommend\""], BUSY, ["mode: observe\n", "mode: recommend\n"]),
    // Of 4 vCPUs 90 % leave as much as it asks for.
    ("policy", ["\"adaptive\"", "\"threshold\""], BUSY, ["cpu: 90.0 % used\n", LATE_PLUG]),
    ("profile", ["\"balanced\"", "\"economy\""], BUSY, ["above 80.0 %", "above 85.0 %"]),
    ("profile", ["\"economy\"", "\"steady\""], WARM, ["cpu: 75.0 % used\n", STEADY]),
    ("behaviour", ["\"normal\"", "\"aggressive\""], BUSY, ["above 80.0 %", "above 85.0 %"]),
    ("behaviour", ["\"aggressive\"", "\"conservative\""], WARM, ["cpu: 75.0 % used\n", STEADY]),
    ("cpu_scaling", ["true", "false"], BUSY, [PLUG, "cpu: not looked after\n"]),
    ("ram_scaling", ["true", "false"], FULL, [DIMM_IN, "memory: not looked after\n"]),
    ("check_interval", ["10", "200"], BUSY, [PLUG, "200: vcpus 4 -> 5"]),
    // After the start and after a change.
    ("scale_cooldown", ["60", "300"], HOT, ["170: vcpus 5 -> 6", "600: vcpus 5 -> 6"]),
    ("external_change_hold", ["60", "400"], RESIZED, ["310: vcpus 5 -> 6", "600: vcpus 5 -> 6"]),
    ("scale_down_after_cycles", ["2", "5"], IDLE, [UNPLUG, "150: vcpus 4 -> 3"]),
    ("cpu_lever", ["\"auto\"", "\"cpulimit\""], IDLE, [UNPLUG, CAP]),
    ("cpu_lever", ["\"cpulimit\"", "\"vcpus\""], BUSY, ["at the maximum (vcpus)", PLUG]),
    ("memory_lever", ["\"dimm\"", "\"balloon\""], EMPTY, [DIMM_OUT, INFLATE]),
    ("memory_lever", ["\"dimm\"", "\"none\""], FULL, [DIMM_IN, "memory: not looked after\n"]),
    (
        "memory_shrink",
        ["true", "false"],
        EMPTY,
        [DIMM_OUT, "memory: 9.8 % used, `memory_shrink` is off\n"],
    ),
    ("scaling_limits.min_cores", ["1", "4"], IDLE, [UNPLUG, "cpu: 10.0 % used, at the minimum\n"]),
    (
        "scaling_limits.max_cores",
        ["8", "4"],
        BUSY,
        [PLUG, "cpu: 90.0 % used, at the maximum (max_cores)\n"],
    ),
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
    ("thresholds.cpu.high", ["80", "95"], BUSY, [PLUG, "cpu: 90.0 % used\n"]),
    ("thresholds.cpu.low", ["20", "5"], IDLE, [UNPLUG, "cpu: 10.0 % used\n"]),
    ("thresholds.ram.high", ["85", "95"], FULL, [DIMM_IN, "memory: 90.3 % used\n"]),
    ("thresholds.ram.low", ["25", "5"], EMPTY, [DIMM_OUT, "memory: 9.8 % used\n"]),
    ("thresholds.cpu_high", ["80", "95"], BUSY, [PLUG, "cpu: 90.0 % used\n"]),
    ("thresholds.cpu_low", ["20", "5"], IDLE, [UNPLUG, "cpu: 10.0 % used\n"]),
    ("thresholds.ram_high", ["85", "95"], FULL, [DIMM_IN, "memory: 90.3 % used\n"]),
    ("thresholds.ram_low", ["25", "5"], EMPTY, [DIMM_OUT, "memory: 9.8 % used\n"]),
];

/// In the file they hold for every VM.
pub(super) fn of_the_file() -> Vec<Case> {
    let path = |key: &str| match key.strip_prefix("thresholds") {
        Some(mark) => format!("scaling_thresholds{mark}"),
        None => key.to_owned(),
    };
    cases(path, &["home 101", "home 102", "away 101"], &[])
}

/// In a class for its VMs.
pub(super) fn of_classes() -> Vec<Case> {
    cases(|key| format!("classes[0].{key}"), &["home 101"], &["home 102", "away 101"])
}

/// In an entry for the one VM, not for another cluster's of that number.
pub(super) fn of_vms() -> Vec<Case> {
    cases(|key| format!("virtual_machines[0].{key}"), &["home 101"], &["home 102", "away 101"])
}

fn cases(
    path: impl Fn(&str) -> String,
    of: &'static [&'static str],
    same: &'static [&'static str],
) -> Vec<Case> {
    let case = |(key, values, scene, said): Row| {
        let mut base = json!({
            "mode": "full",
            "memory_shrink": true,
            "select": ["100-199"],
            "classes": [{"name": "web", "select": ["@tag-web"]}],
            "virtual_machines": [{"vm_id": 101, "proxmox_host": "home"}],
        });
        // Beside `adaptive` they would be errors.
        if key != "policy" {
            (base["check_interval"], base["scale_cooldown"]) = (json!(10), json!(60));
        }
        Case { path: path(key), base, values, scene, of, said, same }
    };
    let cases = KEYS.into_iter().map(case);
    cases.chain([weight(path("weight"), same)]).collect()
}

/// Two VMs want a DIMM each, and the node has one more.
fn weight(path: String, same: &'static [&'static str]) -> Case {
    let base = json!({
        "mode": "full",
        "check_interval": 10,
        "scale_cooldown": 60,
        "select": ["101-103"],
        "host_limits": {"memory_reserve_percent": 86.5},
        "classes": [{"name": "web", "select": ["@tag-web"]}],
        "virtual_machines": [
            {"vm_id": 101, "proxmox_host": "home"},
            {"vm_id": 103, "weight": 500},
        ],
    });
    let said = [DIMM_IN, "memory: wants 512 MiB more, node has 0.1 of 8.6 GiB free for guests\n"];
    let of = &["home 101"];
    Case { path, base, values: ["1000", "100"], scene: FULL, of, said, same }
}
