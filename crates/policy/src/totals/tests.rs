use serde_json::json;
use vm_autoscale_node::{Digest, VmConfig};
use vm_autoscale_protocol::Request;

use super::*;
use crate::{Changes, Known, Policy};

const SECOND: Duration = Duration::from_secs(1);
const LIMIT: u32 = 12_288;

/// A cluster with VMs 101 and 102, which rules name, and what the helper learns of it.
struct World {
    policy: Policy,
    known: Known,
    now: Duration,
}

fn digest(number: u8) -> Digest {
    Digest::from_bytes([number; 20])
}

fn policy() -> Policy {
    let rule = json!({"vms": [[100, 199]], "except": [[110, 110]], "lines": {}});
    serde_json::from_value(json!({
        "file": "helper.yaml", "read_only": false, "lines": {},
        "rates": {"per_vm": 4, "per_node": 20, "total": 60},
        "clusters": [{"name": "home", "nodes": ["pve1", "pve2"], "read_only": false, "lines": {},
            "rules": [rule], "max_total_memory": LIMIT}],
    }))
    .unwrap()
}

impl World {
    fn new() -> Self {
        let policy = policy();
        let now = 1000 * SECOND;
        let known = Known::new(&policy, Changes::default(), now);
        Self { policy, known, now }
    }

    /// Both VMs have 4096 MiB and were read at version 5.
    fn settled() -> Self {
        let world = Self::new();
        world.look("pve1", 1, &[(101, 5), (102, 5)]);
        world.read("pve1", 101, 1, "memory: 4096\n");
        world.read("pve1", 102, 2, "memory: 4096\n");
        world
    }

    fn cluster(&self) -> &Cluster {
        &self.policy.clusters[0]
    }

    /// Beside those there is a container with a number that a rule names, and VMs that none does.
    fn look(&self, node: &str, start: u64, vms: &[(u32, u64)]) {
        let entry = |(vmid, version): &(u32, u64), kind: &str| {
            format!(r#""{vmid}": {{"node": "pve1", "type": "{kind}", "version": {version}}}"#)
        };
        let mut entries: Vec<String> = vms.iter().map(|vm| entry(vm, "qemu")).collect();
        entries.extend([
            entry(&(109, 1), "lxc"),
            entry(&(110, 1), "qemu"),
            entry(&(200, 1), "qemu"),
        ]);
        let list = VmList::parse(&format!(r#"{{"ids": {{{}}}}}"#, entries.join(","))).unwrap();
        let node = node.try_into().unwrap();
        self.known.totals.looked(self.cluster(), self.now, (&node, start), &list);
    }

    fn mark(&self, node: &str, vmid: u32) -> Mark {
        let node = node.try_into().unwrap();
        self.known.totals.mark(&self.cluster().name, &node, vmid.try_into().unwrap())
    }

    fn read(&self, node: &str, vmid: u32, number: u8, text: &str) {
        self.read_since(self.mark(node, vmid), vmid, number, text);
    }

    fn read_since(&self, mark: Mark, vmid: u32, number: u8, text: &str) {
        let config = VmConfig::parse(&format!("cores: 4\n{text}")).unwrap();
        let of = (&self.cluster().name, vmid.try_into().unwrap());
        self.known.read(of, mark, self.now, Some((digest(number), config)));
    }

    fn room(&self, vmid: u32, asked: u32) -> String {
        let (vmid, asked) = (vmid.try_into().unwrap(), asked.try_into().unwrap());
        let room = self.known.totals.room(self.cluster(), vmid, asked, self.now);
        room.map_or_else(|why| why, |()| "yes".to_owned())
    }

    fn hold(&self, vmid: u32, asked: u32) {
        let (vmid, asked) = (vmid.try_into().unwrap(), asked.try_into().unwrap());
        self.known.totals.hold(&self.cluster().name, vmid, asked);
    }

    fn ended(&self, vmid: u32, known: bool) {
        let vmid = vmid.try_into().unwrap();
        self.known.totals.ended(&self.cluster().name, vmid, known, self.now);
    }
}

const FULL: &str = "the VMs would have 12800 MiB of 12288";

#[test]
fn the_sum_is_that_of_the_listed_vms_that_rules_name() {
    let world = World::settled();
    assert_eq!([world.room(101, 8192), world.room(101, 8704)], ["yes", FULL]);
    // One that is gone gives room; one that comes takes it once it is read.
    world.look("pve1", 1, &[(101, 5)]);
    assert_eq!(world.room(101, 12_288), "yes");
    world.look("pve1", 1, &[(101, 5), (102, 5), (103, 5)]);
    world.read("pve1", 102, 2, "memory: 4096\n");
    world.read("pve1", 103, 3, "memory: 512\n");
    assert_eq!([world.room(101, 7680), world.room(101, 8192)], ["yes", FULL]);
    assert_eq!(world.room(104, 1024), "the last look at the cluster does not show the VM");
}

#[test]
fn what_is_not_known_lets_nothing_grow() {
    let unread = "the config of VM 102 was not read as the last look has it";
    let mut world = World::settled();
    world.now += 61 * SECOND;
    assert_eq!(world.room(101, 4608), "no look at the cluster in the last 60 s");
    world.look("pve1", 1, &[(101, 5), (102, 5)]);
    assert_eq!(world.room(101, 4608), "yes");
    // It was changed since.
    world.look("pve1", 1, &[(101, 5), (102, 6)]);
    assert_eq!(world.room(101, 4608), unread);
    // Another node's word on it says nothing of that version.
    world.read("pve2", 102, 3, "memory: 4096\n");
    assert_eq!(world.room(101, 4608), unread);
    world.read("pve1", 102, 3, "memory: 4096\n");
    assert_eq!(world.room(101, 4608), "yes");
    // Versions of another node, or since another start, are other versions.
    for (node, start) in [("pve2", 1), ("pve2", 2), ("pve1", 2)] {
        world.look(node, start, &[(101, 5), (102, 6)]);
        world.read(node, 101, 1, "memory: 4096\n");
        assert_eq!(world.room(101, 4608), unread);
        world.read(node, 102, 3, "memory: 4096\n");
        assert_eq!(world.room(101, 4608), "yes");
    }
    // A node that looks again knows what it knew.
    world.look("pve2", 3, &[(101, 5), (102, 6)]);
    assert!(world.room(101, 4608).contains("was not read"));
    world.look("pve1", 2, &[(101, 5), (102, 6)]);
    assert_eq!(world.room(101, 4608), "yes");
    // What was asked for before a look may be older than what the look shows.
    let mark = world.mark("pve1", 102);
    world.look("pve1", 2, &[(101, 5), (102, 7)]);
    world.read_since(mark, 102, 3, "memory: 4096\n");
    assert_eq!(world.room(101, 4608), unread);
    // Nor is a look that began before it and ended after it.
    let late = std::mem::replace(&mut world.now, 900 * SECOND);
    world.look("pve1", 2, &[(101, 5), (102, 6)]);
    world.now = late;
    assert_eq!(world.room(101, 4608), unread);
    assert!(World::new().room(101, 4608).contains("no look"));
}

#[test]
fn a_config_that_cannot_be_read_is_not_known() {
    let world = World::settled();
    let of = (&world.cluster().name, 102u32.try_into().unwrap());
    world.known.read(of, world.mark("pve1", 102), world.now, None);
    assert!(world.room(101, 4608).contains("VM 102"));
    world.read("pve1", 102, 2, "memory: 4096\n[PENDING]\nmemory: many\n");
    assert!(world.room(101, 4608).contains("VM 102"));
}

/// It comes with the VM's next start.
#[test]
fn memory_that_waits_counts() {
    let world = World::settled();
    world.read("pve1", 102, 2, "memory: 4096\n[PENDING]\nmemory: 7680\n");
    assert_eq!([world.room(101, 4608), world.room(101, 5120)], ["yes", FULL]);
    world.read("pve1", 102, 2, "memory: 4096\n[PENDING]\nmemory: 1024\n");
    assert_eq!(world.room(101, 8192), "yes");
}

#[test]
fn two_do_not_grow_into_the_same_room() {
    let world = World::settled();
    assert_eq!([world.room(101, 8192), world.room(102, 8192)], ["yes", "yes"]);
    world.hold(101, 8192);
    assert_eq!(world.room(102, 4608), FULL);
    assert_eq!(world.room(101, 8192), "yes", "its own room is its own");
    // Also once it ended, and by a config that was asked for before that.
    let mark = world.mark("pve1", 101);
    world.ended(101, true);
    world.read_since(mark, 101, 1, "memory: 4096\n");
    assert_eq!(world.room(102, 4608), FULL);
    // Refused by the node: the config that is read anew says so.
    world.read("pve1", 101, 1, "memory: 4096\n");
    assert_eq!(world.room(102, 8192), "yes");
}

#[test]
fn what_is_read_back_counts_before_the_next_look() {
    let world = World::settled();
    world.hold(101, 8192);
    world.ended(101, true);
    world.read("pve2", 101, 3, "memory: 8192\n");
    assert_eq!(world.room(102, 4608), FULL);
}

#[test]
fn a_change_whose_end_was_not_seen_may_come_later() {
    let mut world = World::settled();
    world.hold(101, 8192);
    world.hold(101, 4608);
    world.ended(101, true);
    world.read("pve1", 101, 1, "memory: 4096\n");
    assert_eq!(world.room(102, 4608), FULL, "one of two is under way");
    world.ended(101, false);
    world.read("pve1", 101, 1, "memory: 4096\n");
    assert_eq!(world.room(102, 4608), FULL, "by that config it may still come");
    world.now += LINGERS;
    world.look("pve1", 1, &[(101, 5), (102, 5)]);
    assert_eq!(world.room(102, 4608), FULL, "nobody looked");
    world.read("pve1", 101, 1, "memory: 4096\n");
    assert_eq!(world.room(102, 8192), "yes");
}

/// Who sets a config back makes a change good again that was asked by it.
#[test]
fn a_change_whose_end_was_not_seen_may_come_after_another_config() {
    let mut world = World::settled();
    world.hold(101, 8192);
    world.ended(101, false);
    world.read("pve1", 101, 3, "memory: 4096\n");
    assert_eq!(world.room(102, 4608), FULL);
    world.read("pve1", 101, 1, "memory: 4096\n");
    assert_eq!(world.room(102, 4608), FULL);
    world.now += LINGERS;
    world.look("pve1", 1, &[(101, 5), (102, 5)]);
    world.read("pve1", 101, 1, "memory: 4096\n");
    assert_eq!(world.room(102, 8192), "yes");
}

#[test]
fn what_an_earlier_process_asked_for_may_still_come() {
    let mut world = World::settled();
    let target = json!({"cluster": "home", "node": "pve1", "vmid": 101, "digest": digest(1)});
    let request: Request = serde_json::from_value(
        json!({"name": "SetMemory", "parameters": {"target": target, "memory": 8192}}),
    )
    .unwrap();
    let asked = (&request, request.target().unwrap());
    let changes = Changes::default().with(&world.policy.rates, world.now, asked).unwrap();
    world.known = Known::new(&world.policy, changes.clone(), world.now + SECOND);
    world.look("pve1", 1, &[(101, 5), (102, 5)]);
    world.read("pve1", 101, 1, "memory: 4096\n");
    world.read("pve1", 102, 2, "memory: 4096\n");
    assert_eq!(world.room(102, 4608), FULL);
    world.read("pve1", 101, 3, "memory: 4096\n");
    assert_eq!(world.room(102, 4608), FULL, "that digest can come back");
    world.now += LINGERS;
    world.look("pve1", 1, &[(101, 5), (102, 5)]);
    world.read("pve1", 101, 3, "memory: 4096\n");
    assert_eq!(world.room(102, 8192), "yes");
    // A time of another boot is no reason to wait for days.
    let early = SECOND;
    world.known = Known::new(&world.policy, changes, early);
    world.now = early + LINGERS;
    world.look("pve1", 1, &[(101, 5), (102, 5)]);
    world.read("pve1", 101, 1, "memory: 4096\n");
    world.read("pve1", 102, 2, "memory: 4096\n");
    assert_eq!(world.room(102, 8192), "yes");
}
