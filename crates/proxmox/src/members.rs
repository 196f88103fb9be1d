//! `/etc/pve/.members` and `/etc/pve/.version`: who answered, who else is there, since when.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{Error, NodeName};

/// One reading of `.members`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Members {
    /// The node that answered.
    pub answering: NodeName,
    /// Whether the cluster can write. A node that is in no cluster always can.
    pub quorate: bool,
    /// All nodes that the answering one knows; itself alone outside a cluster.
    pub nodes: BTreeMap<NodeName, Member>,
}

/// A node as the answering one sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Whether corosync sees it.
    pub online: bool,
    /// Its address, where known.
    pub ip: Option<String>,
}

impl Members {
    /// Reads the file.
    ///
    /// # Errors
    /// Not the JSON that pmxcfs writes.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let raw: Raw =
            serde_json::from_str(text).map_err(|e| Error::format(".members", e.to_string()))?;
        let Some(cluster) = raw.cluster else {
            let alone = BTreeMap::from([(raw.nodename.clone(), Member { online: true, ip: None })]);
            return Ok(Self { answering: raw.nodename, quorate: true, nodes: alone });
        };
        let member = |node: RawNode| Member { online: node.online == 1, ip: node.ip };
        let nodes = raw.nodelist.into_iter().map(|(name, node)| (name, member(node))).collect();
        Ok(Self { answering: raw.nodename, quorate: cluster.quorate == 1, nodes })
    }
}

#[derive(Deserialize)]
struct Raw {
    nodename: NodeName,
    cluster: Option<RawCluster>,
    #[serde(default)]
    nodelist: BTreeMap<NodeName, RawNode>,
}

#[derive(Deserialize)]
struct RawCluster {
    #[serde(default)]
    quorate: u8,
}

#[derive(Deserialize)]
struct RawNode {
    #[serde(default)]
    online: u8,
    ip: Option<String>,
}

/// What `.version` says of the pmxcfs that answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct PmxcfsVersion {
    /// When this pmxcfs started, in seconds since 1970 by the node's clock. Config versions
    /// start anew with it.
    pub starttime: u64,
    /// Rises with every write of `user.cfg`, where the pools are (`pmxcfs/status.c`,
    /// `memdb_change_array`). Local to the answering node, like config versions.
    #[serde(default, rename = "user.cfg")]
    pub user_cfg: Option<u64>,
}

impl PmxcfsVersion {
    /// Reads the file.
    ///
    /// # Errors
    /// Not the JSON that pmxcfs writes.
    pub fn parse(text: &str) -> Result<Self, Error> {
        serde_json::from_str(text).map_err(|e| Error::format(".version", e.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_and_a_lone_node() {
        let text = r#"{
"nodename": "pve1",
"version": 4,
"cluster": { "name": "home", "version": 2, "nodes": 2, "quorate": 1 },
"nodelist": {
  "pve1": { "id": 1, "online": 1, "ip": "192.0.2.11"},
  "pve2": { "id": 2, "online": 0}
  }
}
"#;
        let members = Members::parse(text).unwrap();
        assert!(members.quorate);
        let online: Vec<bool> = members.nodes.values().map(|m| m.online).collect();
        assert_eq!(online, [true, false]);
        let broken = Members::parse(&text.replace("\"quorate\": 1", "\"quorate\": 0")).unwrap();
        assert!(!broken.quorate);

        let alone = Members::parse("{\n\"nodename\": \"pve1\",\n\"version\": 0\n}").unwrap();
        assert!(alone.quorate && alone.nodes.len() == 1);
        assert!(Members::parse("{}").is_err());
    }

    #[test]
    fn the_start_of_pmxcfs() {
        let text =
            "{\n\"starttime\": 1795297200,\n\"clinfo\": 4,\n\"vmlist\": 17,\n\"kvstore\": {}\n}";
        let version = PmxcfsVersion::parse(text).unwrap();
        assert_eq!((version.starttime, version.user_cfg), (1_795_297_200, None));
        let with = text.replace("\"kvstore\"", "\"user.cfg\": 3,\n\"kvstore\"");
        assert_eq!(PmxcfsVersion::parse(&with).unwrap().user_cfg, Some(3));
        assert!(PmxcfsVersion::parse("{\"clinfo\": 4}").is_err());
    }
}
