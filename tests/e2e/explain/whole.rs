//! What holds a whole node or cluster.

use std::time::Duration;

use tokio::time::sleep;
use vm_autoscale_lab::Control;
use vm_autoscale_planner::Resource;
use vm_autoscale_proxmox::VmId;
use vm_autoscale_scheduler::{Board, MemoryJournal};
use vm_autoscale_tests::near::begin;

use super::{BUSY, FILE, explained, give, lab, stops};

/// Each in its turn: the gate, what it says, and the way out.
async fn is_stopped(board: &Board, vmid: VmId, gate: &str, says: &str, allow: &str) {
    let told = explained(board, vmid).await;
    let (stopped, said, ways) = stops(&told, Resource::Cpu);
    assert_eq!(stopped, gate, "{said}\n{told:#?}");
    assert!(said.contains(says), "{said}");
    assert!(ways.contains(allow), "{ways}");
}

#[tokio::test(start_paused = true)]
async fn what_stops_a_cluster_is_told_of_each_of_its_vms() {
    // The last of several cannot be plugged.
    let lab = lab(4);
    let vmid: VmId = 103.try_into().unwrap();
    give(&lab, vmid, BUSY, 700.0);
    let journal = MemoryJournal::default();
    let file =
        format!("{FILE}select: [100-9999]\nvirtual_machines:\n- {{vm_id: 103, mode: observe}}\n");
    let board = begin(&lab, &file, journal.clone()).unwrap();
    sleep(Duration::from_secs(65)).await;
    is_stopped(&board, vmid, "mode", "the mode observe", "mode: up-only").await;

    lab.control(Control::Pause { text: Some("moving racks\n".to_owned()) }).unwrap();
    sleep(Duration::from_secs(20)).await;
    let paused = "paused by /etc/pve/vm-autoscale.pause: moving racks";
    is_stopped(&board, vmid, "pause", paused, "rm /etc/pve/vm-autoscale.pause").await;
    lab.control(Control::Pause { text: None }).unwrap();

    journal.break_down(Some("no space left on device"));
    sleep(Duration::from_secs(20)).await;
    is_stopped(&board, vmid, "journal", "no space left on device", "vm-autoscale status").await;
    journal.break_down(None);

    lab.control(Control::Quorum { lost: true }).unwrap();
    sleep(Duration::from_secs(20)).await;
    is_stopped(&board, vmid, "cluster", "has no quorum", "pvecm status").await;
    lab.control(Control::Quorum { lost: false }).unwrap();
    sleep(Duration::from_secs(20)).await;
    is_stopped(&board, vmid, "mode", "the mode observe", "mode: up-only").await;

    lab.control(Control::NodeDown { node: "pve3".try_into().unwrap() }).unwrap();
    sleep(Duration::from_secs(20)).await;
    is_stopped(&board, vmid, "node", "its node is offline", "bring pve3 back").await;
}

#[tokio::test(start_paused = true)]
async fn a_full_node_is_told_with_what_it_has() {
    let lab = lab(3);
    let vmid: VmId = 101.try_into().unwrap();
    give(&lab, vmid, BUSY, 100_000.0);
    let limits = "host_limits: {cpu_overcommit: 0.1, memory_overcommit: 0.1}\n";
    let board = begin(&lab, &format!("{FILE}{limits}select: [101]\n"), MemoryJournal::default());
    let board = board.unwrap();
    sleep(Duration::from_secs(65)).await;
    is_stopped(&board, vmid, "room", " vCPUs more, node has 0 of ", "`host_limits.cpu_overcommit`")
        .await;
    let told = explained(&board, vmid).await;
    let (gate, said, ways) = stops(&told, Resource::Memory);
    assert_eq!(gate, "room", "{said}");
    assert!(
        said.contains(" MiB more, node has 0.0 of ") && said.contains("GiB free for guests"),
        "{said}"
    );
    assert!(ways.contains("`host_limits.memory_overcommit`"), "{ways}");
}
