//! What need not be asked, because this machine knows it: that it is a Proxmox node, and of which
//! cluster; and whether dpkg has our files.

use std::fs::File;
use std::io::Read as _;

use serde::Deserialize;
use vm_autoscale_config::Node;
use vm_autoscale_proxmox::{ClusterName, Members};

use super::answers::Answers;
use crate::program::{program, run};
use crate::root::Root;

const MEMBERS: &str = "/etc/pve/.members";
/// 32 nodes are not 8 KiB.
const MOST: u64 = 1024 * 1024;
const SECONDS: u32 = 60;

/// Fills in what the answers lack. Of a node that says no address nothing is known: it is left out.
pub(crate) fn complete(answers: &mut Answers, root: &Root) {
    let mut text = String::new();
    let read = File::open(root.at(MEMBERS)).map(|file| file.take(MOST).read_to_string(&mut text));
    if !matches!(read, Ok(Ok(_))) {
        return;
    }
    let Some((cluster, nodes)) = members(&text) else { return };
    answers.cluster = answers.cluster.take().or(cluster);
    if answers.nodes.is_empty() {
        answers.nodes = nodes;
    }
}

/// The cluster's name, or the node's own where it is in none; and the nodes.
fn members(text: &str) -> Option<(Option<ClusterName>, Vec<Node>)> {
    #[derive(Deserialize)]
    struct Named {
        cluster: Option<Cluster>,
    }
    #[derive(Deserialize)]
    struct Cluster {
        name: String,
    }
    let members = Members::parse(text).ok()?;
    let named: Named = serde_json::from_str(text).ok()?;
    let name = named.cluster.map_or_else(|| members.answering.to_string(), |it| it.name);
    let nodes = members.nodes.into_iter().filter_map(|(name, member)| {
        let address = member.ip?.parse().ok()?;
        Some(Node { name, address, port: 22 })
    });
    Some((ClusterName::try_from(name).ok(), nodes.collect()))
}

/// Whether our files are those of a package.
pub(crate) fn is_dpkgs(root: &Root) -> bool {
    if !root.at("/var/lib/dpkg/info/vm-autoscale.list").exists() {
        return false;
    }
    let mut query = program("dpkg-query", SECONDS);
    query.arg(format!("--admindir={}", root.at("/var/lib/dpkg").display()));
    query.args(["--show", "--showformat=${db:Status-Status}", "vm-autoscale"]);
    let status = run(query, b"").map(|output| output.stdout).unwrap_or_default();
    // Of one that was removed only the configuration is left.
    !matches!(status.as_slice(), b"" | b"config-files" | b"not-installed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_knows_its_cluster() {
        let text = r#"{"nodename": "pve1", "version": 4,
            "cluster": {"name": "home", "version": 2, "nodes": 2, "quorate": 1},
            "nodelist": {"pve1": {"id": 1, "online": 1, "ip": "192.0.2.11"},
                         "pve2": {"id": 2, "online": 0}}}"#;
        let (name, nodes) = members(text).unwrap();
        assert_eq!(name.unwrap().as_str(), "home");
        assert_eq!(nodes.len(), 1);
        let (name, nodes) = members("{\"nodename\": \"pve1\", \"version\": 0}").unwrap();
        assert_eq!((name.unwrap().as_str(), nodes.len()), ("pve1", 0));
        assert!(members("{").is_none());
    }

    #[test]
    fn what_is_answered_holds_over_what_is_found() {
        let image = tempfile::tempdir().unwrap();
        let root = Root::new(Some(image.path())).unwrap();
        let mut answers = Answers::default();
        complete(&mut answers, &root);
        assert_eq!(answers, Answers::default());
        std::fs::create_dir_all(root.at("/etc/pve")).unwrap();
        let text = "{\"nodename\": \"pve1\", \"cluster\": {\"name\": \"home\"}, \
                    \"nodelist\": {\"pve1\": {\"ip\": \"192.0.2.11\"}}}";
        std::fs::write(root.at(MEMBERS), text).unwrap();
        let mut given =
            Answers { cluster: Some("other".try_into().unwrap()), ..Answers::default() };
        complete(&mut given, &root);
        assert_eq!(given.cluster.unwrap().as_str(), "other");
        assert_eq!(given.nodes[0].address.to_string(), "192.0.2.11");
        complete(&mut answers, &root);
        assert_eq!(answers.cluster.unwrap().as_str(), "home");
    }
}
