//! The page of the gate, which has next to no command line.

use std::fs;

use super::page::Page;
use crate::pages::root;

const GATE: &str = "\
The optional lock on a node: a forced command for the helper's key, by which the key opens the \
commands of vm-autoscale and nothing else: no shell, no file transfer, no forwarding, no terminal. \
It is in an account's `authorized_keys` on the node, before the key, with the helper's address:";

const GATE_WORKS: &str = "\
in one line. `vm-autoscale-setup-authorize`(8) puts it there, and `vm-autoscale-nodes`(1) says on \
which nodes it is what the key opens.

It reads the command from SSH_ORIGINAL_COMMAND, executes it with an environment of its own and \
without a shell, and refuses all else. The node's log (authpriv) has each line that was refused, \
and each change that was let through. sshd starts it by the account's login shell: what that reads \
at its start runs before the gate does.";

const GATE_LIMITS: &str = "\
A node can allow less than the helper does, by `/etc/vm-autoscale/gate.conf`. That has lines `key value` or `key = value`, each \
optional; a line that begins with # is a comment. Without the file, all changes that are commands \
of vm-autoscale are let through. A file that is not root's, that others can write, that is a \
symbolic link or holds a mistake lets nothing be changed, and what is refused says why, with the \
line; reading goes on.";

/// The keys of `gate.conf`.
const KEYS: [(&str, &str); 11] = [
    ("read_only", "`true`: nothing is changed."),
    (
        "vms",
        "The VMs that may be changed: numbers and ranges, between commas or blanks. All are read.",
    ),
    ("except", "VMs that may not."),
    ("min_vcpus", "Fewest vCPUs."),
    ("max_vcpus", "Most vCPUs."),
    ("min_memory", "Least memory in MiB."),
    ("max_memory", "Most memory in MiB."),
    ("min_cpulimit", "Least CPU time cap in cores."),
    ("max_cpulimit", "Most CPU time cap in cores. With it, taking the cap away is refused, too."),
    ("min_balloon", "Least balloon target in MiB."),
    ("max_balloon", "Most balloon target in MiB."),
];

/// The page.
pub(super) fn gate() -> String {
    let mut page = Page::new(
        "vm-autoscale-gate",
        "8",
        "lets a key run the commands of vm-autoscale and nothing else",
    )
    .section("SYNOPSIS")
    .text("`/usr/libexec/vm-autoscale/gate` [--version]")
    .section("DESCRIPTION")
    .text(GATE)
    .paragraph()
    .example(&[
        "restrict,from=\"192.0.2.10\",",
        "command=\"/usr/libexec/vm-autoscale/gate\" ssh-ed25519 AAAA...",
    ])
    .paragraph()
    .text(GATE_WORKS)
    .section("OPTIONS")
    .item("`--version`", "Say the version.")
    .section("LIMITS OF THE NODE")
    .text(GATE_LIMITS);
    for (key, meaning) in KEYS {
        page = page.item(&format!("`{key}`"), meaning);
    }
    page.section("EXAMPLE")
        .text("`/etc/vm-autoscale/gate.conf`:")
        .paragraph()
        .example(&["vms = 101, 200-299", "except = 250", "max_vcpus = 8", "max_memory = 16384"])
        .section("EXIT STATUS")
        .item("`2`", "Wrong usage.")
        .item("`126`", "The line was refused, or its command could not be executed.")
        .item("`127`", "Its command is not there.")
        .paragraph()
        .text("Else that of the command that it became.")
        .section("FILES")
        .item("`/usr/libexec/vm-autoscale/gate`", "The program: root's, mode 0755.")
        .item("`/etc/vm-autoscale/gate.conf`", "The limits of this node.")
        .section("SEE ALSO")
        .text("`vm-autoscale-helper`(8), `vm-autoscale-setup`(8), `sshd`(8)")
        .finish()
}

/// The gate is no library: its keys are read where it tells them apart.
#[test]
fn every_key_of_the_gate_is_on_its_page() {
    let source = fs::read_to_string(root().join("crates/gate/src/limits/parse.rs")).unwrap();
    let arms =
        source.lines().filter_map(|line| line.trim().strip_prefix('"')?.split_once("\" => "));
    let mut known: Vec<&str> = arms.map(|(key, _)| key).collect();
    let mut said: Vec<&str> = KEYS.iter().map(|(key, _)| *key).collect();
    known.sort_unstable();
    said.sort_unstable();
    assert_eq!(said, known);
}
