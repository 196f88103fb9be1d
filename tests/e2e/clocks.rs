//! `vm-autoscale nodes`: how the nodes' clocks are.

use serde_json::Value;
use vm_autoscale_lab::Control;
use vm_autoscale_proxmox::NodeName;
use vm_autoscale_tests::programs::{command, directory, pause};
use vm_autoscale_tests::stage::{Play, Stage};

use crate::{await_helper, play, turn};

fn node(number: u32) -> NodeName {
    format!("pve{number}").as_str().try_into().unwrap()
}

fn ask(stage: &Stage, more: &[&str]) -> String {
    let mut nodes = command(directory().unwrap().join("vm-autoscale"));
    nodes.args(["nodes", "--config"]).arg(stage.path("config.yaml")).args(more);
    let output = nodes.output().unwrap();
    assert!(output.status.success(), "{output:?}\n{}", stage.last_words());
    String::from_utf8(output.stdout).unwrap()
}

/// Seconds that each node's clock is ahead.
fn clocks(stage: &Stage) -> Vec<Option<i64>> {
    let probe: Value = serde_json::from_str(&ask(stage, &["--output-format", "json"])).unwrap();
    assert_eq!(probe["helper"]["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(probe["helper"]["sandbox"]["seccomp"], true);
    assert_eq!(probe["answered_by"]["lab"], "pve1");
    let nodes = probe["nodes"].as_array().unwrap().iter();
    nodes.map(|node| node["clock_ahead_s"].as_i64()).collect()
}

#[test]
fn a_clock_that_is_wrong_is_told_and_one_of_a_still_pvestatd_is_not_known() {
    let _turn = turn();
    let mut stage = Stage::set(&Play { nodes: 3, ..play(3, "") }).unwrap();
    stage.start_helper().unwrap();
    await_helper(&stage);
    assert_eq!(clocks(&stage), [Some(0); 3]);
    assert!(!ask(&stage, &[]).contains("chronyc"), "nothing to say");

    stage.control(Control::ClockOff { node: node(2), seconds: 3600 }).unwrap();
    stage.control(Control::ClockOff { node: node(3), seconds: -3600 }).unwrap();
    // The next round of each pvestatd.
    pause(std::time::Duration::from_secs(3));
    let found = clocks(&stage);
    // Lines of a second before, on a machine that has much else to do.
    let near = |at: usize, is: i64| found[at].is_some_and(|ahead| ahead.abs_diff(is) <= 15);
    assert!(found[0] == Some(0) && near(1, 3600) && near(2, -3600), "{found:?}");
    let table = ask(&stage, &[]);
    assert!(table.contains("on: pve2, pve3\n") && table.contains("chronyc tracking"), "{table}");
    assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");

    // It cannot be told from a clock that is behind, but that it tells the same time for ever.
    stage.control(Control::Pvestatd { node: Some(node(3)), running: false }).unwrap();
    assert_eq!(clocks(&stage)[2], None);
    stage.strike().unwrap();
}
