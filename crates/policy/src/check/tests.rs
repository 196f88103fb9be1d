use serde_json::{Value, json};
use vm_autoscale_node::{Digest, VmConfig};

use super::*;
use crate::Changes;

fn policy() -> Value {
    json!({
        "file": "helper.yaml",
        "read_only": false,
        "rates": {"per_vm": 4, "per_node": 20, "total": 60},
        "lines": {"read_only": 2},
        "clusters": [{
            "name": "home",
            "nodes": ["pve1"],
            "read_only": false,
            "lines": {"": 4, "nodes": 5, "rules": 8, "read_only": 6},
            "rules": [
                {
                    "vms": [[101, 105]], "except": [[103, 104]], "lines": {"": 9, "max_vcpus": 11,
                        "min_vcpus": 10, "max_vcpus_step": 12, "max_memory": 13, "min_cpulimit": 14,
                        "max_cpulimit": 15, "max_memory_step": 16, "min_memory": 17,
                        "min_balloon": 18, "max_balloon": 19},
                    "min_vcpus": 2, "max_vcpus": 12, "max_vcpus_step": 4, "min_memory": 2048,
                    "max_memory": 8192, "max_memory_step": 2048, "min_cpulimit": 0.5,
                    "max_cpulimit": 4, "min_balloon": 1024, "max_balloon": 3072,
                },
                {"vms": [[104, 104]], "except": [], "lines": {"": 20}, "max_vcpus": 64,
                    "max_memory": 65536, "min_cpulimit": 1, "min_balloon": 512},
                {"vms": [[106, 106]], "except": [], "lines": {"": 21, "vms": 22}},
                {"vms": [[107, 107]], "except": [], "lines": {"": 23}, "max_vcpus": 64,
                    "max_vcpus_step": 2},
            ],
        }],
    })
}

type Came = Result<(), (Rule, String)>;

const CONF: &str = "cores: 64\nvcpus: 6\nmemory: 4096\n";

/// VMs 101 to 107 as read: 6 vCPUs, 4096 MiB.
fn ask(policy: Value, name: &str, vmid: u32, extra: &Value) -> Came {
    ask_of(CONF, policy, name, vmid, extra)
}

/// The same of VMs of that config.
fn ask_of(conf: &str, policy: Value, name: &str, vmid: u32, extra: &Value) -> Came {
    let policy: Policy = serde_json::from_value(policy).unwrap();
    let known = Known::new(&policy, Changes::default(), Duration::ZERO);
    let digest = Digest::from_bytes([7; 20]);
    let home = "home".try_into().unwrap();
    for id in 101u32..=107 {
        let config = Some((digest.clone(), VmConfig::parse(conf).unwrap()));
        let of = (&home, id.try_into().unwrap());
        known.read(of, crate::Mark::default(), Duration::ZERO, config);
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
    match check(&policy, &known, Duration::ZERO, &request) {
        Ok(_) => Ok(()),
        Err(HelperError::Refused { rule, message }) => Err((rule, message)),
        Err(other) => panic!("{other}"),
    }
}

/// A change, the VM, its values, and why it is refused.
type Case = (&'static str, u32, Value, Option<(Rule, &'static str)>);

fn table(policy: &Value, cases: &[Case]) {
    for (name, vmid, extra, refused) in cases {
        let came = ask(policy.clone(), name, *vmid, extra);
        let came = came.as_ref().err().map(|(rule, message)| (*rule, message.as_str()));
        assert_eq!(came, *refused, "{name} {vmid} {extra}");
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn every_rule_of_vcpus_and_of_who_may_be_changed_holds() {
    let vcpus = |vcpus: u32| json!({ "vcpus": vcpus });
    let to = |key: &str, value: Value| json!({"vcpus": 6, key: value});
    let outside = |rule, message| Some((rule, message));
    table(
        &policy(),
        &[
            ("SetVcpus", 101, vcpus(10), None),
            (
                "SetVcpus",
                101,
                vcpus(13),
                outside(Rule::Bounds, "helper.yaml:11: vcpus 13 is outside 2 to 12 (`max_vcpus`)"),
            ),
            (
                "SetVcpus",
                101,
                vcpus(1),
                outside(Rule::Bounds, "helper.yaml:10: vcpus 1 is outside 2 to 12 (`min_vcpus`)"),
            ),
            (
                "SetVcpus",
                101,
                vcpus(11),
                outside(
                    Rule::Step,
                    "helper.yaml:12: vcpus 6 -> 11: at most 4 at once (`max_vcpus_step`)",
                ),
            ),
            ("SetVcpus", 101, vcpus(3), None),
            (
                "SetVcpus",
                101,
                vcpus(2),
                outside(Rule::Step, "vcpus 6 -> 2: at most 3 less at once"),
            ),
            // Another rule holds for what the first excepts, and none for what all leave out.
            ("SetVcpus", 104, vcpus(64), None),
            (
                "SetVcpus",
                104,
                vcpus(2),
                outside(Rule::Step, "vcpus 6 -> 2: at most 3 less at once"),
            ),
            ("SetVcpus", 107, vcpus(4), None),
            (
                "SetVcpus",
                107,
                vcpus(3),
                outside(
                    Rule::Step,
                    "helper.yaml:23: vcpus 6 -> 3: at most 2 at once (`max_vcpus_step`)",
                ),
            ),
            (
                "SetVcpus",
                103,
                vcpus(6),
                outside(Rule::Vms, "helper.yaml:8: no rule of cluster `home` names VM 103"),
            ),
            (
                "SetVcpus",
                108,
                vcpus(6),
                outside(Rule::Vms, "helper.yaml:8: no rule of cluster `home` names VM 108"),
            ),
            (
                "SetVcpus",
                106,
                vcpus(6),
                outside(
                    Rule::Bounds,
                    "helper.yaml:22: vcpus is not changed: the rule has no `max_vcpus`",
                ),
            ),
            (
                "SetVcpus",
                101,
                to("cluster", json!("away")),
                outside(Rule::Clusters, "helper.yaml: there is no cluster `away`"),
            ),
            (
                "SetVcpus",
                101,
                to("node", json!("pve2")),
                outside(Rule::Nodes, "helper.yaml:5: there is no node `pve2` in cluster `home`"),
            ),
            (
                "SetVcpus",
                101,
                to("digest", json!("0".repeat(40))),
                outside(
                    Rule::Digest,
                    "VM 101: not the config that the helper read last; read it again",
                ),
            ),
            (
                "Revert",
                101,
                json!({"option": "vcpus"}),
                outside(Rule::Revert, "VM 101: nothing of `vcpus` waits in [PENDING]"),
            ),
            (
                "Revert",
                103,
                json!({"option": "vcpus"}),
                outside(Rule::Vms, "helper.yaml:8: no rule of cluster `home` names VM 103"),
            ),
        ],
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn every_rule_of_the_other_sizes_holds() {
    let memory = |memory: u32| json!({ "memory": memory });
    let cap = |cpulimit: f64| json!({ "cpulimit": cpulimit });
    let balloon = |balloon: u32| json!({ "balloon": balloon });
    let of = |rule, message| Some((rule, message));
    let bounds = |message| Some((Rule::Bounds, message));
    table(
        &policy(),
        &[
            ("SetMemory", 101, memory(6144), None),
            (
                "SetMemory",
                101,
                memory(6656),
                of(
                    Rule::Step,
                    "helper.yaml:16: memory 4096 -> 6656 MiB: at most 2048 more at once (`max_memory_step`)",
                ),
            ),
            (
                "SetMemory",
                101,
                memory(8704),
                bounds("helper.yaml:13: memory 8704 is outside 2048 to 8192 (`max_memory`)"),
            ),
            (
                "SetMemory",
                101,
                memory(1024),
                bounds("helper.yaml:17: memory 1024 is outside 2048 to 8192 (`min_memory`)"),
            ),
            (
                "SetMemory",
                101,
                memory(4100),
                of(Rule::Ladder, "memory 4100 MiB is no size that hotplug can reach"),
            ),
            ("SetMemory", 101, memory(3584), None),
            (
                "SetMemory",
                101,
                memory(3072),
                of(Rule::Step, "memory 4096 -> 3072 MiB: at most one DIMM less at once"),
            ),
            (
                "SetMemory",
                101,
                json!({"memory": 4608, "balloon": 3073}),
                bounds("helper.yaml:19: balloon 3073 is above 3072 (`max_balloon`)"),
            ),
            (
                "SetMemory",
                104,
                json!({"memory": 4608, "balloon": 5000}),
                bounds("helper.yaml:20: balloon 5000 is above the memory 4608 (`min_balloon`)"),
            ),
            ("SetMemory", 104, memory(65536 - 1024), None),
            (
                "SetMemory",
                106,
                memory(4608),
                bounds("helper.yaml:22: memory is not changed: the rule has no `max_memory`"),
            ),
            ("SetCpuLimit", 101, cap(0.5), None),
            ("SetCpuLimit", 101, cap(4.0), None),
            (
                "SetCpuLimit",
                101,
                cap(4.01),
                bounds("helper.yaml:15: cpulimit 4.01 is above 4 (`max_cpulimit`)"),
            ),
            (
                "SetCpuLimit",
                101,
                cap(0.0),
                bounds(
                    "helper.yaml:15: cpulimit 0 is no cap at all, and 4 is the highest (`max_cpulimit`)",
                ),
            ),
            (
                "SetCpuLimit",
                101,
                cap(0.49),
                bounds("helper.yaml:14: cpulimit 0.49 is below 0.5 (`min_cpulimit`)"),
            ),
            ("SetCpuLimit", 104, cap(0.0), None),
            (
                "SetCpuLimit",
                106,
                cap(4.0),
                bounds("helper.yaml:22: cpulimit is not changed: the rule has no `min_cpulimit`"),
            ),
            ("SetBalloon", 101, balloon(1024), None),
            (
                "SetBalloon",
                101,
                balloon(3073),
                bounds("helper.yaml:19: balloon 3073 is above 3072 (`max_balloon`)"),
            ),
            (
                "SetBalloon",
                101,
                balloon(1023),
                bounds("helper.yaml:18: balloon 1023 is below 1024 (`min_balloon`)"),
            ),
            (
                "SetBalloon",
                104,
                balloon(4097),
                bounds("helper.yaml:20: balloon 4097 is above the memory 4096 (`min_balloon`)"),
            ),
            (
                "SetBalloon",
                106,
                balloon(2048),
                bounds("helper.yaml:22: balloon is not changed: the rule has no `min_balloon`"),
            ),
        ],
    );
}

/// Before anything else is asked of the change, and reads go on.
#[test]
fn read_only_lets_nothing_through() {
    for (place, line) in [("/read_only", 2), ("/clusters/0/read_only", 6)] {
        let mut policy = policy();
        *policy.pointer_mut(place).unwrap() = json!(true);
        let message = format!("helper.yaml:{line}: nothing is changed because of `read_only`");
        for (name, extra) in [
            ("SetVcpus", json!({"vcpus": 6})),
            ("SetVcpus", json!({"vcpus": 100})),
            ("SetMemory", json!({"memory": 4096})),
            ("SetCpuLimit", json!({"cpulimit": 1})),
            ("SetBalloon", json!({"balloon": 1024})),
            ("Revert", json!({"option": "vcpus"})),
        ] {
            let refused = Err((Rule::ReadOnly, message.clone()));
            assert_eq!(ask(policy.clone(), name, 101, &extra), refused);
            assert_eq!(ask(policy.clone(), name, 999, &extra), refused);
        }
        let read = json!({"name": "ReadCluster", "parameters": {"cluster": "home"}});
        let read: Request = serde_json::from_value(read).unwrap();
        let policy: Policy = serde_json::from_value(policy).unwrap();
        let known = Known::new(&policy, Changes::default(), Duration::ZERO);
        assert!(check(&policy, &known, Duration::ZERO, &read).is_ok());
    }
}

/// With more vCPUs than cores, or with memory that is none of its DIMMs, a VM does not start.
#[test]
fn no_vm_is_given_what_it_does_not_start_with() {
    let of = |conf: &str, name: &str, extra: Value| ask_of(conf, policy(), name, 101, &extra);
    let small = CONF.replace("64", "8");
    assert_eq!(of(&small, "SetVcpus", json!({"vcpus": 8})), Ok(()));
    let (rule, why) = of(&small, "SetVcpus", json!({"vcpus": 9})).unwrap_err();
    assert_eq!(rule, Rule::Bounds);
    assert_eq!(why, "vcpus 9: the VM has 8 cores, and starts with no more");
    let huge = format!("{CONF}hugepages: 1024\n");
    let (rule, _) = of(&huge, "SetMemory", json!({"memory": 5120})).unwrap_err();
    assert_eq!((rule, of(&huge, "SetVcpus", json!({"vcpus": 7}))), (Rule::Ladder, Ok(())));
}

/// A change overwrites what waits for the same option, and on a VM that stopped brings all else
/// about.
#[test]
fn where_something_of_others_waits_nothing_is_changed() {
    for pending in ["memory: 16384\n", "vcpus: 8\n", "cores: 2\n", "delete: net1\n"] {
        let conf = format!("{CONF}[PENDING]\n{pending}");
        for (name, extra) in [
            ("SetVcpus", json!({"vcpus": 7})),
            ("SetMemory", json!({"memory": 4096})),
            ("SetCpuLimit", json!({"cpulimit": 1})),
            ("SetBalloon", json!({"balloon": 2048})),
        ] {
            let came = ask_of(&conf, policy(), name, 101, &extra);
            assert_eq!(came.unwrap_err().0, Rule::Pending, "{name} {pending}");
        }
    }
}
