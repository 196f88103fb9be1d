use serde_json::{Value, json};
use vm_autoscale_node::{Digest, VmConfig};

use super::*;
use crate::Seen;

fn request(name: &str, vmid: u32, values: &Value) -> Request {
    let digest = "0".repeat(40);
    let mut parameters = values.clone();
    parameters["target"] =
        json!({"cluster": "home", "node": "pve1", "vmid": vmid, "digest": digest});
    serde_json::from_value(json!({"name": name, "parameters": parameters})).unwrap()
}

fn asked(all: &[(&str, u32, Value)]) -> Changes {
    let now = Duration::from_secs(1);
    let each = all.iter().map(|(name, vmid, values)| request(name, *vmid, values));
    let rates = serde_json::from_str(r#"{"per_vm": 9, "per_node": 2000, "total": 2000}"#).unwrap();
    each.fold(Changes::default(), |changes, request| {
        let target = request.target().unwrap();
        changes.with(&rates, now, (&request, target)).unwrap()
    })
}

/// Why that option of VM 101 is not reverted where that waits in `[PENDING]`.
fn foreign(changes: &Changes, option: PendingOption, pending: &str) -> Option<String> {
    let cluster: ClusterName = "home".try_into().unwrap();
    let vmid = 101u32.try_into().unwrap();
    let config = VmConfig::parse(&format!("cores: 4\n[PENDING]\n{pending}")).unwrap();
    let sizes = Seen::default().note(&cluster, vmid, Digest::from_bytes([7; 20]), &config);
    changes.foreign((&cluster, vmid), option, &sizes.pending)
}

#[test]
fn only_what_was_asked_last_is_ours() {
    use PendingOption::{Balloon, Cpulimit, Memory, MemoryAndBalloon, Vcpus};
    let changes = asked(&[
        ("SetVcpus", 101, json!({"vcpus": 3})),
        ("SetVcpus", 101, json!({"vcpus": 2})),
        ("SetMemory", 101, json!({"memory": 4096, "balloon": 2048})),
        ("SetCpuLimit", 101, json!({"cpulimit": 1.5})),
        ("SetVcpus", 102, json!({"vcpus": 4})),
    ]);
    let restarted: Changes =
        serde_json::from_value(serde_json::to_value(&changes).unwrap()).unwrap();
    for (option, pending, ours) in [
        (Vcpus, "vcpus: 2\n", true),
        (Vcpus, "vcpus: 2\nnet0: virtio\n", true),
        (Vcpus, "vcpus: 3\n", false),
        (Vcpus, "vcpus: 4\n", false),
        (Vcpus, "delete: vcpus\n", false),
        (Vcpus, "memory: 4096\n", false),
        (Vcpus, "", false),
        (Memory, "memory: 4096\n", true),
        (Memory, "memory: current=4096\n", true),
        (Memory, "memory: 8192\n", false),
        (MemoryAndBalloon, "memory: 4096\nballoon: 2048\n", true),
        (MemoryAndBalloon, "memory: 4096\n", true),
        (MemoryAndBalloon, "memory: 4096\nballoon: 1024\n", false),
        (Balloon, "balloon: 2048\n", true),
        (Cpulimit, "cpulimit: 1.5\n", true),
        (Cpulimit, "cpulimit: 1\n", false),
    ] {
        assert_eq!(foreign(&restarted, option, pending).is_none(), ours, "{option:?} {pending:?}");
        assert!(foreign(&Changes::default(), option, pending).is_some(), "{option:?} {pending:?}");
    }
}

/// By the same digest the first of two may be the one that comes.
#[test]
fn the_larger_of_two_growths_is_known_until_its_time_has_passed() {
    let rates = serde_json::from_str(r#"{"per_vm": 9, "per_node": 9, "total": 9}"#).unwrap();
    let with = |changes: &Changes, seconds: u64, memory: u32| {
        let request = request("SetMemory", 101, &json!({"memory": memory}));
        let asked = (&request, request.target().unwrap());
        changes.with(&rates, Duration::from_secs(seconds), asked).unwrap()
    };
    let known = |changes: &Changes| {
        let of = changes.asked[0].memory.unwrap();
        (of.memory.get(), of.until().as_secs())
    };
    let first = with(&Changes::default(), 1, 16_384);
    let second = with(&first, 10, 8704);
    assert_eq!(known(&second), (16_384, 610));
    assert_eq!(known(&with(&second, 20, 32_768)), (32_768, 620));
    assert_eq!(known(&with(&first, 600, 8704)), (16_384, 1200));
    assert_eq!(known(&with(&first, 601, 8704)), (8704, 1201));
    // What is reverted is the last one all the same.
    assert_eq!(foreign(&second, PendingOption::Memory, "memory: 8704\n"), None);
    assert!(foreign(&second, PendingOption::Memory, "memory: 16384\n").is_some());
}

/// The file stays shorter than what is read of one.
#[test]
fn what_is_kept_has_an_end() {
    let vcpus = json!({"vcpus": 2});
    let all: Vec<_> = (1000..2001).map(|vmid| ("SetVcpus", vmid, vcpus.clone())).collect();
    let changes = asked(&all);
    assert_eq!(changes.asked.len(), MAX_ASKED);
    assert_eq!(changes.asked[0].vmid.get(), 1001, "the one that was asked first is forgotten");
    assert!(serde_json::to_vec(&changes).unwrap().len() < 512 * 1024);
}
