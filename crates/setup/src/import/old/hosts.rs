//! The hosts: each is a cluster of one, since the file does not say which belong together.

use std::collections::BTreeMap;
use std::net::IpAddr;

use vm_autoscale_config::Part;
use vm_autoscale_proxmox::{ClusterName, NodeName};

use super::{Names, address};
use crate::import::keys::Verdict;
use crate::import::reader::Reader;
use crate::import::section::Section;

/// One host. What is missing in it was refused.
#[derive(Debug)]
pub(crate) struct Host {
    /// Its name in the old file.
    pub(crate) alias: String,
    pub(crate) cluster: Option<ClusterName>,
    pub(crate) node: Option<NodeName>,
    pub(crate) address: Option<IpAddr>,
    pub(crate) port: u32,
    pub(crate) user: String,
}

pub(super) fn read(reader: &mut Reader, root: &Section<'_>, names: &Names<'_>) -> Vec<Host> {
    if !root.has("proxmox_hosts") {
        let problem = root.problem("proxmox_hosts", "`proxmox_hosts` is missing");
        let help = "is this the old program's file? It was /usr/local/bin/vm_autoscale/config.yaml";
        reader.refuse(problem.rule("a list of hosts").help(help));
    }
    let mut clusters: BTreeMap<String, usize> = BTreeMap::new();
    let mut places: BTreeMap<(IpAddr, u32), usize> = BTreeMap::new();
    let mut hosts = Vec::new();
    for section in &reader.list(root, "proxmox_hosts", 1_000) {
        let Some(host) = one(reader, section, names) else { continue };
        let line = section.get("name").map_or(0, Part::line);
        let key = host.cluster.as_ref().map(|name| name.as_str().to_ascii_lowercase());
        if let Some(first) = key.and_then(|key| clusters.insert(key, line)) {
            let problem = format!("this name is taken by the host on line {first}");
            let rule = "every host has a name of its own, in letters, digits and hyphens";
            reader.refuse(section.problem("name", problem).rule(rule));
        }
        let line = section.get("host").map_or(0, Part::line);
        let place = host.address.map(|address| (address.to_canonical(), host.port));
        if let Some(first) = place.and_then(|place| places.insert(place, line)) {
            let problem = format!("the host on line {first} has this address and port, too");
            let rule = "two hosts are two machines: each VM is changed by one way only";
            let help = "delete one, and name the other as `proxmox_host` of its VMs";
            reader.refuse(section.problem("host", problem).rule(rule).help(help));
        }
        hosts.push(host);
    }
    hosts
}

fn one(reader: &mut Reader, section: &Section<'_>, names: &Names<'_>) -> Option<Host> {
    let alias = needed(reader, section, "name");
    let host = needed(reader, section, "host");
    let port = reader.integer(section, "ssh_port", &(1..=65_535));
    let port = reader.or(section, "ssh_port", port, 22);
    let user = user(reader, section);
    if reader.boolean(section, "auto_discover_nodes") == Some(true) {
        let note = "only this host is in it so far";
        reader.note(section.path_of("auto_discover_nodes"), note);
    }
    let alias = alias?;
    let cluster = cluster(reader, section, &alias);
    let node = node(reader, section, &alias);
    let address = address::read(reader, section, &alias, host.as_deref(), names);
    Some(Host { alias, cluster, node, address, port, user })
}

fn needed(reader: &mut Reader, section: &Section<'_>, key: &str) -> Option<String> {
    let before = reader.problems.len();
    let text = reader.text(section, key);
    if text.is_none() && reader.problems.len() == before {
        let problem = section.problem(key, format!("`{key}` is missing"));
        reader.refuse(problem.rule("every host has it"));
    }
    text
}

fn user(reader: &mut Reader, section: &Section<'_>) -> String {
    let user = reader.text(section, "ssh_user");
    let user = reader.or(section, "ssh_user", user, "root".to_owned());
    if user != "root" {
        let note = "changing VMs with `qm` needs root there";
        reader.note(section.path_of("ssh_user"), note);
    }
    user
}

/// A name of letters, digits and hyphens that is as near as can be.
fn label(text: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let label: String = text.trim().chars().map(plain).take(63).collect();
    label.trim_matches('-').to_owned()
}

fn cluster(reader: &mut Reader, section: &Section<'_>, alias: &str) -> Option<ClusterName> {
    let label = label(alias);
    let mut now = format!("helper.yaml: a cluster of one host, `{label}`");
    if label != alias {
        now.push_str(": only letters, digits and hyphens; the VMs' proxmox_host follows");
    }
    reader.instead(section.path_of("name"), Verdict::Replaced, now);
    let name = ClusterName::try_from(label).ok();
    if name.is_none() {
        let problem = section.problem("name", "this name has no letter or digit");
        reader.refuse(problem.rule("letters, digits and hyphens"));
    }
    name
}

/// Proxmox's own name of the node, which only one of the programs knew.
fn node(reader: &mut Reader, section: &Section<'_>, alias: &str) -> Option<NodeName> {
    if let Some(name) = reader.text(section, "node_name") {
        let node = NodeName::try_from(name).ok();
        if node.is_none() {
            let problem = section.problem("node_name", "this is no name of a node");
            let rule = "letters, digits and hyphens, as `hostname` on the node prints it";
            reader.refuse(problem.rule(rule));
        }
        return node;
    }
    // Proxmox's name is the host name without its domain.
    let is_address = alias.parse::<IpAddr>().is_ok();
    let short = if is_address { alias } else { alias.split('.').next().unwrap_or(alias) };
    let node = [short, alias].iter().find_map(|name| NodeName::try_from(label(name)).ok())?;
    if let Some((_, now)) = reader.notes.get_mut(&section.path_of("name")) {
        let more =
            format!("; nodes[].name `{node}` is a guess: it must be what `hostname` prints there");
        now.push_str(&more);
    }
    Some(node)
}
