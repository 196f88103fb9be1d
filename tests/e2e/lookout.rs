//! One remote command a cycle, by the node's own count, whatever the number of VMs.

use std::time::Duration;

use vm_autoscale_tests::stage::Stage;

use crate::{play, turn};

fn looks_cost_one_command(vms: u32) {
    let _turn = turn();
    let mut stage = Stage::set(&play(vms, "mode: observe\n")).unwrap();
    stage.start_helper().unwrap();
    stage.start_scheduler().unwrap();
    let looked = |times: u64| {
        let seen = stage.until(Duration::from_secs(120), |status| {
            status.clusters.iter().any(|cluster| cluster.looks >= times)
        });
        let seen = seen.unwrap();
        assert_eq!(seen.clusters[0].vms.len(), usize::try_from(vms).unwrap());
        assert!(seen.clusters[0].vms.iter().all(|vm| vm.vcpus.is_some()), "a config is missing");
        (seen.clusters[0].looks, stage.node_stats().unwrap())
    };
    // The first look reads every config, 64 a command.
    let (_, first) = looked(2);
    assert_eq!(first.commands["ReadConfigs"], u64::from(vms.div_ceil(64)));
    let before = stage.node_stats().unwrap();
    looked(8);
    let after = stage.node_stats().unwrap();
    let looks = after.commands["ReadCluster"] - before.commands["ReadCluster"];
    assert!(looks >= 4, "only {looks} looks");
    assert_eq!(after.execs - before.execs, looks, "more than one command a look");
    assert_eq!((after.logins, after.connections), (1, 1));
    stage.strike().unwrap();
}

#[test]
fn with_50_vms() {
    looks_cost_one_command(50);
}

#[test]
fn with_2000_vms() {
    looks_cost_one_command(2000);
}
