use vm_autoscale_config::{Answer, VmFacts};
use vm_autoscale_planner::VmPolicy;
use vm_autoscale_proxmox::{Tags, VmConfig};

use super::*;
use crate::view::tests::care;
use crate::view::vm_policy;

/// A VM that nothing is wrong with: half of its cores and its memory are plugged.
const WELL: &str = "agent: 1\ncores: 4\nhotplug: disk,network,usb,memory,cpu\nmemory: 2048\nnuma: 1\n\
    ostype: l26\nvcpus: 2\n";

/// The findings of a VM with that config, and what the file says of it.
fn found(file: &str, conf: &str, learnt: Learnt) -> Vec<Finding> {
    let config = VmConfig::parse(conf).unwrap();
    let policy = policy(file);
    let node: NodeName = "pve1".try_into().unwrap();
    let nodes = [("pve1", 16), ("pve2", 8)];
    let nodes = nodes.map(|(name, cpus)| Node { name: name.try_into().unwrap(), cpus });
    let patient = Patient {
        vmid: 101.try_into().unwrap(),
        config: Some(&config),
        policy: &policy,
        node: &node,
        node_online: true,
        running: Some(true),
        ha_move: None,
        nodes: &nodes,
        learnt,
    };
    examine(&patient)
}

/// What such a file says of the VM.
fn policy(file: &str) -> VmPolicy {
    let care = care(&format!("select: [101]\n{file}\n"));
    let described = Some((None, &Tags::none()));
    let facts = VmFacts {
        vmid: 101.try_into().unwrap(),
        cluster: None,
        node: None,
        described,
        pool: Some(None),
    };
    let Answer::Yes(managed) = care.roster.answer(&facts) else { panic!("not selected") };
    vm_policy(&managed.settings)
}

/// Code and command of each, with `*` before those that take a power cycle.
fn told(found: &[Finding]) -> Vec<String> {
    let told = |finding: &Finding| {
        let command = qm_set(101.try_into().unwrap(), finding).unwrap_or_default();
        let options = command.strip_prefix("qm set 101 --").unwrap_or_default();
        let cycle = if finding.power_cycle { "*" } else { "" };
        format!("{cycle}{} {:?} {options}", finding.code, finding.level)
    };
    found.iter().map(|finding| told(finding).trim_end().to_owned()).collect()
}

/// The same config with some lines replaced: `key: value`, or `key` alone, which takes it out.
fn conf(changes: &[&str]) -> String {
    let mut lines: Vec<String> = WELL.lines().map(str::to_owned).collect();
    for change in changes {
        let (key, value) = change.split_once(": ").unwrap_or((change, ""));
        lines.retain(|line| !line.starts_with(&format!("{key}: ")));
        lines.extend((!value.is_empty()).then(|| format!("{key}: {value}")));
    }
    lines.join("\n")
}

#[test]
fn nothing_is_found_where_nothing_is_wrong() {
    assert_eq!(told(&found("", WELL, Learnt::default())), [""; 0]);
}

/// Each line as a patient with one change of its config, and all that is found then.
#[test]
fn each_change_is_found_with_what_undoes_it() {
    for (file, changes, expected) in [
        ("", &["hotplug: network,memory"][..], &["*D101 Fail hotplug network,cpu,memory"][..]),
        ("cpu_scaling: false", &["hotplug: network,memory", "agent"], &[]),
        ("cpu_lever: cpulimit", &["hotplug: network,memory"], &[]),
        ("", &["cores: 32"], &["*D110 Fail cores 8 --vcpus 2"]),
        ("", &["cores: 12"], &["*D110 Warn cores 8 --vcpus 2"]),
        (
            "",
            &["cores: 1", "sockets: 9", "vcpus: 2"],
            &["*D110 Warn sockets 1 --cores 8 --vcpus 2"],
        ),
        ("", &["cores: 2"], &["*D120 Warn cores 8 --vcpus 2"]),
        ("", &["cores: 2", "vcpus"], &["*D120 Warn cores 8 --vcpus 2"]),
        ("", &["cores: 1", "sockets: 3", "vcpus: 3"], &["*D120 Warn cores 2 --vcpus 3"]),
        ("", &["cores: 8", "vcpus: 8"], &[]),
        ("scaling_limits: {max_cores: 12}", &["cores: 8", "vcpus: 8"], &["D120 Warn"]),
        ("", &["ostype: win11"], &["D130 Note"]),
        ("cpu_lever: vcpus", &["ostype: win11"], &["D130 Warn"]),
        ("", &["ostype: other"], &["D130 Note"]),
        ("", &["numa"], &["*D201 Fail numa 1"]),
        ("memory_lever: none", &["numa", "hotplug: cpu", "memory: 700"], &[]),
        ("", &["hotplug: disk,cpu"], &["*D202 Fail hotplug disk,cpu,memory"]),
        (
            "",
            &["hotplug", "numa: 0", "memory: 6000", "numa0: cpus=0"],
            &[
                "*D101 Fail hotplug disk,network,usb,cpu",
                "*D201 Fail numa 1",
                "*D202 Fail hotplug disk,network,usb,cpu,memory --numa 1 --memory 6144 --delete numa0",
                "*D203 Fail delete numa0",
                "*D206 Warn memory 6144",
            ],
        ),
        ("", &["virtiofs0: x", "hotplug: cpu", "numa"], &["D204 Fail"]),
        ("", &["memory: 1000"], &["*D205 Fail memory 1024"]),
        ("", &["memory: 65536"], &["*D206 Fail memory 66560"]),
        ("", &["hugepages: 1024"], &["*D207 Fail delete hugepages"]),
        ("", &["hostpci0: 01:00"], &["D208 Warn"]),
        ("", &["balloon: 0"], &["*D210 Warn delete balloon"]),
        ("memory_lever: balloon", &["balloon: 0", "shares: 0"], &["*D210 Fail delete balloon"]),
        ("memory_lever: balloon", &["numa", "hotplug: cpu"], &["D211 Fail shares 0"]),
        ("", &["balloon: 1024"], &["D212 Fail delete balloon"]),
        ("", &["balloon: 4096"], &["D213 Fail delete balloon"]),
        ("memory_lever: balloon", &["balloon: 4096", "shares: 0"], &["D213 Fail balloon 2048"]),
        ("", &["lock: backup"], &["D303 Warn"]),
        ("", &["template: 1", "hotplug"], &["D304 Warn"]),
        ("", &["agent"], &["*D401 Warn agent 1"]),
    ] {
        let found = found(file, &conf(changes), Learnt::default());
        assert_eq!(told(&found), expected, "{file} {changes:?}");
    }
    let waits = format!("{WELL}[PENDING]\nnet1: x\n");
    assert_eq!(told(&found("", &waits, Learnt::default())), ["*D301 Warn"]);
    let ours = Learnt { is_our_duty: true, ..Learnt::default() };
    assert_eq!(told(&found("", &waits, ours)), [""; 0]);
}

#[test]
fn what_was_learnt_is_told() {
    let none = Learnt::default();
    for (learnt, expected) in [
        (Learnt { vcpus_kept: 2, ..none }, "*D131 Warn"),
        (Learnt { unused_vcpus: true, ..none }, "*D132 Fail"),
        (Learnt { driver: Some(false), ..none }, "D214 Warn"),
        (Learnt { dimms_kept: 1, ..none }, "*D230 Warn"),
        (Learnt { unused_memory: true, guest_memory: Some(900), ..none }, "*D231 Fail"),
        (Learnt { differs: [Some((4, 3)), None], ..none }, "D302 Fail vcpus 3"),
        (Learnt { differs: [Some((3, 4)), None], ..none }, "*D302 Fail"),
        (Learnt { differs: [None, Some((2048, 1536))], ..none }, "*D302 Fail"),
        (Learnt { agent: Some(false), ..none }, "D402 Warn"),
    ] {
        assert_eq!(told(&found("", WELL, learnt)), [expected], "{learnt:?}");
    }
    let well = Learnt { agent: Some(true), driver: Some(true), ..none };
    assert_eq!(told(&found("", WELL, well)), [""; 0]);
}
