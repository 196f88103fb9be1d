//! `vm-autoscale-setup` and the nodes: `trust-host`, `authorize`, `rotate-key`, with a real sshd on
//! a node of its own and the real OpenSSH client of an administrator with a key of their own.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use vm_autoscale_tests::programs::{Program, command, directory, pause};

use crate::gate::{Node, bare_node, ended};
use crate::{await_helper, read_cluster, turn};

mod authorize;
mod cluster;
mod rotate;
mod trust;
mod undone;

/// Exit code, answer, and what is said beside it.
type Said = (i32, String, String);

/// A node that nothing was done to, and an administrator who may log in there.
struct Site {
    node: Node,
    agent: Program,
}

/// `more` are settings of sshd. `None` where this machine cannot have such a node; that is told.
fn site(more: &[(&str, &str)]) -> Option<Site> {
    let keys = "/etc/vm-autoscale/admin.pub";
    let files = format!(".ssh/authorized_keys {keys}");
    let usual = [("AuthorizedKeysFile", files.as_str()), ("PermitRootLogin", "prohibit-password")];
    let node = bare_node(&[more, &usual].concat())?;
    let dir = node.stage.path(".");
    let key = node.stage.path("admin");
    let mut made = command("ssh-keygen");
    made.args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&key);
    assert!(made.status().unwrap().success());
    std::fs::copy(node.stage.path("admin.pub"), node.stage.path("etc/admin.pub")).unwrap();
    let socket = dir.join("agent");
    let agent = command("ssh-agent");
    let arguments = ["-D", "-a", socket.to_str().unwrap()];
    let agent = Program::start_as(agent, "agent", &arguments, &dir).unwrap();
    let site = Site { node, agent };
    while !site.with_agent("ssh-add").arg("-q").arg(&key).status().unwrap().success() {
        pause(std::time::Duration::from_millis(50));
    }
    Some(site)
}

impl Site {
    fn path(&self, name: &str) -> PathBuf {
        self.node.stage.path(name)
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// As root would leave it.
    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
        let mode = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(self.path(name), mode).unwrap();
    }

    fn address(&self) -> String {
        format!("127.0.0.1:{}", self.node.port)
    }

    fn with_agent(&self, program: &str) -> Command {
        let mut started = command("timeout");
        started.args(["100", program]).env("SSH_AUTH_SOCK", self.path("agent"));
        started.stdin(Stdio::null());
        started
    }

    fn setup(&self, arguments: &[&str]) -> Command {
        let setup = directory().unwrap().join("vm-autoscale-setup");
        let mut setup = self.with_agent(setup.to_str().unwrap());
        setup.args(arguments).arg("--config").arg(self.path("helper.yaml"));
        setup
    }

    fn trust_host(&self, more: &[&str]) -> Said {
        let address = self.address();
        ended(&self.setup(&[&["trust-host", "pve1", &address], more].concat()).output().unwrap())
    }

    /// `authorize` or `rotate-key`, with the gate of this build.
    fn order(&self, words: &[&str]) -> Said {
        let gate = gate();
        ended(&self.setup(&[words, &["--gate", &gate]].concat()).output().unwrap())
    }

    fn authorize(&self, more: &[&str]) -> Said {
        self.order(&[&["authorize", "pve1"], more].concat())
    }

    /// The administrator's own login.
    fn on_node(&self, line: &str) -> String {
        let mut ssh = self.with_agent("ssh");
        ssh.args(["-F", "none", "-o", "BatchMode=yes", "-p", &self.node.port.to_string(), "-o"]);
        ssh.arg(format!("UserKnownHostsFile={}", self.path("sshd.pin").display()));
        let (exit, out, told) = ended(&ssh.args(["root@127.0.0.1", line]).output().unwrap());
        assert_eq!(exit, 0, "{line}: {told}");
        out
    }

    fn has_gate(&self) -> bool {
        self.on_node("test -e /usr/libexec/vm-autoscale && echo yes || echo no") == "yes\n"
    }

    fn strike(mut self) {
        self.agent.stop().unwrap();
        self.node.stage.strike().unwrap();
    }
}

/// The file of the node's pin, kept for the administrator's own client.
fn keep_pin(site: &Site) {
    site.write("sshd.pin", &site.read("known_hosts"));
}

/// The one of this build.
fn gate() -> String {
    directory().unwrap().join("vm-autoscale-gate").display().to_string()
}
