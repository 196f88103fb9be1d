//! What is to be done on the nodes.

use std::path::Path;

use super::{SHOWN, Step, word};
use crate::import::old::{Host, Old};

fn hosts(old: &Old) -> impl Iterator<Item = (&Host, String)> {
    let hosts = old.hosts.iter().take(SHOWN);
    hosts.filter_map(|host| Some((host, host.address?.to_string())))
}

pub(super) fn names() -> Step {
    let title = "Check the nodes' names in helper.yaml: `nodes[].name` is what this prints there";
    (title.to_owned(), vec!["hostname".to_owned()])
}

pub(super) fn key(old: &Old, identity: &Path) -> Step {
    let identity = word(identity);
    let mut lines = vec![format!("ssh-keygen -t ed25519 -N '' -f {identity}")];
    lines.extend(hosts(old).map(|(host, address)| {
        let to = word(Path::new(&format!("{}@{address}", host.user)));
        format!("ssh-copy-id -i {identity}.pub -p {} {to}", host.port)
    }));
    ("As root, make the helper's key and let it in on every node".to_owned(), lines)
}

pub(super) fn host_keys(old: &Old, known_hosts: &Path) -> Step {
    let file = word(known_hosts);
    let mut lines: Vec<String> = hosts(old)
        .map(|(host, address)| {
            format!("ssh-keyscan -t ed25519 -p {} {address} >> {file}", host.port)
        })
        .collect();
    lines.push(format!("ssh-keygen -lf {file}"));
    let title = "Pin the nodes' host keys. Compare each fingerprint of the last command with what \
        `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` prints on the node's own console: \
        nothing is trusted on first use";
    (title.to_owned(), lines)
}

pub(super) fn clusters(old: &Old) -> Option<Step> {
    let title = "Hosts that are nodes of one Proxmox cluster belong into one entry of `clusters`: \
        move them into its `nodes`, its rules together, and name that entry as `proxmox_host` of \
        the VMs. This command says on a node which they are; the old file does not";
    (old.hosts.len() > 1).then(|| (title.to_owned(), vec!["pvecm nodes".to_owned()]))
}
