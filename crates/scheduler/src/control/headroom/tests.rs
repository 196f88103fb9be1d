use std::time::Duration;

use serde_json::json;
use vm_autoscale_planner::Moment;
use vm_autoscale_protocol::FoundConfig;
use vm_autoscale_proxmox::{ClusterName, ClusterRead, Digest};

use super::*;
use crate::claims::Care;
use crate::control::Board;
use crate::view::InFlight;
use crate::view::tests::{care, look_text};
use crate::worker::planner_config;
use crate::{BootClock, MemoryJournal};

const FILE: &str = "select: [100-199]\nmode: full\npolicy: threshold\n\
    scaling_limits: {max_cores: 8, max_ram_mb: 16384}\n\
    virtual_machines: [{vm_id: 103, mode: observe}]\n";
/// Of 16 GiB, 4 are in use.
const NODE: &str = "/etc/pve/.rrd:pve-node-9.0/pve1:10000::60:0.5:16:0.25:0.01:17179869184:\
    4294967296:0:0:100000000:5000000:1:2:30000000000:0:1.5:0.1:0.0:0.2:0.1\n";

/// After a look at VMs 101 to 103 with 2 of 8 vCPUs and 2 GiB each, 10 s after the start.
fn memory(care: &Care) -> Memory {
    let mut memory = Memory::new(planner_config(care.roster.config()), 0);
    let vms = [(101, "pve1", 5), (102, "pve1", 5), (103, "pve1", 5)];
    let first = "/etc/pve/.rrd:pve2.3-vm/101";
    let text = look_text("pve1", 1, &vms).replace(first, &format!("{NODE}{first}"));
    let read = ClusterRead::parse(&text).unwrap();
    memory.view.update(Moment(Duration::from_secs(10)), read, care, &InFlight::new());
    for (vmid, ..) in vms {
        let digest = Digest::from_bytes([1; 20]);
        let text = "cores: 8\nvcpus: 2\nmemory: 2048\nnuma: 1\nhotplug: cpu,memory\n".to_owned();
        memory.view.put_config(VmId::try_from(vmid).unwrap(), Some(FoundConfig { digest, text }));
    }
    memory.view.settle(care);
    memory
}

/// What is answered so many seconds after the start.
async fn answer(at: u64, parameters: Value) -> Reply {
    let (board, home) = (Board::default(), ClusterName::try_from("home").unwrap());
    let mut asked = board.listen(&home);
    tokio::spawn(async move {
        let care = care(FILE);
        let mut memory = memory(&care);
        while let Some(question) = asked.recv().await {
            let now = Moment(Duration::from_secs(at));
            question(&mut Inside { care: &care, memory: &mut memory, now, wall: 0 });
        }
    });
    let desk = Desk::new(board, BootClock::default(), MemoryJournal::default());
    headroom(&desk, Some(parameters)).await
}

async fn told(at: u64, parameters: Value) -> HeadroomReport {
    serde_json::from_value(answer(at, parameters).await.parameters).unwrap()
}

#[tokio::test]
async fn each_node_is_told_with_the_limit_that_binds_and_who_may_grow() {
    let mut report = told(10, json!({})).await;
    let node = report.clusters[0].nodes.remove(0);
    assert_eq!((node.name.as_str(), &node.unknown, node.limits.len()), ("pve1", &None, 3));
    // 95 % of 16 GiB are for guests, who have 6; that 10.4 more are not in use does not help.
    let memory = node.memory.unwrap();
    assert_eq!((memory.limit.as_str(), memory.free.round()), ("committed", 9421.0));
    assert_eq!(memory.keys, "memory_reserve_percent, memory_overcommit");
    let vcpus = node.vcpus.unwrap();
    assert_eq!((vcpus.limit.as_str(), vcpus.free.round(), vcpus.of.round()), ("vcpus", 58.0, 64.0));
    let vm = |number: u32| node.vms.iter().find(|vm| vm.vmid.get() == number).unwrap();
    let said = |growth: &GrowthStatus| (growth.most.map(|most| most.to_string()), growth.end);
    assert_eq!(said(&vm(101).cpu), (Some("vcpus 2 -> 8".to_owned()), GrowthEnd::Bounds));
    let memory = &vm(101).memory;
    assert_eq!(said(memory), (Some("memory 2048 -> 11264 MiB".to_owned()), GrowthEnd::Node));
    assert!(memory.why.contains("node has 9.2 of 15.2 GiB free for guests"), "{memory:?}");
    assert_eq!(said(&vm(103).memory), (None, GrowthEnd::Mode));
    assert_eq!((vm(101).mode.as_str(), vm(103).mode.as_str()), ("full", "observe"));
}

#[tokio::test]
async fn a_node_of_which_too_little_is_known_has_nothing_for_anyone() {
    let mut report = told(41, json!({"node": "pve1"})).await;
    let node = report.clusters[0].nodes.remove(0);
    assert_eq!(node.unknown.as_deref(), Some("its figures are more than 30 s old"));
    assert_eq!((node.memory, node.vcpus, node.limits), (None, None, vec![]));
    for growth in [&node.vms[0].cpu, &node.vms[0].memory] {
        assert_eq!((growth.most, growth.end), (None, GrowthEnd::Node), "{growth:?}");
    }
    assert_eq!(told(10, json!({"node": "pve2"})).await.clusters[0].nodes, []);
}

#[tokio::test]
async fn what_is_not_understood_is_not_answered() {
    let reply = answer(10, json!({"nodes": ["pve1"]})).await;
    assert_eq!(reply.error.as_deref(), Some("io.github.vm-autoscale.Scheduler.NotDone"));
    // A worker that has ended is told of, not left out.
    let board = Board::default();
    drop(board.listen(&ClusterName::try_from("gone").unwrap()));
    let desk = Desk::new(board, BootClock::default(), MemoryJournal::default());
    let reply = headroom(&desk, None).await;
    let report: HeadroomReport = serde_json::from_value(reply.parameters).unwrap();
    assert_eq!((report.clusters.len(), report.problems.len()), (0, 1));
}
