use serde_json::{Value, json};
use vm_autoscale_node::VmConfig;

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
    each.fold(Changes::default(), |changes, request| changes.with(now, &request).unwrap())
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

#[test]
fn what_is_kept_has_an_end() {
    let now = Duration::from_secs(1);
    let mut changes = Changes::default();
    for vmid in 0..1001 {
        let vcpus = json!({"vcpus": 2});
        changes = changes.with(now, &request("SetVcpus", 1000 + vmid, &vcpus)).unwrap();
    }
    assert_eq!(changes.asked.len(), MAX_ASKED);
    assert_eq!(changes.asked[0].vmid.get(), 1001, "the one that was asked first is forgotten");
    assert_eq!(changes.sent(now).count(), 1001);
    assert_eq!(changes.sent(now + Sent::COUNTS).count(), 0);
    let one = request("SetVcpus", 100, &json!({"vcpus": 2}));
    assert_eq!(changes.with(now + Sent::COUNTS, &one).unwrap().sent.len(), 1);
    changes.sent = std::iter::repeat_n(changes.sent[0].clone(), MAX_SENT).collect();
    assert!(changes.with(now, &one).is_none());
    // The largest file is one that is read.
    changes.sent.iter_mut().for_each(|sent| {
        let longest = "x".repeat(63);
        sent.cluster = longest.as_str().try_into().unwrap();
        sent.node = longest.as_str().try_into().unwrap();
        sent.at_ms = u64::from(u32::MAX) * 1000;
    });
    assert!(serde_json::to_vec(&changes).unwrap().len() < 4 * 1024 * 1024);
}

#[test]
fn what_is_yet_to_come_is_noticed() {
    let changes = asked(&[("SetVcpus", 101, json!({"vcpus": 3}))]);
    assert!(changes.is_ahead(Duration::from_millis(999)));
    assert!(!changes.is_ahead(Duration::from_secs(1)));
}
