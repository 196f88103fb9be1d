use std::path::Path;
use std::sync::Arc;

use vm_autoscale_config::Checked;
use vm_autoscale_proxmox::Digest;

use super::*;

/// What the file wants of the one cluster that there is.
pub(crate) fn care(text: &str) -> Care {
    let config = Checked::new(Path::new("config.yaml"), text.as_bytes()).finish().unwrap();
    let clusters = [("home".try_into().unwrap(), ["pve1".try_into().unwrap()].into())].into();
    Care::of_all(&Arc::new(config), &clusters).remove(0)
}

pub(crate) const CONFIG: &str =
    "select: [100-199]\nvirtual_machines: [{vm_id: 103, scaling_enabled: false}]\n";

/// A look by this node, since this start, at these VMs: (VMID, node, version).
pub(crate) fn look(answering: &str, start: u64, vms: &[(u32, &str, u64)]) -> ClusterRead {
    ClusterRead::parse(&look_text(answering, start, vms)).unwrap()
}

/// The same as text.
pub(crate) fn look_text(answering: &str, start: u64, vms: &[(u32, &str, u64)]) -> String {
    let entry = |(vmid, node, version): &(u32, &str, u64)| {
        format!(
            "\"{vmid}\": {{ \"node\": \"{node}\", \"type\": \"qemu\", \"version\": {version} }}"
        )
    };
    let ids: Vec<String> = vms.iter().map(entry).collect();
    let vmlist =
        format!("/etc/pve/.vmlist:{{\n/etc/pve/.vmlist:\"ids\": {{ {} }} }}\n", ids.join(", "));
    let line = |(vmid, ..): &(u32, &str, u64)| {
        format!(
            "/etc/pve/.rrd:pve2.3-vm/{vmid}:50:x:running:0:9000:2:0.5:2147483648:900000000:0:0:1:2:3:4\n"
        )
    };
    let rrd: String = vms.iter().map(line).collect();
    format!(
        "/etc/pve/.version:{{\"starttime\": {start}}}\n/etc/pve/.members:{{\"nodename\": \"{answering}\"}}\n\
         {vmlist}{rrd}{vmlist}{rrd}"
    )
}

struct World {
    view: View,
    care: Care,
    /// Beside the cores, in every config.
    conf: &'static str,
    now: Moment,
}

impl World {
    fn new() -> Self {
        Self { view: View::default(), care: care(CONFIG), conf: "", now: Moment::default() }
    }

    /// Takes a look and reads what it asks for; which VMs those were.
    fn see(&mut self, read: ClusterRead) -> Vec<u32> {
        self.now = self.now.after(Duration::from_secs(10));
        let none = InFlight::new();
        let wanted = self.view.update(self.now, read, &self.care, &none);
        let wanted: Vec<VmId> = wanted.into_values().flatten().collect();
        for vmid in &wanted {
            let digest = Digest::from_bytes([1; 20]);
            let text = format!("cores: 2\n{}", self.conf);
            self.view.put_config(*vmid, Some(FoundConfig { digest, text }));
        }
        self.view.settle(&self.care);
        wanted.into_iter().map(VmId::get).collect()
    }
}

#[test]
fn a_config_is_read_when_its_version_says_so() {
    let mut world = World::new();
    let first = [(101, "pve1", 5), (102, "pve1", 6), (103, "pve1", 7), (250, "pve1", 8)];
    assert_eq!(world.see(look("pve1", 1, &first)), [101, 102], "only what is looked after");
    assert_eq!(world.see(look("pve1", 1, &first)), [0; 0]);
    assert_eq!(world.see(look("pve1", 1, &[(101, "pve1", 5), (102, "pve1", 9)])), [102]);
    assert_eq!(
        world.see(look("pve1", 1, &[(101, "pve2", 5), (102, "pve1", 9)])),
        [101],
        "it moved"
    );
}

#[test]
fn another_node_or_another_start_counts_anew() {
    let mut world = World::new();
    let vms = [(101, "pve1", 5), (102, "pve1", 6)];
    world.see(look("pve1", 1, &vms));
    assert_eq!(world.see(look("pve2", 1, &vms)), [101, 102]);
    assert_eq!(world.see(look("pve2", 2, &vms)), [101, 102]);
    assert_eq!(world.see(look("pve2", 2, &vms)), [0; 0]);
}

#[test]
fn a_vm_is_gone_after_two_looks_without_it() {
    let mut world = World::new();
    let vmid = VmId::try_from(101).unwrap();
    world.see(look("pve1", 1, &[(101, "pve1", 5)]));
    world.see(look("pve1", 1, &[]));
    let vm = &world.view.vms[&vmid];
    assert_eq!((vm.running, vm.sample), (None, None), "nothing is known of it now");
    world.see(look("pve1", 1, &[]));
    assert!(!world.view.vms.contains_key(&vmid));
}

/// Looks can be a second apart, and a migration's rename take longer.
#[test]
fn a_vm_is_not_gone_after_a_moment() {
    let mut world = World::new();
    world.see(look("pve1", 1, &[(101, "pve1", 5)]));
    for _ in 0..5 {
        world.now = world.now.after(Duration::from_secs(1));
        let read = look("pve1", 1, &[]);
        world.view.update(world.now, read, &world.care, &InFlight::new());
    }
    assert_eq!(world.view.vms.len(), 1);
}

#[test]
fn a_container_of_its_number_is_another_guest() {
    let mut world = World::new();
    world.see(look("pve1", 1, &[(101, "pve1", 5)]));
    for _ in 0..2 {
        let mut read = look("pve1", 1, &[]);
        let text = r#"{"ids": {"101": {"node": "pve1", "type": "lxc", "version": 6}}}"#;
        read.guests = vm_autoscale_proxmox::VmList::parse(text).unwrap();
        world.see(read);
    }
    assert!(world.view.vms.is_empty());
}

/// It changed, and could not be read: whatever it says now is not what was known of it.
#[test]
fn a_config_of_an_earlier_version_does_not_count() {
    let mut world = World::new();
    world.see(look("pve1", 1, &[(101, "pve1", 5)]));
    let known = |world: &World| world.view.vm_inputs(&InFlight::new())[0].config.is_some();
    assert!(known(&world));
    let read = look("pve1", 1, &[(101, "pve1", 6)]);
    world.view.update(world.now, read, &world.care, &InFlight::new());
    assert!(!known(&world));
}

/// A look that the copies of the list do not agree on.
fn torn(first: &[(u32, &str, u64)], second: &[(u32, &str, u64)]) -> ClusterRead {
    let (mut read, other) = (look("pve1", 1, first), look("pve1", 1, second));
    read.guests = read.guests.agreed(&other.guests);
    read
}

#[test]
fn a_vm_that_one_copy_of_the_list_has_is_not_gone() {
    let mut world = World::new();
    let vmid = VmId::try_from(101).unwrap();
    let (here, there) = ((101, "pve1", 5), (101, "pve2", 6));
    world.see(look("pve1", 1, &[here]));
    for (first, second) in
        [(&[here][..], &[][..]), (&[], &[here]), (&[here], &[there]), (&[], &[there])]
    {
        assert_eq!(world.see(torn(first, second)), [0; 0], "where it is, is not known");
        let vm = &world.view.vms[&vmid];
        assert_eq!((vm.running, vm.sample, vm.seen), (None, None, false));
    }
    // Nor is it after one look that lacks it, between two that doubt it.
    world.see(look("pve1", 1, &[]));
    world.see(torn(&[here], &[]));
    world.see(look("pve1", 1, &[]));
    assert!(world.view.vms.contains_key(&vmid) && world.view.take_strangers().is_empty());
    world.see(look("pve1", 1, &[]));
    assert_eq!(world.view.take_strangers(), [vmid], "what was known of it holds for nobody else");
    world.see(look("pve1", 1, &[here]));
    assert_eq!(world.view.take_strangers(), []);
}

#[test]
fn who_a_vm_is_outlives_its_config_and_its_node() {
    let mut world = World::new();
    let vmid = VmId::try_from(101).unwrap();
    let id = |name: &str| Some(Identity::Generation(name.to_owned()));
    world.conf = "vmgenid: a\n";
    world.see(look("pve1", 1, &[(101, "pve1", 5)]));
    let intent = id("a");
    // Another helper, another node, another start, a migration, a look that failed.
    world.view.forget_configs();
    world.see(look("pve2", 1, &[(101, "pve1", 5)]));
    world.see(look("pve2", 2, &[(101, "pve2", 6)]));
    world.view.blind();
    world.see(look("pve2", 2, &[]));
    world.see(look("pve2", 2, &[(101, "pve2", 7)]));
    assert_eq!(world.view.take_strangers(), []);
    assert!(world.view.is_still(vmid, intent.as_ref()));

    world.conf = "vmgenid: b\n";
    world.view.forget_configs();
    assert_eq!(world.see(look("pve3", 1, &[(101, "pve3", 1)])), [101]);
    assert_eq!(world.view.take_strangers(), [vmid]);
    assert!(
        !world.view.is_still(vmid, intent.as_ref()) && world.view.is_still(vmid, id("b").as_ref())
    );
    // Once.
    world.see(look("pve3", 1, &[(101, "pve3", 2)]));
    assert_eq!(world.view.take_strangers(), []);
    // A change found it first.
    world.view.forget(vmid);
    assert!(!world.view.is_still(vmid, None));
    world.conf = "vmgenid: c\n";
    assert_eq!(world.see(look("pve3", 1, &[(101, "pve3", 3)])), [101]);
    assert_eq!(world.view.take_strangers(), []);
}

#[test]
fn a_look_that_failed_leaves_no_sample() {
    let mut world = World::new();
    world.see(look("pve1", 1, &[(101, "pve1", 5)]));
    assert!(world.view.vms.values().all(|vm| vm.sample.is_some()));
    world.view.blind();
    assert!(world.view.vms.values().all(|vm| vm.sample.is_none() && vm.running.is_none()));
}

#[test]
fn a_config_that_cannot_be_understood_is_not_known() {
    let mut world = World::new();
    world.see(look("pve1", 1, &[(101, "pve1", 5)]));
    let vmid = VmId::try_from(101).unwrap();
    let found =
        FoundConfig { digest: Digest::from_bytes([1; 20]), text: "memory: lots\n".to_owned() };
    world.view.put_config(vmid, Some(found));
    assert!(world.view.vms[&vmid].config.is_none());
}

/// By `.members`, at once; its VMs' last figures would look fresh for half a minute more.
#[test]
fn a_node_that_is_offline_is_known_as_such() {
    let mut world = World::new();
    let vms = [(101, "pve1", 1), (102, "pve2", 1)];
    let online = |world: &World| -> Vec<bool> {
        world.view.vm_inputs(&InFlight::new()).iter().map(|vm| vm.node_online).collect()
    };
    let mut read = look("pve1", 1, &vms);
    let members = "{\"nodename\": \"pve1\", \"cluster\": {\"quorate\": 1}, \"nodelist\": {\
        \"pve1\": {\"id\": 1, \"online\": 1}, \"pve2\": {\"id\": 2, \"online\": 0}}}";
    read.members = Members::parse(members).unwrap();
    world.see(read);
    assert_eq!(online(&world), [true, false]);
    world.see(look("pve1", 1, &vms));
    assert_eq!(online(&world), [true, true]);
}

/// Two are alike, and forty differ, which is more than are looked through.
#[test]
fn what_holds_for_several_is_there_once_and_each_has_its_own() {
    let entry = |n: u32| format!("{{vm_id: {}, scaling_limits: {{max_cores: {n}}}}}", 100 + n);
    let entries: Vec<String> = (3..43).map(entry).collect();
    let text = format!("select: [100-199]\nvirtual_machines: [{}]\n", entries.join(", "));
    let mut world = World { care: care(&text), ..World::new() };
    let all: Vec<(u32, &str, u64)> = (101..143).map(|vmid| (vmid, "pve1", 1)).collect();
    for round in 0..2 {
        world.see(look("pve1", 1, &all));
        let held = |n: u32| world.view.vms[&(100 + n).try_into().unwrap()].held.as_ref().unwrap();
        assert!(Arc::ptr_eq(held(1), held(2)));
        assert_ne!(held(1).policy.vcpus, held(3).policy.vcpus);
        for n in 3..43 {
            assert_eq!(held(n).policy.vcpus.1, n, "round {round}");
            assert_eq!(held(n).managed.settings.max_cores, n);
        }
        world.view.unsettle(|_| true);
    }
}
