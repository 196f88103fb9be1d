//! One remote command a cycle, by the nodes' own count, however large the cluster; and what a look
//! shows is answered before the next one.

use std::time::Duration;

use vm_autoscale_lab::Stats;
use vm_autoscale_tests::invariants::{Allowed, Direction};
use vm_autoscale_tests::programs::{Program, pause};
use vm_autoscale_tests::reaction::saturate;
use vm_autoscale_tests::stage::{Play, Stage};

use crate::{load, play, turn, vmid};

fn looks_cost_one_command(nodes: u32, vms: u32) {
    let _turn = turn();
    let mut stage = Stage::set(&Play { nodes, ..play(vms, "mode: observe\n") }).unwrap();
    stage.start_helper().unwrap();
    stage.start_scheduler().unwrap();
    let looked = |times: u64| {
        let seen = stage.until(Duration::from_secs(120), |status| {
            status.clusters.iter().any(|cluster| cluster.looks >= times)
        });
        let seen = seen.unwrap();
        assert_eq!(seen.clusters[0].vms.len(), usize::try_from(vms).unwrap());
        assert!(seen.clusters[0].vms.iter().all(|vm| vm.vcpus.is_some()), "a config is missing");
        assert!(seen.clusters[0].vms.iter().all(|vm| !vm.cpu.is_empty()), "no decision");
        assert_eq!(seen.clusters[0].nodes.len(), usize::try_from(nodes).unwrap());
        stage.node_stats().unwrap()
    };
    // The first look reads every config, 64 a command, node by node; VMs are dealt out in turn.
    let first = looked(2);
    let by_node = (0..nodes).map(|node| u64::from(((vms + nodes - 1 - node) / nodes).div_ceil(64)));
    assert_eq!(first.commands["ReadConfigs"], by_node.sum::<u64>());
    let before = stage.node_stats().unwrap();
    let after = looked(8);
    let looks = after.commands["ReadCluster"] - before.commands["ReadCluster"];
    assert!(looks >= 4, "only {looks} looks");
    // Of one snapshot each: a command that runs meanwhile is in both sums or in neither.
    let all = |stats: &Stats| stats.commands.values().sum::<u64>();
    assert_eq!(all(&after) - all(&before), looks, "more than one command a look");
    // Any node can answer for all of them.
    assert_eq!((after.logins, after.connections), (1, 1));
    // At 5,000 VMs, in KiB. A build without optimization maps more code and is given half as much
    // again for the scheduler; the benchmark holds release builds to what is promised.
    let most_allowed = if cfg!(debug_assertions) { 96.0 } else { 64.0 };
    let most = |program: Option<&Program>| program.unwrap().memory("VmHWM").unwrap();
    let memory = (most(stage.scheduler.as_ref()), most(stage.helper.as_ref()));
    let fits = memory.0 < most_allowed * 1024.0 && memory.1 < 16.0 * 1024.0;
    assert!(fits, "{memory:?} KiB");
    stage.strike().unwrap();
}

#[test]
fn with_50_vms() {
    looks_cost_one_command(1, 50);
}

#[test]
fn with_32_nodes_and_5000_vms() {
    looks_cost_one_command(32, 5000);
}

#[test]
fn a_saturated_sample_is_answered_by_the_look_that_takes_it() {
    let _turn = turn();
    // Samples are rarer than checks, so that every new one is judged.
    let play = Play { nodes: 2, interval: 3.0, ..play(4, "mode: up-only\n") };
    let mut stage = Stage::set(&play).unwrap();
    load(&stage, 101, 0.3, 500.0);
    stage.start_helper().unwrap();
    stage.start_scheduler().unwrap();
    let looked = stage.until(Duration::from_secs(30), |status| {
        status.clusters.iter().any(|cluster| cluster.looks > 3)
    });
    looked.unwrap();
    // Nothing acts before one cooldown.
    pause(Duration::from_secs(3));
    let reaction = saturate(&stage, vmid(101)).unwrap();
    assert_eq!(reaction.looks_passed, 0, "{reaction:?}");
    let allowed = Allowed { direction: Direction::Up, round: 3.0, ..crate::allowed() };
    stage.strike_checked(allowed).unwrap();
}
