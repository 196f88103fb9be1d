//! The figures of the policy `adaptive`: each changes what is decided on a generated load, and a
//! section's hold for its VMs alone.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};
use vm_autoscale_config::Checked;
use vm_autoscale_planner::VmPolicy;
use vm_autoscale_replay::{Ask, Driver, Fleet, Host, Owned, Policy as _, Rules, Seen};

use super::super::*;
use super::layers::EVEN;
use super::schema_paths::set;
use super::world::Player;

/// Each with another value than the usual one.
const FIGURES: [(&str, &str); 33] = [
    ("cpu.grow_headroom", "0.01"),
    ("cpu.shrink_headroom", "0.8"),
    ("cpu.noise", "0"),
    ("cpu.saturated_at", "0.8"),
    ("cpu.grow_target", "0.3"),
    ("cpu.growth_factor", "8"),
    ("cpu.recall", "0.5"),
    ("cpu.recall_half_life", "3600"),
    ("cpu.window_shortest", "60"),
    ("cpu.window_longest", "900"),
    ("cpu.window_usual", "5400"),
    ("cpu.missing_price", "0"),
    ("cpu.change_price", "100000"),
    ("cpu.doubt", "0"),
    ("cpu.window_memory", "3600"),
    ("cpu.settle", "7200"),
    ("memory.grow_at", "0.86"),
    ("memory.urgent_at", "0.9001"),
    ("memory.growth_factor", "4"),
    ("memory.target", "0.5"),
    ("memory.free_mib", "1024"),
    ("memory.horizon", "3600"),
    ("memory.recall", "0.5"),
    ("memory.recall_half_life", "3600"),
    ("memory.window_shortest", "60"),
    ("memory.window_longest", "3600"),
    ("memory.window_usual", "43200"),
    ("memory.missing_price", "1000000"),
    ("memory.change_price", "0"),
    ("memory.doubt", "0"),
    ("memory.window_memory", "3600"),
    ("memory.settle", "86400"),
    ("memory.least_saving", "0.6"),
];

/// Where they may stand.
const SECTIONS: [&str; 3] = ["", "classes[0].", "virtual_machines[0]."];

/// As the schema has them.
pub(super) fn keys() -> impl Iterator<Item = String> {
    let of = |section: &str| {
        FIGURES.map(|(figure, _)| format!("{}adaptive.{figure}", section.replace("[0]", "[]")))
    };
    SECTIONS.into_iter().flat_map(of)
}

#[tokio::test]
async fn each_figure_of_adaptive_changes_what_is_decided() {
    let usual = policies("", None).await;
    let decided_usually = decided(usual[0]);
    assert!(decided_usually.len() > 50, "{} changes", decided_usually.len());
    let mut idle = Vec::new();
    for figure in FIGURES {
        let [changed, of_all] = policies("", Some(figure)).await;
        assert_ne!(changed, usual[0], "{figure:?}");
        assert_eq!(changed, of_all, "{figure:?}: in the file it holds for every VM");
        for section in ["classes[0].", "virtual_machines[0]."] {
            assert_eq!(policies(section, Some(figure)).await, [changed, usual[1]], "{figure:?}");
        }
        if decided(changed) == decided_usually {
            idle.push(figure);
        }
    }
    assert_eq!(idle, []);
}

/// What holds for VM 101, which a class and an entry name, and for 102, which none does.
async fn policies(section: &str, figure: Option<(&str, &str)>) -> [VmPolicy; 2] {
    let mut file = json!({
        "mode": "full",
        "memory_shrink": true,
        "select": ["100-199"],
        "scaling_limits": {"max_cores": 16, "max_ram_mb": 32768},
        "classes": [{"name": "web", "select": ["@tag-web"]}],
        "virtual_machines": [{"vm_id": 101, "proxmox_host": "home"}],
    });
    if let Some((figure, value)) = figure {
        set(&mut file, &format!("{section}adaptive.{figure}"), value);
    }
    let player = &mut player(&file);
    player.cycle(10).await;
    let vms = &player.memory.view.vms;
    [101, 102].map(|vmid: u32| vms[&vmid.try_into().unwrap()].policy().copied().unwrap())
}

fn player(file: &Value) -> Player {
    let config = Checked::new(Path::new("config.yaml"), file.to_string().as_bytes()).finish();
    let nodes = ["pve1", "pve2"].map(|node| node.try_into().unwrap());
    let clusters = [("home".try_into().unwrap(), nodes.into())].into();
    let care = Care::of_all(&Arc::new(config.unwrap()), &clusters).remove(0);
    Player::new(care, Board::default(), EVEN)
}

/// Three days.
const STEPS: u64 = 25_920;

/// When what was asked of a VM that has such a load.
fn decided(policy: VmPolicy) -> Vec<(u64, Ask)> {
    let owned = Owned { vcpus: (1, 16), memory: Some((1024, 32_768)), host: 0, shares: 1000.0 };
    let fleet = Fleet { vms: vec![owned], hosts: vec![Host::default()] };
    let planner = planner_config(&SchedulerConfig::default());
    let mut driver = Driver::new(&fleet, &Rules { policy, planner }).unwrap();
    let mut seen = Seen { active: true, vcpus: 2, memory: 4096, ..Seen::default() };
    let mut decided = Vec::new();
    for step in 1..=STEPS {
        let now = step * 10;
        seen.cpu_used = cores(step).min(f64::from(seen.vcpus));
        seen.mem_used = mebibytes(step).min(f64::from(seen.memory));
        let mut asks = Vec::new();
        driver.step(f64::from(u32::try_from(now).unwrap()), &[seen], &mut asks);
        for ask in asks {
            match ask {
                Ask::Vcpus(_, to) => seen.vcpus = to,
                Ask::Memory(_, to) => seen.memory = to,
            }
            decided.push((now, ask));
        }
    }
    decided
}

/// A wave of an hour and a half; while it is busy with bursts and noise.
fn cores(step: u64) -> f64 {
    let even = 0.8 + 0.7 * wave(step, 540);
    if !is_busy(step) {
        return even;
    }
    let burst = match step / 90 {
        block if chance(block) < 0.25 => 8.0 * chance(block + 1_000_000),
        _ => 0.0,
    };
    (even + burst + 0.5 * chance(step + 2_000_000)).max(0.05)
}

/// Little; while it is busy much more, in a wave of two hours with ramps and leaps.
fn mebibytes(step: u64) -> f64 {
    if !is_busy(step) {
        return 1200.0 + 200.0 * wave(step, 720);
    }
    let block = step / 360;
    let (before, after) = (chance(block + 3_000_000), chance(block + 3_000_001));
    let passed = f64::from(u32::try_from(step % 360).unwrap());
    let level = before + (after - before) * (passed / 30.0).min(1.0);
    let leap = if chance(step / 120 + 4_000_000) < 0.1 { 4000.0 } else { 0.0 };
    5000.0 + 5000.0 * level.powi(2) + 500.0 * wave(step, 720) + leap
}

/// For eight hours of the day.
fn is_busy(step: u64) -> bool {
    step % 8640 < 2880
}

fn wave(step: u64, period: u32) -> f64 {
    let share = f64::from(u32::try_from(step).unwrap()) / f64::from(period);
    (share * std::f64::consts::TAU).sin()
}

/// 0 to 1, the same for the same number.
fn chance(number: u64) -> f64 {
    let mut mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    f64::from(u32::try_from(mixed >> 32).unwrap()) / f64::from(u32::MAX)
}
