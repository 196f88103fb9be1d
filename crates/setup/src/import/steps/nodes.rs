//! What is to be done on the nodes.

use std::net::IpAddr;
use std::path::Path;

use super::{SHOWN, Step, word};
use crate::import::old::{Host, Old};
use crate::paths;

fn hosts(old: &Old) -> impl Iterator<Item = (&Host, IpAddr)> {
    let hosts = old.hosts.iter().take(SHOWN);
    hosts.filter_map(|host| Some((host, host.address?)))
}

pub(super) fn names() -> Step {
    let title = "Check the nodes' names in helper.yaml: `nodes[].name` is what this prints there";
    (title.to_owned(), vec!["hostname".to_owned()])
}

/// Where install makes no key.
pub(super) fn key(identity: &Path) -> Option<Step> {
    let line = format!("ssh-keygen -t ed25519 -N '' -f {}", word(identity));
    let title = "As root, make the helper's key, unless it is there".to_owned();
    (identity != Path::new(paths::KEY)).then(|| (title, vec![line]))
}

pub(super) fn trust(old: &Old) -> Step {
    let lines = hosts(old).map(|(host, address)| {
        format!("vm-autoscale-setup trust-host {} {}", name(host), place(host, address))
    });
    let title = "Pin the nodes' host keys, each compared with what it says on the node's own \
        console: nothing is trusted on first use";
    (title.to_owned(), lines.collect())
}

pub(super) fn authorize(old: &Old) -> Step {
    let lines = hosts(old).map(|(host, address)| {
        let to = word(Path::new(&format!("{}@{address}", host.user)));
        format!("vm-autoscale-setup authorize {} --ssh {to}", name(host))
    });
    let title = "Let the helper's key in on every node, for the commands of vm-autoscale and nothing \
        else";
    (title.to_owned(), lines.collect())
}

/// As `helper.yaml` calls it.
fn name(host: &Host) -> &str {
    host.node.as_ref().map_or(host.alias.as_str(), |node| node.as_str())
}

fn place(host: &Host, address: IpAddr) -> String {
    match (host.port, address) {
        (22, _) => address.to_string(),
        (port, IpAddr::V4(_)) => format!("{address}:{port}"),
        (port, IpAddr::V6(_)) => format!("[{address}]:{port}"),
    }
}

pub(super) fn clusters(old: &Old) -> Option<Step> {
    let title = "Hosts that are nodes of one Proxmox cluster belong into one entry of `clusters`: \
        move them into its `nodes`, its rules together, and name that entry as `proxmox_host` of \
        the VMs. This command says on a node which they are; the old file does not";
    (old.hosts.len() > 1).then(|| (title.to_owned(), vec!["pvecm nodes".to_owned()]))
}
