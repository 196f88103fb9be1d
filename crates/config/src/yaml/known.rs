//! What is known of keys: those that must be there, and those that live elsewhere.

use serde::de::DeserializeSeed;
use serde::de::value::{SeqDeserializer, StrDeserializer, U32Deserializer};

use super::fault::Fault;

/// A value in the place of one that is missing or bad, so that the rest of its section can be
/// checked. A configuration with one of them in it is never used.
#[derive(Debug, Clone, Copy)]
pub(crate) enum StandIn {
    Text(&'static str),
    Number(u32),
    NoItems,
}

impl StandIn {
    pub(crate) fn give<'de, S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Fault> {
        match self {
            Self::Text(text) => seed.deserialize(StrDeserializer::new(text)),
            Self::Number(number) => seed.deserialize(U32Deserializer::new(number)),
            Self::NoItems => {
                seed.deserialize(SeqDeserializer::<_, Fault>::new(std::iter::empty::<u32>()))
            }
        }
    }
}

/// The keys that a section must have. The types decide; this only lets all that are missing be
/// named at once, and a test holds it against the types' schema.
pub(crate) fn required(section: &str) -> &'static [(&'static str, StandIn)] {
    match section {
        "HelperConfig" => &[("clusters", StandIn::NoItems)],
        "Cluster" => &[("name", StandIn::Text("none")), ("nodes", StandIn::NoItems)],
        "Node" => &[("name", StandIn::Text("none")), ("address", StandIn::Text("192.0.2.1"))],
        "Rule" => &[("vms", StandIn::NoItems)],
        "Class" => &[("name", StandIn::Text("none"))],
        "VirtualMachine" => &[("vm_id", StandIn::Number(100))],
        "Digest" => &[("at", StandIn::Text("daily"))],
        "Schedule" => &[
            ("name", StandIn::Text("none")),
            ("at", StandIn::Text("daily")),
            ("for", StandIn::Text("1m")),
        ],
        _ => &[],
    }
}

/// Keys of the predecessors, and of the other file, that are not where they were: what to do.
pub(crate) fn moved(key: &str, known: &[&str]) -> Option<&'static str> {
    const NODES: &str = "nodes and how to log in are `clusters` of helper.yaml, which is root's: \
                         `vm-autoscale-setup import` makes both files of an old one";
    const LATER: &str = "this version has no such thing: leave it out";
    if known.contains(&"clusters") {
        return match key {
            "proxmox_hosts" => Some("write the nodes as `clusters`"),
            "ssh_known_hosts" => Some("this is `known_hosts`"),
            "mode" | "policy" | "virtual_machines" | "select" | "scaling_limits" => {
                Some("this belongs into config.yaml")
            }
            _ => None,
        };
    }
    if known.contains(&"identity") {
        return match key {
            "ssh_user" => Some("this is `user`"),
            "ssh_key" => Some("this is `identity`"),
            "ssh_password" | "password" => Some(
                "put it into the env file, and its variable's name here as `password_variable`",
            ),
            "ssh_port" | "port" | "host" | "address" => Some("this belongs into `nodes`"),
            _ => None,
        };
    }
    if known.contains(&"address") {
        return match key {
            "host" => Some("this is `address`"),
            "ssh_port" => Some("this is `port`"),
            _ => key.starts_with("ssh_").then_some("how to log in is said of the whole cluster"),
        };
    }
    match key {
        "proxmox_hosts" | "clusters" | "ssh_user" | "ssh_password" | "ssh_key" | "ssh_port" => {
            Some(NODES)
        }
        "ssh_known_hosts" | "known_hosts" => Some("this is `known_hosts` of helper.yaml"),
        "ssh_host_key_policy" => {
            Some("host keys must be in helper.yaml's `known_hosts`; there is no other policy")
        }
        "auto_configure_hotplug" => {
            Some("`vm-autoscale plan` prints what a VM lacks and the command that enables it")
        }
        "billing" => Some(LATER),
        "bind" | "port" => known.contains(&"listen").then_some("this is `listen`: 127.0.0.1:9777"),
        "cpu_high" | "cpu_low" | "ram_high" | "ram_low" => Some("this belongs into `thresholds`"),
        "min_cores" | "max_cores" => Some("this belongs into `scaling_limits`"),
        "min_ram" | "min_ram_mb" => Some("this is `min_ram_mb` of `scaling_limits`"),
        "max_ram" | "max_ram_mb" => Some("this is `max_ram_mb` of `scaling_limits`"),
        "<<" => Some("merge keys are not read: write the keys out"),
        _ => None,
    }
}

/// The known key that was most likely meant.
pub(crate) fn nearest(key: &str, known: &[&'static str]) -> Option<&'static str> {
    const LONGEST: usize = 64;
    if key.len() > LONGEST {
        return None;
    }
    let key = key.to_ascii_lowercase().replace('-', "_");
    let allowed = (key.len() / 3).max(1);
    let with_distance = known
        .iter()
        // Cheaper than the distance, and never more than it.
        .filter(|known| known.len().abs_diff(key.len()) <= allowed)
        .map(|known| (strsim::osa_distance(&key, known), *known));
    // One bound is never meant by the other.
    let bound = |key: &str| ["min_", "max_"].into_iter().find(|end| key.starts_with(end));
    let near = with_distance.filter(|(distance, known)| {
        *distance <= allowed && bound(&key).zip(bound(known)).is_none_or(|(a, b)| a == b)
    });
    near.min_by_key(|(distance, _)| *distance).map(|(_, known)| known)
}
