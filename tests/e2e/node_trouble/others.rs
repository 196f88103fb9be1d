//! Clusters and askers beside a node that is in trouble.

use std::io::Write as _;
use std::os::unix::net::UnixStream;

use vm_autoscale_protocol::INTERFACE;

use super::*;

/// Every host of its own is a cluster of one: dead ones do not keep the living waiting.
#[test]
fn dead_clusters_delay_no_other_one() {
    let _turn = turn();
    let mut stage = Stage::set(&Play { nodes: 1, ..play(4, "mode: full\n") }).unwrap();
    let dead = FaultProxy::start(stage.nodes()[0].1, 1).unwrap();
    dead.set(Fault::Silent(Way::Both));
    let path = stage.path("helper.yaml");
    let mut yaml = std::fs::read_to_string(&path).unwrap();
    let (address, login) = (dead.address(), login(&stage));
    for number in 1..=3 {
        let of = format!(
            "- name: dead{number}\n  user: root\n  {login}\n  nodes: [{{name: gone{number}, \
             address: {}, port: {}}}]\n  rules: []\n",
            address.ip(),
            address.port()
        );
        yaml.push_str(&of);
    }
    std::fs::write(&path, yaml).unwrap();
    stage.start_helper().unwrap();
    await_helper(&stage);
    stage.start_scheduler().unwrap();
    // A look a second, but for what three first meetings take.
    let looked = |status: &vm_autoscale_scheduler::StatusReport, name: &str| {
        let of = status.clusters.iter().find(|cluster| cluster.name.as_str() == name);
        of.map_or(0, |cluster| cluster.looks)
    };
    let status = stage.until(TIME, |status| looked(status, "dead3") >= 2).unwrap();
    let before = looked(&status, "lab");
    let begun = Instant::now();
    load(&stage, 101, 64.0, 1500.0);
    stage.until(TIME, |status| looked(status, "lab") >= before + 8).unwrap();
    let took = begun.elapsed();
    assert!(took < 2 * CYCLE, "8 looks took {took:?}");
    stage.until(TIME, |status| status.counts.verified >= 1).unwrap();
    // Each was tried several times by now; what changed is that it is unreachable, once.
    let said = stage.helper.as_ref().unwrap().said();
    let told = said.lines().filter(|line| line.contains("gone1: ") && !line.contains("method"));
    assert_eq!(told.count(), 1, "{said}");
    assert!(dead.connections() >= 5, "they are tried no more");
    stage.strike().unwrap();
}

/// Nothing is left behind by a scheduler that was killed while nodes kept it waiting: the next
/// one is heard at once.
#[test]
fn who_went_away_leaves_no_work_behind() {
    let _turn = turn();
    let troubled = Troubled::of(1);
    troubled.answered_by();
    troubled.stage.control(Control::Hang { node: node("pve1"), on: true }).unwrap();
    let call = format!(
        r#"{{"method":"{INTERFACE}.ReadRunning","parameters":{{"cluster":"lab","node":"pve1","vmid":101,"query":"vcpus"}}}}"#
    );
    for _ in 0..3 {
        let mut askers: Vec<UnixStream> = Vec::new();
        for _ in 0..8 {
            let mut asker = UnixStream::connect(troubled.stage.path("helper.sock")).unwrap();
            asker.write_all(format!("{call}\0").as_bytes()).unwrap();
            askers.push(asker);
        }
        pause(Duration::from_millis(300));
        drop(askers);
        pause(Duration::from_millis(100));
    }
    // Twenty-four of them: the helper hears nine at once.
    assert_eq!(troubled.health("pve1").node, node("pve1"));
    let said = troubled.said();
    assert!(!said.contains("connections are open"), "{said}");
    let stats = troubled.stage.node_stats().unwrap();
    assert_eq!(stats.hanging["ReadMonitor"], 1, "{stats:?}");
    // Its end is seen though nobody waits for it, and its place is free.
    troubled.stage.control(Control::Hang { node: node("pve1"), on: false }).unwrap();
    assert_eq!(troubled.answered_by(), "pve1");
    troubled.stage.strike().unwrap();
}
