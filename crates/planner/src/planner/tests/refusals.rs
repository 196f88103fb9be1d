//! Guests that keep what they are asked for.

use super::*;

const VMID: u32 = 101;

fn unplug() -> Move {
    Move::Cpu { from: 4.try_into().unwrap(), to: 3.try_into().unwrap() }
}

fn keeps(world: &mut World) {
    world.planner.unplug_refused(VMID.try_into().unwrap(), unplug(), world.now);
}

/// Samples of a QEMU that runs since second 1, so often; the last decision.
fn idle(world: &mut World, samples: u64) -> Decision {
    (0..samples).map(|_| world.see(Some(sample(at(world), 5.0, 50.0)))).last().unwrap()
}

fn at(world: &World) -> u64 {
    world.now.0.as_secs()
}

/// Until it takes something again, in seconds; what it does then.
fn rests(world: &mut World) -> (u64, String) {
    let begun = world.now;
    loop {
        if let Some((step, _)) = idle(world, 1).act() {
            return (world.now.since(begun).as_secs(), step.to_string());
        }
    }
}

/// More is given as soon as nothing can be queued in the guest: it is only what it has that it
/// keeps.
#[test]
fn a_guest_that_keeps_its_vcpus_can_be_given_more() {
    let mut world = World::new();
    idle(&mut world, 2);
    for _ in 0..2 {
        keeps(&mut world);
        let mut waits = 0;
        let busy = loop {
            let busy = world.see(Some(sample(at(&world), 95.0, 50.0)));
            if busy.act().is_some() {
                break busy;
            }
            waits += 10;
        };
        assert_eq!((busy.act().unwrap().0.to_string().as_str(), waits), ("vcpus 4 -> 5", 50));
    }
}

#[test]
fn unplugging_rests_twice_as_long_each_time_and_then_the_limit_is_the_lever() {
    let mut world = World::new();
    idle(&mut world, 2);
    keeps(&mut world);
    assert_eq!(rests(&mut world), (60, "vcpus 4 -> 3".to_owned()));
    keeps(&mut world);
    assert_eq!(rests(&mut world), (120, "vcpus 4 -> 3".to_owned()));
    keeps(&mut world);
    // At once, but for what every change waits for: a sample after it, and two low ones.
    assert_eq!(rests(&mut world), (30, "cpulimit none -> 3 cores".to_owned()));
}

/// A helper that lets no limit through keeps nobody from growing.
#[test]
fn a_limit_that_cannot_be_set_rests_by_itself() {
    let mut world = World::new();
    idle(&mut world, 2);
    (0..3).for_each(|_| keeps(&mut world));
    let cap = |hundredths| vm_autoscale_proxmox::CpuLimit::from_hundredths(hundredths).unwrap();
    let step = Move::CpuLimit { from: cap(0), to: cap(300) };
    world.planner.changed(VMID.try_into().unwrap(), step, false, world.now);
    world.planner.changed(VMID.try_into().unwrap(), step, false, world.now);
    idle(&mut world, 5);
    let busy = world.see(Some(sample(at(&world), 95.0, 50.0)));
    assert_eq!(busy.act().unwrap().0.to_string(), "vcpus 4 -> 5");
    assert_eq!(rests(&mut world), (60, "cpulimit none -> 3 cores".to_owned()));
}

#[test]
fn by_vcpus_alone_it_is_asked_once_a_day() {
    let mut world = World::new();
    world.policy.cpu_lever = CpuLever::Vcpus;
    idle(&mut world, 2);
    (0..3).for_each(|_| keeps(&mut world));
    let said = idle(&mut world, 3).cpu.reason.to_string();
    assert_eq!(said, "taking failed 3 times in a row, tried again in 86370 s");
    assert_eq!(rests(&mut world), (86_370, "vcpus 4 -> 3".to_owned()));
    keeps(&mut world);
    assert_eq!(rests(&mut world).0, 86_400);
    world.planner.changed(VMID.try_into().unwrap(), unplug(), true, world.now);
    keeps(&mut world);
    assert_eq!(rests(&mut world).0, 60, "a success forgets the failures");
}

/// It is remembered over a restart of ours, and not of QEMU.
#[test]
fn another_qemu_is_asked_anew() {
    let mut world = World::new();
    idle(&mut world, 2);
    (0..3).for_each(|_| keeps(&mut world));
    let vmid = VMID.try_into().unwrap();
    let kept = world.planner.keep(vmid).unwrap();
    let mut planner = Planner::new(CONFIG);
    planner.again(vmid, &kept, world.now, true);
    world.planner = planner;
    assert_eq!(rests(&mut world), (30, "cpulimit none -> 3 cores".to_owned()));
    let young = |world: &World, since: u64| Sample {
        uptime: at(world) - since,
        ..sample(at(world), 5.0, 50.0)
    };
    let since = at(&world);
    let steps = (0..3).filter_map(|_| {
        let sample = young(&world, since);
        world.see(Some(sample)).act().map(|(step, _)| step.to_string())
    });
    assert_eq!(steps.last().unwrap(), "vcpus 4 -> 3");
}
