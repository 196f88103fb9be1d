//! What a later process goes on with.

use super::*;
use crate::journal::{Notes, Recalled};

/// What the journal is given after a cycle at `at`.
fn given(world: &mut World, at: u64) -> Notes {
    world.memory.decided(at);
    world.memory.notes(&world.care.cluster.clone(), world.now)
}

/// The journal as a process of before left it, and one that goes on from it.
fn goes_on(before: &mut World, conf: &str) -> World {
    let notes = given(before, 5);
    let vms = notes.vms.into_iter().filter_map(|(vmid, record)| Some((vmid, record?))).collect();
    let recalled = Recalled { last: Some(before.now), vms, open: Vec::new() };
    let mut world = World::unmet();
    world.now = before.now.after(Duration::from_secs(20));
    world.version = before.version;
    world.memory.recall(world.now, recalled);
    world.see(conf);
    world
}

#[test]
fn a_cooldown_goes_on_over_a_restart() {
    let mut before = World::new(CONF);
    before.change(Outcome::Applied, false);
    before.see(CONF);
    let mut after = goes_on(&mut before, CONF);
    assert!(after.is_resting());
    // It does not begin anew, either: 1000 s after the change it is over.
    let mut later = goes_on(&mut before, CONF);
    later.now = before.now.after(Duration::from_secs(1000));
    assert!(!later.is_resting());
    // Another VM of that number has nothing to do with it.
    assert!(!goes_on(&mut before, "vmgenid: b\nvcpus: 2\n").is_resting());
}

#[test]
fn without_a_journal_of_before_nothing_acts_for_one_cooldown() {
    let held = |world: &World| matches!(world.memory.decisions[0].cpu.reason, Reason::Started(_));
    let mut world = World::unmet();
    world.memory.recall(world.now, Recalled::default());
    world.see(CONF);
    world.is_resting();
    assert!(held(&world), "{:?}", world.memory.decisions[0]);
    let mut before = World::new(CONF);
    before.see(CONF);
    let mut after = goes_on(&mut before, CONF);
    after.is_resting();
    assert!(!held(&after), "{:?}", after.memory.decisions[0]);
}

#[test]
fn a_leftover_is_cleared_by_a_later_process() {
    let mut before = World::new(CONF);
    before.change(Outcome::Unknown, true);
    before.see(CONF);
    assert_eq!(goes_on(&mut before, CONF).due(), [], "it is not there");
    assert_eq!(goes_on(&mut before, PENDING).due().len(), 1);
    assert_eq!(goes_on(&mut before, "vmgenid: b\nvcpus: 2\n[PENDING]\nvcpus: 4\n").due(), []);
}

#[test]
fn what_others_changed_meanwhile_holds_a_vm() {
    let mut before = World::new(CONF);
    before.see(CONF);
    let after = goes_on(&mut before, "vmgenid: a\nvcpus: 3\n");
    let reason = &after.memory.decisions[0].cpu.reason;
    assert!(matches!(reason, Reason::ChangedByOthers(_)), "{reason:?}");
    let same = goes_on(&mut before, CONF);
    assert!(!matches!(same.memory.decisions[0].cpu.reason, Reason::ChangedByOthers(_)));
}

/// Since when something holds does not begin anew with a process.
#[test]
fn a_block_is_told_with_its_beginning() {
    let locked = "vmgenid: a\nlock: backup\nvcpus: 2\n";
    let mut before = World::new(CONF);
    before.see(locked);
    let mut after = goes_on(&mut before, locked);
    let notes = given(&mut after, 99);
    assert_eq!(notes.decisions, [], "nothing new");
    let [cpu, _] = &after.memory.records[&vmid()].standing;
    assert_eq!((cpu.kind.as_str(), cpu.since), ("locked", 5));
    after.see(CONF);
    after.is_resting();
    let notes = given(&mut after, 200);
    assert_eq!(notes.decisions.len(), 2, "{notes:?}");
    assert!(notes.decisions.iter().all(|decided| decided.kind != "locked"), "{notes:?}");
}

/// What it did shows in the config before it is settled, and is nobody else's.
#[test]
fn what_a_process_of_before_had_begun_is_ours() {
    let mut before = World::new(CONF);
    before.see(CONF);
    let intent = before.start();
    let notes = given(&mut before, 5);
    let vms = notes.vms.into_iter().filter_map(|(vmid, record)| Some((vmid, record?))).collect();
    let mut world = World::unmet();
    (world.now, world.version) = (before.now, before.version);
    let open = vec![(1, before.now, intent.clone())];
    world.memory.recall(world.now, Recalled { last: Some(before.now), vms, open });
    world.see("vmgenid: a\nvcpus: 4\n");
    let reason = &world.memory.decisions[0].cpu.reason;
    assert!(!matches!(reason, Reason::ChangedByOthers(_)), "{reason:?}");
    // It is closed with what follows from it, and not before.
    world.memory.in_flight.insert(vmid(), intent.node.clone());
    let settled = Settled { outcome: Outcome::Applied, reverted: false, duty: false };
    world.memory.ended(world.now, 9, &intent, (Some(1), &settled));
    let notes = given(&mut world, 9);
    assert_eq!(notes.ended, [1]);
    assert!(notes.vms.iter().any(|(_, record)| record.as_ref().unwrap().last.is_some()));
    world.memory.noted(crate::worker::memory::Taken::of(&notes));
    let notes = given(&mut world, 9);
    assert!(notes.ended.is_empty());
}

/// Where the journal comes late, another VM may have the number by then.
#[test]
fn a_late_journal_says_nothing_of_a_vm_that_came_meanwhile() {
    let mut before = World::new(CONF);
    before.change(Outcome::Unknown, true);
    before.see(CONF);
    let notes = given(&mut before, 5);
    let vms: std::collections::BTreeMap<_, _> =
        notes.vms.into_iter().filter_map(|(vmid, record)| Some((vmid, record?))).collect();
    for (conf, due) in [(PENDING, 1), ("vmgenid: b\nvcpus: 2\n[PENDING]\nvcpus: 4\n", 0)] {
        let mut world = World::new(conf);
        let recalled = Recalled { last: Some(before.now), vms: vms.clone(), open: Vec::new() };
        world.memory.recall(world.now, recalled);
        world.see(conf);
        assert_eq!(world.due().len(), due, "{conf}");
    }
}

/// Of thousands of VMs three of each record would be more than all else.
#[test]
fn a_record_is_there_once_for_all_who_know_it() {
    let mut world = World::new(CONF);
    let notes = given(&mut world, 5);
    let [(_, Some(given_one))] = &notes.vms[..] else { panic!("{notes:?}") };
    let taken = crate::worker::memory::Taken::of(&notes);
    world.memory.noted(taken);
    for look in 0..3 {
        world.see(CONF);
        assert_eq!(given(&mut world, 6).vms, [], "{look}");
        let Memory { records, saved, .. } = &world.memory;
        for held in [&records[&vmid()], &saved[&vmid()]] {
            assert!(Arc::ptr_eq(held, given_one), "{look}");
        }
    }
    // What changes it is written, and until then the journal has what it had.
    world.change(failed(), true);
    let again = given(&mut world, 7);
    let [(_, Some(other))] = &again.vms[..] else { panic!("{again:?}") };
    assert!(other.duty.is_some() && given_one.duty.is_none());
    assert!(Arc::ptr_eq(&world.memory.saved[&vmid()], given_one));
}
