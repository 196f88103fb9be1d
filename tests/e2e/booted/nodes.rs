//! A machine with nodes in it: each an sshd at port 22, behind which the lab answers.

use std::path::Path;

use vm_autoscale_lab::{Reply, Request};
use vm_autoscale_proxmox::NodeCommand;
use vm_autoscale_tests::programs::directory;

use super::site::Site;
use crate::turn;

/// The nodes' names and addresses.
pub(super) const NODES: [(&str, &str); 2] = [("pve1", "127.0.0.11"), ("pve2", "127.0.0.12")];
/// One file for both, as Proxmox has it.
pub(super) const AUTHORIZED_KEYS: &str = "/srv/nodes/pve/priv/authorized_keys";

impl Site {
    /// A machine with the lab and its nodes, and with nothing that is installed. Root has a key
    /// there that opens the nodes, and has not met them yet.
    pub(super) fn with_nodes(untested: &str) -> Option<Self> {
        let site = Self::boot(untested)?;
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("booted/nodes");
        let copy = |name: &str, to: &str, mode| {
            site.machine.copy(&from.join(name), &format!("{to}/{name}"), mode).unwrap();
        };
        for name in ["make", "node", "shim"] {
            copy(name, "/opt/nodes", "0755");
        }
        copy("sshd_config", "/opt/nodes", "0644");
        for name in ["lab.service", "lab-node@.service"] {
            copy(name, "/etc/systemd/system", "0644");
        }
        let lab = directory().unwrap().join("vm-autoscale-lab");
        site.machine.copy(&lab, "/opt/nodes/vm-autoscale-lab", "0755").unwrap();
        site.ok(&["/opt/nodes/make"]);
        site.ok(&["systemctl", "daemon-reload"]);
        site.start_lab();
        for (name, _) in NODES {
            site.ok(&["systemctl", "enable", "--now", &format!("lab-node@{name}")]);
        }
        Some(site)
    }

    /// The SHA-256 fingerprints of a node's host keys, as its administrator sees them there.
    pub(super) fn fingerprints(&self, node: &str) -> Vec<String> {
        ["ed25519", "ecdsa"].map(|kind| self.fingerprint(node, kind)).to_vec()
    }

    fn fingerprint(&self, node: &str, kind: &str) -> String {
        let key = format!("/srv/nodes/{node}/ssh/ssh_host_{kind}_key.pub");
        let said = self.ok(&["ssh-keygen", "-l", "-E", "sha256", "-f", &key]);
        said.split_whitespace().nth(1).unwrap().to_owned()
    }

    /// The nodes' `authorized_keys`.
    pub(super) fn authorized_keys(&self) -> String {
        self.ok(&["cat", AUTHORIZED_KEYS])
    }
}

#[test]
fn each_node_is_a_machine_of_its_own_to_who_logs_in() {
    let _turn = turn();
    let Some(site) = Site::with_nodes("that the machine's nodes are such") else { return };
    assert_eq!(site.said(&["systemctl", "is-active", "ssh.service"]).1, "inactive");
    site.ok(&["sh", "-c", "ssh-keyscan 127.0.0.11 127.0.0.12 >/root/.ssh/known_hosts"]);
    let met = site.ok(&["ssh-keygen", "-l", "-f", "/root/.ssh/known_hosts"]);
    for (name, address) in NODES {
        assert!(site.fingerprints(name).iter().all(|key| met.contains(key)), "{name}: {met}");
        let ssh = |line: &str| site.ok(&["ssh", "-n", &format!("root@{address}"), line]);
        assert_eq!(ssh("hostname"), name);
        assert_eq!(ssh("cat /root/.ssh/authorized_keys"), site.authorized_keys());
        // What is put on it is not on the machine, nor on the other one.
        assert_eq!(ssh("cd /usr/libexec/vm-autoscale && ls && touch gate"), "");
        // Not every file is there, and grep says so.
        let look = ssh(&format!("{} || [ $? -eq 2 ]", NodeCommand::ReadCluster.line()));
        assert!(look.contains("/etc/pve/.rrd:"), "{look}");
        assert_eq!(ssh("/usr/bin/grep -c ^root: /etc/passwd"), "1");
        let refused = site.said(&["ssh", "-n", &format!("root@{address}"), "/usr/sbin/qm list"]);
        assert!(refused.1.contains("not a command of vm-autoscale"), "{refused:?}");
    }
    assert!(!site.machine.path("/usr/libexec/vm-autoscale").exists());
    let Reply::History(entries) = site.ask_lab(&Request::History(0)) else { panic!("none") };
    let looks = entries.iter().filter(|entry| entry.kind == "ReadCluster");
    let asked: Vec<_> = looks.map(|entry| entry.node.clone().unwrap().to_string()).collect();
    assert_eq!(asked, NODES.map(|(name, _)| name));
    site.machine.stop().unwrap();
}
