use serde_json::json;
use vm_autoscale_node::{ClusterName, Digest, VmConfig};

use super::*;

fn policy() -> Policy {
    serde_json::from_value(json!({
        "file": "helper.yaml",
        "rates": {"per_vm": 4, "per_node": 20, "total": 60},
        "lines": {},
        "clusters": [{
            "name": "home",
            "nodes": ["pve1"],
            "lines": {},
            "rules": [
                {
                    "vms": [[101, 101]], "min_vcpus": 2, "max_vcpus": 8, "min_memory": 2048,
                    "max_memory": 8192, "min_cpulimit": 0.5, "min_balloon": 1024, "lines": {},
                },
                {"vms": [[102, 102]], "lines": {}},
            ],
        }],
    }))
    .unwrap()
}

/// VM 101 and 102 as read: 6 vCPUs, 4096 MiB.
fn ask(name: &str, vmid: u32, extra: &serde_json::Value) -> Result<(), Rule> {
    let policy = policy();
    let seen = Seen::default();
    let digest = Digest::from_bytes([7; 20]);
    for id in [101, 102] {
        let conf = VmConfig::parse("cores: 8\nvcpus: 6\nmemory: 4096\n").unwrap();
        seen.note(
            &ClusterName::try_from("home").unwrap(),
            id.try_into().unwrap(),
            digest.clone(),
            &conf,
        );
    }
    let mut parameters =
        json!({"target": {"cluster": "home", "node": "pve1", "vmid": vmid, "digest": digest}});
    for (key, value) in extra.as_object().unwrap() {
        match parameters["target"].get_mut(key) {
            Some(place) => *place = value.clone(),
            None => parameters[key] = value.clone(),
        }
    }
    let request: Request =
        serde_json::from_value(json!({"name": name, "parameters": parameters})).unwrap();
    match check(&policy, &seen, &request) {
        Ok(_) => Ok(()),
        Err(HelperError::Refused { rule, .. }) => Err(rule),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn every_rule_holds() {
    let cases = [
        ("SetVcpus", 101, json!({"vcpus": 8}), Ok(())),
        ("SetVcpus", 101, json!({"vcpus": 9}), Err(Rule::Bounds)),
        ("SetVcpus", 101, json!({"vcpus": 3}), Ok(())),
        ("SetVcpus", 101, json!({"vcpus": 2}), Err(Rule::Step)),
        ("SetVcpus", 101, json!({"vcpus": 1}), Err(Rule::Bounds)),
        ("SetVcpus", 102, json!({"vcpus": 6}), Err(Rule::Bounds)),
        ("SetVcpus", 103, json!({"vcpus": 6}), Err(Rule::Vms)),
        ("SetVcpus", 101, json!({"vcpus": 6, "cluster": "away"}), Err(Rule::Clusters)),
        ("SetVcpus", 101, json!({"vcpus": 6, "node": "pve2"}), Err(Rule::Nodes)),
        ("SetVcpus", 101, json!({"vcpus": 6, "digest": "0".repeat(40)}), Err(Rule::Digest)),
        ("SetMemory", 101, json!({"memory": 8192}), Ok(())),
        ("SetMemory", 101, json!({"memory": 8704}), Err(Rule::Bounds)),
        ("SetMemory", 101, json!({"memory": 4100}), Err(Rule::Ladder)),
        ("SetMemory", 101, json!({"memory": 3584}), Ok(())),
        ("SetMemory", 101, json!({"memory": 3072}), Err(Rule::Step)),
        ("SetMemory", 101, json!({"memory": 1024}), Err(Rule::Bounds)),
        ("SetMemory", 101, json!({"memory": 4608, "balloon": 5000}), Err(Rule::Bounds)),
        ("SetMemory", 102, json!({"memory": 4608}), Err(Rule::Bounds)),
        ("SetCpuLimit", 101, json!({"cpulimit": 0.5}), Ok(())),
        ("SetCpuLimit", 101, json!({"cpulimit": 0}), Ok(())),
        ("SetCpuLimit", 101, json!({"cpulimit": 0.49}), Err(Rule::Bounds)),
        ("SetCpuLimit", 102, json!({"cpulimit": 4}), Err(Rule::Bounds)),
        ("SetBalloon", 101, json!({"balloon": 1024}), Ok(())),
        ("SetBalloon", 101, json!({"balloon": 4097}), Err(Rule::Bounds)),
        ("SetBalloon", 101, json!({"balloon": 1023}), Err(Rule::Bounds)),
        ("SetBalloon", 102, json!({"balloon": 2048}), Err(Rule::Bounds)),
        ("Revert", 101, json!({"option": "vcpus"}), Ok(())),
        ("Revert", 103, json!({"option": "vcpus"}), Err(Rule::Vms)),
    ];
    for (name, vmid, extra, expected) in cases {
        assert_eq!(ask(name, vmid, &extra), expected, "{name} {vmid} {extra}");
    }
}
