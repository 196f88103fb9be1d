//! VMs whose QEMU and config disagree.

use super::*;
use crate::worker::memory::Suspect;

fn confined() -> World {
    let mut world = World::new(CONF);
    world.change(Outcome::Differs(4, 3), false);
    world.see(CONF);
    world
}

fn cpu() -> Suspect {
    Suspect { vmid: vmid(), resource: Resource::Cpu }
}

fn is_confined(world: &mut World) -> bool {
    world.memory.suspects(world.now);
    let confined = world.memory.view.vms[&vmid()].quarantine[0].is_some();
    world.full(9010);
    world.full(9020);
    let held = matches!(world.memory.decisions[0].cpu.reason, Reason::Quarantined(_));
    assert_eq!(confined, held, "{:?}", world.memory.decisions);
    confined
}

#[test]
fn it_is_left_alone_until_both_agree() {
    let mut world = confined();
    assert!(is_confined(&mut world));
    let why = world.memory.view.vms[&vmid()].quarantine[0].clone().unwrap();
    assert!(why.contains("`qm set 101 --vcpus 3`"), "{why}");
    // It is asked after a minute, and then less and less often.
    let (mut asked, begun) = (Vec::new(), world.now);
    for second in 0..4000 {
        let now = begun.after(Duration::from_secs(second));
        if world.memory.suspects(now) == [cpu()] {
            asked.push(second);
            world.memory.found(now, 0, cpu(), Some((4, 3)));
        }
    }
    assert!((3..=7).contains(&asked.len()) && asked[0] <= 60, "{asked:?}");
    world.memory.found(world.now, 0, cpu(), None);
    assert!(is_confined(&mut world), "nobody said that it is over");
    world.memory.found(world.now, 0, cpu(), Some((4, 4)));
    assert!(!is_confined(&mut world));
}

#[test]
fn it_is_asked_at_once_when_the_vm_was_started_anew() {
    let mut world = confined();
    world.memory.found(world.now, 0, cpu(), Some((4, 3)));
    assert_eq!(world.memory.suspects(world.now), []);
    let vm = world.memory.view.vms.get_mut(&vmid()).unwrap();
    vm.sample.as_mut().unwrap().uptime = 1;
    assert_eq!(world.memory.suspects(world.now), [cpu()]);
}

/// A DIMM that went by itself shows in the samples alone.
#[test]
fn memory_that_keeps_being_measured_otherwise_is_looked_into() {
    let mut world = World::new(CONF);
    let memory = Suspect { vmid: vmid(), resource: Resource::Memory };
    world.memory.view.vms.get_mut(&vmid()).unwrap().other_size = 5;
    assert_eq!(world.memory.suspects(world.now), []);
    world.memory.view.vms.get_mut(&vmid()).unwrap().other_size = 6;
    assert_eq!(world.memory.suspects(world.now), [memory]);
    world.memory.found(world.now, 0, memory, Some((4096, 3584)));
    assert_eq!(world.memory.suspects(world.now), []);
    let why = world.memory.view.vms[&vmid()].quarantine[1].clone().unwrap();
    assert!(why.contains("QEMU has 3584: power the VM off and on"), "{why}");
    // It is not asked about again and again where both agree after all.
    let mut fine = World::new(CONF);
    fine.memory.view.vms.get_mut(&vmid()).unwrap().other_size = 6;
    fine.memory.found(fine.now, 0, memory, Some((4096, 4096)));
    assert_eq!(fine.memory.suspects(fine.now), []);
}

/// A guest that did not release a vCPU in time may do so within the hour.
#[test]
fn after_a_failed_unplug_qemu_is_asked_for_an_hour() {
    let mut world = World::new(CONF);
    let mut intent = world.start();
    intent.step = Move::Cpu { from: 2.try_into().unwrap(), to: 1.try_into().unwrap() };
    world.end(&intent, Outcome::Failed(Failure::CpuUnplug), false);
    world.see(CONF);
    let (mut asked, begun) = (Vec::new(), world.now);
    for second in 0..7200 {
        let now = begun.after(Duration::from_secs(second));
        if world.memory.suspects(now) == [cpu()] {
            asked.push(second);
            world.memory.found(now, 0, cpu(), Some((2, 2)));
        }
    }
    assert_eq!(asked.len(), 6, "{asked:?}");
    assert!(asked[5] > 3600 - 10, "{asked:?}");
    // Growth that failed releases nothing later.
    let mut world = World::new(CONF);
    world.change(failed(), false);
    world.see(CONF);
    assert_eq!(world.memory.suspects(world.now.after(Duration::from_secs(7200))), []);
}

/// While a command may be at work still, nothing is decided on either resource.
#[test]
fn what_became_of_a_change_is_waited_for_and_then_looked_into() {
    let mut world = World::new(CONF);
    world.change(Outcome::Unknown, true);
    world.see(CONF);
    assert_eq!(world.memory.suspects(world.now), []);
    world.full(9010);
    let reason = &world.memory.decisions[0].memory.reason;
    assert!(matches!(reason, Reason::Doubt(_)), "{reason:?}");
    world.now = world.now.after(UNSURE);
    assert_eq!(world.memory.suspects(world.now), [cpu()]);
    world.memory.found(world.now, 0, cpu(), Some((2, 2)));
    assert_eq!(world.memory.suspects(world.now), []);
    world.full(9020);
    assert!(!matches!(world.memory.decisions[0].memory.reason, Reason::Doubt(_)));
}
