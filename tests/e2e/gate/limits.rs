//! `gate.conf`: what the node itself allows.

use std::os::unix::fs::{PermissionsExt as _, symlink};

use super::*;

/// Asks for a change of VM 101 by its config of now.
fn change(node: &Node, options: &str) -> (i32, String, String) {
    let digest = truth(&node.stage, 101).digest;
    node.ssh(&format!("/usr/sbin/qm set 101 {options} --digest {digest}"))
}

fn changes(node: &Node) -> usize {
    node.noted("ran").lines().filter(|line| line.starts_with("/usr/sbin/qm")).count()
}

/// Refused with those words, and nothing of it came to qm.
fn refused(node: &Node, options: &str, why: &str) {
    let before = (changes(node), truth(&node.stage, 101).digest);
    let (exit, out, told) = change(node, options);
    assert_eq!((exit, out.as_str()), (REFUSED, ""), "{options}: {told}");
    assert!(told.starts_with("vm-autoscale-gate: ") && told.contains(why), "{options}: {told}");
    assert_eq!(told.lines().count(), 1, "{told}");
    assert_eq!((changes(node), truth(&node.stage, 101).digest), before, "{options}");
}

fn done(node: &Node, options: &str) {
    let (exit, _, told) = change(node, options);
    assert_eq!(exit, 0, "{options}: {told}");
}

#[test]
fn what_the_node_does_not_allow_is_refused_and_all_else_done() {
    let _turn = turn();
    let Some(node) = node(GATE, &[]) else { return };
    let conf = node.stage.path("etc").join("gate.conf");
    let write = |text: &str| std::fs::write(&conf, text).unwrap();
    done(&node, "--cpulimit 9");
    write("# This node.\nvms = 101, 200-299\nexcept 250\nmax_cpulimit 8\nmin_cpulimit 0.5\n");
    done(&node, "--cpulimit 8");
    refused(&node, "--cpulimit 8.5", "`max_cpulimit` 8 of /etc/vm-autoscale/gate.conf");
    refused(&node, "--cpulimit 0", "`max_cpulimit`");
    refused(&node, "--cpulimit 0.25", "`min_cpulimit`");
    done(&node, "--memory 4096");
    write("max_memory 4096\nmax_vcpus 1");
    refused(&node, "--memory 8192", "`max_memory`");
    refused(&node, "--vcpus 2", "`max_vcpus`");
    done(&node, "--cpulimit 9");
    write("vms 102");
    refused(&node, "--cpulimit 8", "VM 101 is not in `vms`");
    write("except 100-101");
    refused(&node, "--cpulimit 8", "VM 101 is in `except`");
    write("read_only true");
    refused(&node, "--cpulimit 8", "`read_only`");
    assert_eq!(node.ssh(&NodeCommand::ReadPools.line()).0, 0, "it is read");
    std::fs::remove_file(&conf).unwrap();
    done(&node, "--cpulimit 8");
    node.stage.strike().unwrap();
}

/// One that cannot be believed or understood allows nothing, and what is read goes on.
#[test]
fn a_wrong_gate_conf_stops_changes_and_no_reading() {
    let _turn = turn();
    let Some(node) = node(GATE, &[]) else { return };
    let conf = node.stage.path("etc").join("gate.conf");
    let good = "max_vcpus 64\n";
    let read = || {
        let (exit, out, told) = node.ssh(&NodeCommand::ReadPools.line());
        assert!(exit == 0 && out.contains("pool:") && told.is_empty(), "{exit} {told}");
    };
    for (text, why) in [
        ("max_vcpus 64\nmax_vcpu 8\n", "gate.conf:2: `max_vcpu` is no key of this file"),
        ("max_vcpus 0", "gate.conf:1: max_vcpus: vcpus 0 is outside"),
        ("\u{0}", "gate.conf:1: a key without a value"),
    ] {
        std::fs::write(&conf, text).unwrap();
        refused(&node, "--cpulimit 8", why);
        read();
    }
    std::fs::write(&conf, good).unwrap();
    done(&node, "--cpulimit 8");
    std::fs::set_permissions(&conf, std::fs::Permissions::from_mode(0o664)).unwrap();
    refused(&node, "--cpulimit 9", "is writable by others (mode 664)");
    std::fs::set_permissions(&conf, std::fs::Permissions::from_mode(0o644)).unwrap();
    std::os::unix::fs::chown(&conf, Some(65534), None).unwrap();
    refused(&node, "--cpulimit 9", "belongs to uid 65534, not to uid 0");
    read();
    std::fs::rename(&conf, node.stage.path("etc").join("other")).unwrap();
    symlink("/etc/vm-autoscale/other", &conf).unwrap();
    refused(&node, "--cpulimit 9", "is a symbolic link");
    std::fs::remove_file(&conf).unwrap();
    std::fs::create_dir(&conf).unwrap();
    refused(&node, "--cpulimit 9", "is not a regular file");
    read();
    node.stage.strike().unwrap();
}
