//! What is said of it.

use std::fmt::Write as _;

use russh::keys::{HashAlg, PublicKey};
use serde_json::{Value, json};

use super::Shown;
use super::decide::{Decision, named};
use super::pins::{File, Pinned};
use crate::args::Format;
use crate::error::Error;
use crate::import::shown;

pub(super) struct Told<'a> {
    pub(super) shown: &'a Shown<'a>,
    pub(super) file: &'a File,
    pub(super) decision: &'a Decision,
}

impl Told<'_> {
    /// The keys, and how they are compared.
    pub(super) fn question(&self) -> String {
        let (node, ip, port) =
            (self.shown.node, self.shown.address.ip(), self.shown.address.port());
        let mut text = format!("{node} ({ip}, port {port}) shows these host keys:\n");
        let (remove, add) = self.changes();
        text += &both(remove, add);
        let _ = writeln!(
            text,
            "Compare them with what the node's own console says (in Proxmox's web interface: the \
             node,\nthen Shell):"
        );
        for key in add {
            let _ = writeln!(text, "  ssh-keygen -lf {}", own_file(key));
        }
        text
    }

    /// Another key is pinned, and nobody said that it is to be replaced.
    pub(super) fn changed(&self) -> Error {
        let (node, path) = (self.shown.node, shown(&self.file.path));
        let (remove, add) = self.changes();
        Error::failed(
            format!(
                "the host key of {node} is not the one that is pinned in {path}\n{}  Either the \
                 node was set up anew, or something else answers on its address.",
                both(remove, add)
            ),
            format!(
                "compare on the node's own console: ssh-keygen -lf {}\n  Only where it shows the \
                 same: {} --replace",
                add.first().map_or_else(String::new, own_file),
                self.command()
            ),
        )
    }

    /// What to type where there is no terminal.
    pub(super) fn unattended(&self) -> String {
        let (remove, add) = self.changes();
        let replace = if remove.is_empty() { "" } else { " --replace" };
        let flags = add.iter().map(|key| format!(" --fingerprint {}", fingerprint(key)));
        format!(
            "once the node's console shows the same fingerprints: {}{replace}{}",
            self.command(),
            flags.collect::<String>()
        )
    }

    pub(super) fn already(&self, format: Format) -> String {
        let Decision::Already(keys) = self.decision else { return String::new() };
        let mut text = format!("{} is pinned already:\n", self.shown.node);
        for key in keys {
            let _ = writeln!(text, "  {}", named(key));
        }
        self.answer(format, text, keys, false)
    }

    pub(super) fn pinned(&self, format: Format) -> String {
        let (remove, add) = self.changes();
        let mut text = format!("Pinned in {}:\n", shown(&self.file.path));
        for key in add {
            let _ = writeln!(text, "  {}", named(key));
        }
        if !remove.is_empty() {
            let _ = writeln!(text, "The other key of {} is no longer trusted.", self.shown.node);
        }
        self.answer(format, text, add, true)
    }

    fn answer(
        &self,
        format: Format,
        mut text: String,
        keys: &[PublicKey],
        changed: bool,
    ) -> String {
        let (name, ip, port) = (self.name(), self.shown.address.ip(), self.shown.address.port());
        let line = format!("- {{name: {name}, address: {ip}, port: {port}}}");
        if let Format::Json = format {
            let keys: Vec<Value> = keys.iter().map(key_json).collect();
            let value = json!({
                "node": self.shown.node, "address": ip, "port": port, "changed": changed, "keys": keys,
                "known_hosts": self.file.path, "in_helper_yaml": self.shown.known,
            });
            return value.to_string() + "\n";
        }
        if !self.shown.known {
            let _ = writeln!(
                text,
                "helper.yaml has no such node yet. Below `nodes:` of its cluster belongs\n  {line}"
            );
        }
        if changed {
            let _ = writeln!(text, "Next: vm-autoscale-setup authorize {}", self.shown.node);
        }
        text
    }

    fn changes(&self) -> (&[Pinned], &[PublicKey]) {
        match self.decision {
            Decision::Pin { remove, add } => (remove, add),
            Decision::Already(_) => (&[], &[]),
        }
    }

    fn command(&self) -> String {
        format!("vm-autoscale-setup trust-host {} {}", self.shown.node, self.shown.address)
    }

    /// Without its cluster.
    fn name(&self) -> &str {
        self.shown.node.rsplit('/').next().unwrap_or(self.shown.node)
    }
}

/// What is pinned above what is shown, so that fingerprints can be compared by their columns.
fn both(remove: &[Pinned], add: &[PublicKey]) -> String {
    let mut text = String::new();
    for pinned in remove {
        let _ = writeln!(text, "  pinned {}  (line {})", named(&pinned.key), pinned.line);
    }
    for key in add {
        let _ = writeln!(text, "  shown  {}", named(key));
    }
    text
}

fn own_file(key: &PublicKey) -> String {
    let kind = if key.algorithm().is_ed25519() { "ed25519" } else { "ecdsa" };
    format!("/etc/ssh/ssh_host_{kind}_key.pub")
}

fn fingerprint(key: &PublicKey) -> String {
    key.fingerprint(HashAlg::Sha256).to_string()
}

fn key_json(key: &PublicKey) -> Value {
    json!({"type": key.algorithm().to_string(), "fingerprint": fingerprint(key)})
}
