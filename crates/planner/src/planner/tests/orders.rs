//! An administrator's order for one VM.

use vm_autoscale_proxmox::Vcpus;

use super::*;

const ORDER: &str = "restore ordered by uid 0";

fn vmid() -> VmId {
    101.try_into().unwrap()
}

/// Its own evidence decides nothing meanwhile, whatever that says, and does again afterwards.
#[test]
fn a_vm_is_left_to_its_order() {
    let mut world = World::new();
    world.see(Some(sample(10, 50.0, 50.0)));
    world.planner.leave_to(vmid(), Some(ORDER));
    let decision = world.see(Some(sample(20, 99.0, 50.0)));
    let ordered = Reason::Ordered(ORDER.to_owned());
    assert_eq!((&decision.cpu.reason, &decision.memory.reason), (&ordered, &ordered));
    assert_eq!((decision.act(), ordered.is_block(), ordered.kind()), (None, true, "ordered"));
    world.planner.leave_to(vmid(), None);
    assert!(world.see(Some(sample(30, 99.0, 50.0))).act().is_some());
}

/// Steps that were carried out by an order are ours afterwards.
#[test]
fn what_an_order_changed_is_no_change_by_others() {
    let mut world = World::new();
    world.see(Some(sample(10, 50.0, 50.0)));
    world.planner.leave_to(vmid(), Some(ORDER));
    for (ctime, from, to) in [(20, 4, 6), (30, 6, 5)] {
        let step = Move::Cpu { from: vcpus(from), to: vcpus(to) };
        world.planner.changed(vmid(), step, true, world.now);
        world.conf = CONF.replace("vcpus: 4", &format!("vcpus: {to}"));
        world.see(Some(sample(ctime, 50.0, 50.0)));
    }
    world.planner.leave_to(vmid(), None);
    let decision = world.see(Some(sample(40, 50.0, 50.0)));
    assert!(!matches!(decision.cpu.reason, Reason::ChangedByOthers(_)), "{decision:?}");
}

/// And growth takes no more of the node than there is.
#[test]
fn an_order_keeps_to_its_nodes_room() {
    let mut world = World::new();
    world.node.cpus = Some(2.0);
    world.see(Some(sample(10, 50.0, 50.0)));
    let node = NodeName::try_from("pve1").unwrap();
    let config = VmConfig::parse(CONF).unwrap();
    let vm = VmInput {
        vmid: vmid(),
        node: &node,
        running: Some(true),
        config: Some(&config),
        sample: world.sample,
        policy: &world.policy,
        in_flight: false,
        node_online: true,
        ha_move: None,
        doubt: None,
        pause: None,
        quarantine: [None, None],
    };
    assert_eq!(Planner::obstacle(&vm), None);
    assert_eq!(
        Planner::obstacle(&VmInput { pause: Some("x"), ..vm }),
        Some(Reason::Paused("x".into()))
    );
    let step = |to| Move::Cpu { from: vcpus(4), to: vcpus(to) };
    let full = world.planner.admit(world.now, &vm, step(64));
    assert!(matches!(full, Err(Reason::NodeFull(_))), "{full:?}");
    // Taking needs no room, and each takes a channel.
    assert_eq!(world.planner.admit(world.now, &vm, step(2)), Ok(()));
    assert_eq!(world.planner.admit(world.now, &vm, step(2)), Ok(()));
    assert_eq!(world.planner.admit(world.now, &vm, step(2)), Err(Reason::NodeBusy(2)));
}

fn vcpus(n: u32) -> Vcpus {
    n.try_into().unwrap()
}
