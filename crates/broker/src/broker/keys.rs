//! For each key of `helper.yaml` a test that changing it changes what is let through, or how a
//! node is reached.
//!
//! The list is the schema's: a new key fails here until it has such a test.

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::UnixStream;
use vm_autoscale_config::{Checked, HelperConfig};
use vm_autoscale_node::{Digest, VmConfig};
use vm_autoscale_policy::Mark;

use super::*;

#[path = "../../../../tests/support/schema_paths.rs"]
mod schema_paths;
mod table;
use schema_paths::{Elsewhere, gaps, schema_paths, set};
use table::{Ask, KEYS};

/// What needs a node: tested against the lab.
const ELSEWHERE: &[Elsewhere] = &[
    at_the_lab("clusters[].identity"),
    at_the_lab("clusters[].nodes[].address"),
    at_the_lab("clusters[].nodes[].port"),
    at_the_lab("clusters[].password_variable"),
    at_the_lab("clusters[].user"),
    at_the_lab("known_hosts"),
    at_the_lab("scheduler_user"),
    at_the_lab("socket"),
];

const fn at_the_lab(path: &'static str) -> Elsewhere {
    (path, "tests/e2e/helper_keys.rs", "each_key_of_the_way_to_a_node_changes_what_comes_of_it")
}

#[test]
fn every_key_has_a_test() {
    let tested = KEYS.iter().map(|row| row.path.replace("[0]", "[]"));
    assert_eq!(gaps(&schema_paths("helper.schema.json"), tested, ELSEWHERE), [""; 0]);
}

#[tokio::test]
async fn each_key_of_the_rules_changes_what_is_let_through() {
    let local = tokio::task::LocalSet::new();
    let each = async {
        for row in &KEYS {
            for (value, comes) in row.values.iter().zip(row.comes) {
                let place = Place::new();
                let broker = place.broker(row.path, value);
                let mut last = String::new();
                for ask in row.asked {
                    last = answer(&broker, ask).await;
                }
                assert_eq!(last, comes, "{}: {value}", row.path);
            }
        }
    };
    local.run_until(each).await;
}

/// What a broker reads at its start.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        let key = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ssh/tests/keys/ed25519");
        for (name, text) in
            [("id", std::fs::read_to_string(key).unwrap()), ("known_hosts", String::new())]
        {
            let path = place.0.path().join(name);
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        }
        place
    }

    /// As `vm-autoscale-helper` makes them.
    fn orders(&self, file: &str) -> Orders {
        let checked = Checked::<HelperConfig>::new(Path::new("helper.yaml"), file.as_bytes());
        let policy = checked.policy(checked.config().unwrap());
        let config = checked.finish().unwrap();
        let key = std::fs::read_to_string(self.0.path().join("id")).unwrap();
        let way = |cluster: &vm_autoscale_config::Cluster| Way {
            cluster: cluster.name.clone(),
            user: cluster.user.clone(),
            proof: Proof::Key(key.clone().into()),
            nodes: (cluster.nodes.iter())
                .map(|node| (node.name.clone(), SocketAddr::new(node.address, node.port)))
                .collect(),
        };
        Orders {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            policy,
            scheduler: User { uid: 0, gid: None },
            ways: config.clusters.iter().map(way).collect(),
            socket: config.socket,
            known_hosts: config.known_hosts,
            runtime_directory: config.runtime_directory,
        }
    }

    /// One that has read the configs of VMs 101 to 103: 6 vCPUs, 4096 MiB. Nobody listens at its
    /// nodes' ports.
    fn broker(&self, path: &str, value: &str) -> Broker {
        let node = |name| json!({"name": name, "address": "127.0.0.1", "port": 1});
        let mut file = json!({
            "known_hosts": self.0.path().join("known_hosts"),
            "runtime_directory": self.0.path().join("run"),
            "rates": {"per_vm": 100, "per_node": 100, "total": 100},
            "clusters": [{
                "name": "home",
                "identity": self.0.path().join("id"),
                "nodes": [node("pve1"), node("pve2"), node("pve3")],
                "rules": [{
                    "vms": ["101-103"],
                    "max_vcpus": 8,
                    "max_memory": 8192,
                    "min_cpulimit": 0.5,
                    "min_balloon": 1024,
                }],
            }],
        });
        set(&mut file, path, &value.replace("PLACE", &self.0.path().display().to_string()));
        let file = file.to_string();
        let broker = Broker::new(self.orders(&file)).unwrap();
        for vmid in 101u32..=103 {
            let conf = VmConfig::parse("cores: 8\nvcpus: 6\nmemory: 4096\n").unwrap();
            let home = ClusterName::try_from("home").unwrap();
            let of = (&home, vmid.try_into().unwrap());
            broker.known.read(of, Mark::default(), boot_time(), Some((digest(), conf)));
        }
        broker
    }
}

fn digest() -> Digest {
    Digest::from_bytes([7; 20])
}

/// What comes of a change: why it is refused, or that it goes to the node.
async fn answer(broker: &Broker, (name, vmid, node, key, value): &Ask) -> String {
    let target = json!({"cluster": "home", "node": node, "vmid": vmid, "digest": digest()});
    let value: Value = serde_json::from_str(value).unwrap();
    let call = json!({"name": name, "parameters": {"target": target, *key: value}});
    let request: Request = serde_json::from_value(call).unwrap();
    let (ours, _theirs) = UnixStream::pair().unwrap();
    let mut out = Replies::new(ours.into_split().1);
    match broker.answer(&request, &mut out).await {
        Err(HelperError::Refused { message, .. }) => message,
        Err(HelperError::Unreachable { node: to, .. }) => format!("goes to {to}"),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("nobody listens there"),
    }
}
