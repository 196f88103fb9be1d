//! What an administrator does to set a machine up, by the commands that are there for it.

use vm_autoscale_tests::release;

use super::nodes::NODES;
use super::site::Site;

pub(super) const CONFIG: &str = "/etc/vm-autoscale/config.yaml";
pub(super) const POLICY: &str = "/etc/vm-autoscale/helper.yaml";
pub(super) const SETUP: &str = "vm-autoscale-setup";
/// What an administrator edits: all VMs of the lab are looked after, and nothing waits for minutes.
pub(super) const EDITS: [&str; 5] = [
    "s/^mode: observe/mode: full/",
    "s/^select: \\[\\]/select: [101-102]/",
    "s/^observe_interval: 10/observe_interval: 1/",
    "s/^#check_interval: 300/check_interval: 1/",
    "s/^#scale_cooldown: 300/scale_cooldown: 2/",
];

impl Site {
    /// An unpacked release of this build.
    pub(super) fn put_release(&self, to: &str) {
        let dir = tempfile::tempdir().unwrap();
        // What a directory of its own makes may be read by everybody.
        let release = dir.path().join("release");
        release::lay_out(&release).unwrap();
        self.machine.copy_all(&release, to).unwrap();
    }

    /// Installs that release, or what of it is missing.
    pub(super) fn install_from(&self, release: &str) -> String {
        let nodes = NODES.map(|(name, address)| format!("--node={name}={address}"));
        let vms = ["--vms=101-102", "--max-vcpus=64", "--max-memory=131072"];
        let program = format!("{release}/bin/{SETUP}");
        let words = [&program, "install", "--yes", "--cluster=lab", &nodes[0], &nodes[1]];
        self.ok(&[&words[..], &vms].concat())
    }

    /// Pins the nodes' keys, and lets the helper's key in there.
    pub(super) fn let_in(&self) {
        for (name, address) in NODES {
            let shown = self.fingerprints(name);
            let pins =
                [format!("--fingerprint={}", shown[0]), format!("--fingerprint={}", shown[1])];
            self.ok(&[SETUP, "trust-host", name, address, &pins[0], &pins[1]]);
            let said = self.ok(&[SETUP, "authorize", name, "--ssh", &format!("root@{address}")]);
            assert!(said.contains("`id` does not"), "{said}");
        }
    }

    /// Edits the configuration by expressions of `sed`, of which each finds something.
    pub(super) fn edit(&self, expressions: &[&str]) {
        for expression in expressions {
            let before = self.ok(&["cat", CONFIG]);
            self.ok(&["sed", "--in-place", expression, CONFIG]);
            assert_ne!(self.ok(&["cat", CONFIG]), before, "{expression}");
        }
    }
}
