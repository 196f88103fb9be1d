use std::time::Duration;

use vm_autoscale_planner::{Move, Reason, Resource};
use vm_autoscale_protocol::FoundConfig;
use vm_autoscale_proxmox::{Digest, Failure, NodeName};

use super::*;
use crate::claims::Care;
use crate::view::tests::{CONFIG, care, look};
use crate::worker::planner_config;

mod errands;
mod quarantine;
mod restart;

/// A worker's memory of VM 101, cycle by cycle.
struct World {
    memory: Memory,
    care: Care,
    now: Moment,
    version: u64,
}

const PENDING: &str = "vmgenid: a\nvcpus: 2\n[PENDING]\nvcpus: 4\n";

impl World {
    /// It has seen nothing yet.
    fn unmet() -> Self {
        let care = care(&format!("{CONFIG}check_interval: 1\nscale_cooldown: 1000\n"));
        let memory = Memory::new(planner_config(care.roster.config()), 1);
        Self { memory, care, now: Moment(Duration::from_secs(1000)), version: 1 }
    }

    /// It has seen this config.
    fn new(conf: &str) -> Self {
        let mut world = Self::unmet();
        world.see(conf);
        world
    }

    fn see(&mut self, conf: &str) {
        self.version += 1;
        let vms = [(101, "pve1", self.version)];
        self.look(if conf.is_empty() { &[] } else { &vms }, conf);
    }

    /// One look, of which a config is read that changed, and what follows of it.
    fn look(&mut self, vms: &[(u32, &str, u64)], conf: &str) {
        self.now = self.now.after(Duration::from_secs(10));
        let Memory { view, in_flight, .. } = &mut self.memory;
        let wanted = view.update(self.now, look("pve1", 1, vms), &self.care, in_flight);
        for vmid in wanted.into_values().flatten() {
            let (digest, text) =
                (Digest::from_bytes([1; 20]), format!("cores: 8\nhotplug: cpu\n{conf}"));
            view.put_config(vmid, Some(FoundConfig { digest, text }));
        }
        view.settle(&self.care);
        self.memory.forget_strangers();
        let Memory { planner, view, in_flight, decisions, .. } = &mut self.memory;
        let nodes = view.node_inputs(self.now, in_flight);
        planner.plan(self.now, &view.vm_inputs(in_flight), &nodes, decisions);
    }

    fn due(&mut self) -> Vec<(VmId, Move)> {
        self.memory.due(self.now)
    }

    fn start(&mut self) -> Intent {
        let node: NodeName = "pve1".try_into().unwrap();
        let step = Move::Cpu { from: 2.try_into().unwrap(), to: 4.try_into().unwrap() };
        self.memory.in_flight.insert(vmid(), node.clone());
        let identity = self.memory.view.vms[&vmid()].identity.clone();
        let (cluster, reason) = ("home".try_into().unwrap(), "busy".to_owned());
        Intent { cluster, node, vmid: vmid(), step, identity, reason }
    }

    /// A change that ended so.
    fn change(&mut self, outcome: Outcome, duty: bool) {
        let intent = self.start();
        self.end(&intent, outcome, duty);
    }

    fn end(&mut self, intent: &Intent, outcome: Outcome, duty: bool) {
        let settled = Settled { outcome, reverted: false, duty };
        self.memory.ended(self.now, 0, intent, (None, &settled));
        assert!(self.memory.in_flight.is_empty());
    }

    /// One decision on a VM that uses nearly all of its vCPUs.
    fn full(&mut self, ctime: u64) {
        let sample = vm_autoscale_planner::Sample {
            ctime,
            uptime: ctime,
            cores_used: Some(1.9),
            vcpus: Some(2.0),
            memory_used: Some(900.0),
            memory: Some(2048.0),
        };
        let Memory { planner, view, decisions, .. } = &mut self.memory;
        let none = InFlight::new();
        let nodes = view.node_inputs(self.now, &none);
        let mut vms = view.vm_inputs(&none);
        vms[0].sample = Some(sample);
        planner.plan(self.now, &vms, &nodes, decisions);
        self.now = self.now.after(Duration::from_secs(10));
    }

    /// Whether the planner remembers a change of this VM.
    fn is_resting(&mut self) -> bool {
        for ctime in [9010, 9020, 9030] {
            self.full(ctime);
        }
        matches!(self.memory.decisions[0].cpu.reason, Reason::Cooldown(_))
    }
}

fn vmid() -> VmId {
    101u32.try_into().unwrap()
}

const CONF: &str = "vmgenid: a\nvcpus: 2\n";

fn failed() -> Outcome {
    Outcome::Failed(Failure::CpuPlug)
}

#[test]
fn a_leftover_is_due_where_it_is_still_ours() {
    for (conf, due) in [
        (PENDING, 1),
        (CONF, 0),
        ("vmgenid: a\nvcpus: 2\n[PENDING]\nvcpus: 5\n", 0),
        ("vmgenid: a\nlock: backup\nvcpus: 2\n[PENDING]\nvcpus: 4\n", 0),
        // The very same value of another VM is not ours.
        ("vmgenid: b\nvcpus: 2\n[PENDING]\nvcpus: 4\n", 0),
        ("vcpus: 2\n[PENDING]\nvcpus: 4\n", 0),
    ] {
        let mut world = World::new(CONF);
        world.change(failed(), true);
        assert_eq!(world.due(), [], "its config is not read yet");
        world.see(conf);
        assert_eq!(world.due().len(), due, "{conf}");
    }
}

#[test]
fn a_leftover_waits_for_a_vm_that_is_out_of_sight() {
    let mut world = World::new(CONF);
    world.change(failed(), true);
    world.see(PENDING);
    world.see("");
    assert_eq!(world.due(), []);
    world.see(PENDING);
    assert_eq!(world.due().len(), 1);
    // Gone for two looks: who comes then is another one.
    world.see("");
    world.see("");
    world.see(PENDING);
    assert_eq!(world.due(), []);
}

/// A command whose end was not seen can leave its value later.
#[test]
fn what_may_still_come_is_waited_for() {
    for (outcome, kept) in [(Outcome::Unknown, 1), (failed(), 0)] {
        let mut world = World::new(CONF);
        world.change(outcome, true);
        world.see(CONF);
        assert_eq!(world.due(), [], "it is not there");
        world.see(PENDING);
        assert_eq!(world.due().len(), kept);
    }
    // Nothing of it was there for as long as such a command takes, and then it is.
    let unseen = Failure::Unseen;
    for outcome in [Outcome::Failed(unseen), Outcome::AppliedInPart(3, Some(unseen))] {
        let mut world = World::new(CONF);
        world.change(outcome.clone(), false);
        world.see(CONF);
        assert_eq!(world.due(), []);
        world.see(PENDING);
        assert_eq!(world.due().len(), 1, "{outcome}");
        world.see("vmgenid: a\nvcpus: 4\n");
        let reason = &world.memory.decisions[0].cpu.reason;
        assert!(!matches!(reason, Reason::ChangedByOthers(_)), "{outcome}: {reason:?}");
    }
    let mut world = World::new(CONF);
    world.change(Outcome::Unknown, true);
    world.now = world.now.after(UNSURE);
    world.see(CONF);
    assert_eq!(world.due(), []);
    world.see(PENDING);
    assert_eq!(world.due(), [], "so late it is somebody else's");
}

#[test]
fn nothing_is_cleared_where_nobody_is() {
    let mut world = World::new(CONF);
    world.change(failed(), true);
    world.see(PENDING);
    world.memory.view.offline.insert("pve1".try_into().unwrap());
    assert_eq!(world.due(), []);
    world.memory.view.offline.clear();
    assert_eq!(world.due().len(), 1);
}

#[test]
fn a_vm_of_another_identity_is_not_made_to_rest_for_the_old_one() {
    let mut world = World::new(CONF);
    world.change(failed(), false);
    world.see(CONF);
    assert!(world.is_resting());
    let mut world = World::new(CONF);
    world.change(failed(), false);
    world.see("vmgenid: b\nvcpus: 2\n");
    assert!(!world.is_resting());
}

/// The change is under way while its VM goes and another one comes.
#[test]
fn what_ends_late_is_not_the_new_vms() {
    for outcome in [Outcome::Unknown, failed(), Outcome::Replaced, Outcome::Gone] {
        let mut world = World::new(CONF);
        let intent = world.start();
        world.see("");
        world.see("");
        world.see("vmgenid: b\nvcpus: 2\n[PENDING]\nvcpus: 4\n");
        world.end(&intent, outcome.clone(), true);
        world.see("vmgenid: b\nvcpus: 2\n[PENDING]\nvcpus: 4\n");
        assert_eq!(world.due(), [], "{outcome}");
        world.see("vmgenid: b\nvcpus: 2\n");
        assert!(!world.is_resting(), "{outcome}");
    }
}

#[test]
fn who_has_no_fault_does_not_rest_longer() {
    let no_effect = Outcome::NoEffect { resource: Resource::Cpu, qemu: 4, guest: 2 };
    for (outcome, rests) in [
        (no_effect, true),
        (Outcome::Stopped(true), true),
        (Outcome::Moved { to: "pve2".try_into().unwrap(), tried: true }, true),
        (Outcome::Moved { to: "pve2".try_into().unwrap(), tried: false }, false),
        (Outcome::Locked("backup".to_owned()), false),
        (Outcome::Failed(Failure::DigestMismatch), false),
    ] {
        let mut world = World::new(CONF);
        world.change(outcome.clone(), false);
        world.see(CONF);
        assert_eq!(world.is_resting(), rests, "{outcome}");
    }
    // These rest, and the next time no longer for it.
    for outcome in [Outcome::Stopped(true), Outcome::Unknown, Outcome::Failed(Failure::ReadOnly)] {
        assert!(
            outcome.consequence().then.rests()
                && outcome.consequence().then != crate::outcome::Then::RestLonger,
            "{outcome}"
        );
    }
    assert!(failed().consequence().then == crate::outcome::Then::RestLonger);
}

/// What somebody else's lock or edit keeps from beginning is told at the third time in a row, once,
/// and costs no cooldown.
#[test]
fn what_others_hold_up_is_told_at_the_third_time_and_costs_no_cooldown() {
    let failed = [Failure::LockTimeout, Failure::Locked, Failure::DigestMismatch];
    let outcomes = failed.map(Outcome::Failed).into_iter();
    for outcome in outcomes.chain([Outcome::Locked("backup".to_owned())]) {
        let mut world = World::new(CONF);
        let told = [(); 5].map(|()| {
            let intent = world.start();
            let settled = Settled { outcome: outcome.clone(), reverted: false, duty: false };
            world.memory.ended(world.now, 0, &intent, (None, &settled))
        });
        assert_eq!(told, [false, false, true, false, false], "{outcome}");
        world.see(CONF);
        assert!(!world.is_resting(), "{outcome}");
        let reason = &world.memory.decisions[0].cpu.reason;
        assert!(matches!(reason, Reason::Retry(_)), "{outcome}: {reason}");
    }
    let mut world = World::new(CONF);
    world.change(Outcome::Applied, false);
    world.see(CONF);
    assert!(world.is_resting(), "what was begun rests");
}
