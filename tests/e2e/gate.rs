//! The gate behind the real sshd: what it lets through works as without it, and nothing else does.
//!
//! It executes absolute paths that this machine does not have. So sshd is started in a mount
//! namespace of its own, where each of them is a script that asks the lab: the gate is the one
//! that is installed, where it is installed.

use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::Output;
use std::time::Duration;

use nix::unistd::Uid;
use vm_autoscale_lab::{Reply, Request};
use vm_autoscale_proxmox::NodeCommand;
use vm_autoscale_tests::programs::{Program, command, directory};
use vm_autoscale_tests::stage::Stage;

use crate::openssh::{SSHD, start_sshd_as};
use crate::{allowed, await_helper, load, play, skip, truth, turn};

mod limits;
mod nodes;
mod refusals;

const GATE: &str = "restrict,from=\"127.0.0.1\",command=\"/usr/libexec/vm-autoscale/gate\"";
const REFUSED: i32 = 126;
/// What each program of the node does: note what it was given, and ask the lab.
const SHIM: &str = r#"#!/bin/sh
line=$0
for word; do case $word in *' '*) line="$line '$word'" ;; *) line="$line $word" ;; esac; done
read -r _ _ _ _ group _ </proc/$$/stat
leads=no
if [ "$group" = $$ ]; then leads=yes; fi
printf '%s\n' "$line" >>DIR/ran
printf '%s' "umask $(umask) in $(pwd -P) leads $leads stdin $(readlink /proc/$$/fd/0) " >DIR/around
tr '\0' ' ' </proc/$$/environ >>DIR/around
SSH_ORIGINAL_COMMAND=$line exec LAB exec --dir DIR/lab
"#;

/// A node with a real sshd.
pub(crate) struct Node {
    pub(crate) stage: Stage,
    pub(crate) sshd: Program,
    pub(crate) port: u16,
    log: UnixDatagram,
}

/// One whose key has those options. `None` where this machine cannot have one; that is told.
fn node(options: &str, more: &[(&str, &str)]) -> Option<Node> {
    node_with(&[], options, more)
}

/// The same where root has a home of its own, the stage's `home`, /etc/pve is the stage's `pve`, and
/// nothing of ours is there yet.
pub(crate) fn bare_node(more: &[(&str, &str)]) -> Option<Node> {
    node_with(&["home", "pve"], "", more)
}

fn node_with(directories: &[&str], options: &str, more: &[(&str, &str)]) -> Option<Node> {
    if !Uid::effective().is_root() || !Path::new(SSHD).exists() {
        skip("not root, or no /usr/sbin/sshd: the gate was not tested behind the real one");
        return None;
    }
    let stage = Stage::set(&play(2, "mode: full\n")).unwrap();
    let dir = stage.path("");
    for name in ["etc", "over"].iter().chain(directories) {
        std::fs::create_dir(stage.path(name)).unwrap();
    }
    let log = UnixDatagram::bind(stage.path("log")).unwrap();
    log.set_nonblocking(true).unwrap();
    let programs = directory().unwrap();
    let dir = dir.to_str().unwrap().trim_end_matches('/');
    let shim = SHIM.replace("DIR", dir);
    let shim = shim.replace("LAB", programs.join("vm-autoscale-lab").to_str().unwrap());
    std::fs::write(stage.path("shim"), shim).unwrap();
    let mut start = command("unshare");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/e2e/gate/node.sh");
    start.args(["--mount", "--propagation", "private", "sh", script, dir]);
    start.arg(programs.join("vm-autoscale-gate")).arg(stage.path("shim"));
    let more = [&[("Subsystem", "sftp internal-sftp")], more].concat();
    let (sshd, port) = start_sshd_as(&stage, start, options, &more);
    let node = Node { stage, sshd, port, log };
    node.await_sshd();
    Some(node)
}

impl Node {
    fn await_sshd(&self) {
        let begun = std::time::Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(begun.elapsed().as_secs() < 20, "{}", self.sshd.said());
            vm_autoscale_tests::programs::pause(Duration::from_millis(20));
        }
    }

    /// The real client with the helper's own key, as a thief has it.
    fn client(&self, program: &str, arguments: &[&str]) -> Output {
        let mut client = command("timeout");
        client.args(["60", program, "-F", "none", "-o", "BatchMode=yes", "-o"]);
        client.arg(format!("UserKnownHostsFile={}", self.stage.path("known_hosts").display()));
        client.args(["-o", "StrictHostKeyChecking=yes", "-o", "IdentitiesOnly=yes", "-o"]);
        client.arg(format!("IdentityFile={}", self.stage.path("lab").join("id_ed25519").display()));
        client.args(["-o", &format!("Port={}", self.port)]);
        client.args(arguments).stdin(std::process::Stdio::null()).output().unwrap()
    }

    /// Has it execute a line.
    pub(crate) fn ssh(&self, line: &str) -> (i32, String, String) {
        ended(&self.client("ssh", &["root@127.0.0.1", line]))
    }

    /// A file of the stage, empty where it is not there.
    fn noted(&self, name: &str) -> String {
        std::fs::read_to_string(self.stage.path(name)).unwrap_or_default()
    }

    /// What came to the node's log.
    fn logged(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let mut bytes = [0; 4096];
        while let Ok(length) = self.log.recv(&mut bytes) {
            lines.push(String::from_utf8(bytes[..length].to_vec()).unwrap());
        }
        lines
    }
}

pub(crate) fn ended(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_busy_vm_grows_through_the_gate_as_without_it() {
    let _turn = turn();
    let Some(mut node) = node(GATE, &[("AcceptEnv", "LC_* EVIL")]) else { return };
    node.stage.start_helper().unwrap();
    node.stage.start_scheduler().unwrap();
    let before = truth(&node.stage, 101);
    load(&node.stage, 101, 64.0, 2000.0);
    let time = Duration::from_secs(60);
    let grown = node.stage.until(time, |status| status.counts.verified >= 2).unwrap();
    assert!(truth(&node.stage, 101).qemu_vcpus > before.qemu_vcpus);
    assert_eq!(grown.counts.failed, 0, "{:?}", grown.recent);
    let ran = node.noted("ran");
    for kind in ["/usr/bin/grep -a", "/usr/bin/tail -n", "/usr/sbin/qm guest", "/usr/sbin/qm set"] {
        assert!(ran.lines().any(|line| line.starts_with(kind)), "{kind}: {ran}");
    }
    assert!(ran.lines().all(|line| NodeCommand::parse(line).is_ok()), "{ran}");
    let logged = node.logged();
    let changes = ran.lines().filter(|line| line.starts_with("/usr/sbin/qm set")).count();
    assert_eq!(logged.len(), changes, "{logged:?}");
    assert!(
        logged.iter().all(|line| line.contains("]: 127.0.0.1: runs /usr/sbin/qm set ")),
        "{logged:?}"
    );
    node.stage.strike_checked(allowed()).unwrap();
}

#[test]
fn what_runs_finds_nothing_of_the_client() {
    let _turn = turn();
    let Some(node) = node(GATE, &[("AcceptEnv", "LC_* EVIL PERL5LIB")]) else { return };
    let sent = ["SetEnv=LC_ALL=de_DE.UTF-8 EVIL=1 PERL5LIB=/tmp", "SetEnv=LC_PVE_TICKET=x"];
    let line = NodeCommand::ReadPools.line();
    let output = node.client("ssh", &["-o", sent[0], "-o", sent[1], "root@127.0.0.1", &line]);
    assert_eq!(ended(&output).0, 0, "{output:?}");
    assert_eq!(
        node.noted("around"),
        "umask 0022 in / leads yes stdin /dev/null \
         LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin "
    );
    let literal = "/usr/bin/pvesh create /nodes/pve1/qemu/101/monitor --command 'info balloon'";
    assert_eq!(node.ssh(literal).0, 0);
    assert_eq!(node.noted("ran"), format!("{line}\n{literal}\n"));
    assert_eq!(node.logged(), [""; 0], "a reading is not told");
    node.stage.strike().unwrap();
}

#[test]
fn who_has_the_key_elsewhere_is_not_let_in() {
    let _turn = turn();
    let elsewhere = GATE.replace("127.0.0.1", "192.0.2.1");
    let Some(mut node) = node(&elsewhere, &[]) else { return };
    let (exit, out, told) = node.ssh(&NodeCommand::ReadPools.line());
    assert!(exit == 255 && out.is_empty() && told.contains("Permission denied"), "{exit} {told}");
    node.stage.start_helper().unwrap();
    await_helper(&node.stage);
    assert!(crate::read_cluster(&node.stage).is_err());
    assert_eq!(node.noted("ran"), "");
    node.stage.strike().unwrap();
}
