//! `helper.yaml`: what the helper may do, for whom, and how it gets there.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use validator::Validate;
use vm_autoscale_proxmox::{BalloonMib, ClusterName, CpuLimit, MemoryMib, NodeName, Vcpus, VmId};

#[cfg(test)]
use crate::schema;
use crate::{Access, Checked, Error, VmSet, leaf, rules};
use vm_autoscale_guard::read_checked_bytes;

/// The whole file. Without it the helper does not start; there is no default policy.
#[derive(Debug, Clone, PartialEq, Deserialize, Validate)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(deny_unknown_fields)]
#[validate(schema(function = "rules::helper", skip_on_field_errors = false))]
pub struct HelperConfig {
    /// The user that the scheduler runs as, by name or number: nobody else is heard.
    #[serde(default = "default_user")]
    pub scheduler_user: UserRef,
    /// The socket, where systemd does not pass one.
    #[serde(default = "default_socket")]
    pub socket: PathBuf,
    /// The pinned host keys, in OpenSSH's form. The only ones that are ever looked at.
    #[serde(default = "default_known_hosts")]
    pub known_hosts: PathBuf,
    /// Where the helper keeps what must outlive a restart of it: its last changes, by which their
    /// rates are counted. Where it cannot write there, it changes nothing.
    #[serde(default = "default_runtime_directory")]
    pub runtime_directory: PathBuf,
    /// Whether nothing is changed at all; looks go on.
    #[serde(default)]
    pub read_only: bool,
    /// How many changes there may be.
    #[serde(default)]
    pub rates: Rates,
    /// The clusters; a host that is in none is a cluster of one.
    #[serde(deserialize_with = "leaf::each")]
    #[validate(nested)]
    pub clusters: Vec<Cluster>,
}

/// A user by number or name.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(untagged, expecting = "this is no user\na user's name or number")]
pub enum UserRef {
    /// The number.
    Uid(u32),
    /// The name.
    Name(String),
}

/// Changes a minute that the helper lets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(deny_unknown_fields, default)]
pub struct Rates {
    /// Of one VM.
    pub per_vm: std::num::NonZeroU32,
    /// On one node.
    pub per_node: std::num::NonZeroU32,
    /// In all.
    pub total: std::num::NonZeroU32,
}

/// One cluster and the way into it.
#[derive(Debug, Clone, PartialEq, Deserialize, Validate)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(deny_unknown_fields)]
#[validate(schema(function = "rules::cluster", skip_on_field_errors = false))]
pub struct Cluster {
    /// The name that the scheduler knows it by.
    #[cfg_attr(test, schemars(with = "schema::Label"))]
    pub name: ClusterName,
    /// The login user on the nodes.
    #[serde(default = "default_login")]
    pub user: String,
    /// The private key (ed25519 or ECDSA, OpenSSH form, without a passphrase).
    pub identity: Option<PathBuf>,
    /// The variable of the helper's env file that holds the password: the lesser way.
    pub password_variable: Option<String>,
    /// Whether nothing is changed in it; looks go on.
    #[serde(default)]
    pub read_only: bool,
    /// The most memory in MiB that all VMs which rules name may have together, running or not. A VM
    /// grows only while the sum is known and has room. Without it there is no such limit.
    pub max_total_memory: Option<std::num::NonZeroU32>,
    /// Its nodes.
    #[serde(deserialize_with = "leaf::each")]
    pub nodes: Vec<Node>,
    /// Which VMs may be changed, and how far. The first rule that names a VM holds; a VM that
    /// none names is never changed.
    #[serde(default, deserialize_with = "leaf::each")]
    #[validate(nested)]
    pub rules: Vec<Rule>,
}

/// One node.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(deny_unknown_fields)]
pub struct Node {
    /// Proxmox's name of it.
    #[cfg_attr(test, schemars(with = "schema::Label"))]
    pub name: NodeName,
    /// An IP address: the helper resolves no names.
    #[serde(deserialize_with = "leaf::address")]
    pub address: IpAddr,
    /// The port of its SSH server.
    #[serde(default = "default_port")]
    pub port: u16,
}

/// What may be done to some VMs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[validate(schema(function = "rules::rule", skip_on_field_errors = false))]
pub struct Rule {
    /// The VMs: numbers and ranges.
    pub vms: VmSet,
    /// Those of them that the rule does not name after all; a later one may.
    #[serde(default)]
    pub except: VmSet,
    /// Fewest vCPUs; 1 where nothing is said.
    #[cfg_attr(test, schemars(with = "Option<schema::Vcpus>"))]
    pub min_vcpus: Option<Vcpus>,
    /// Most vCPUs. Without it the number of vCPUs is not changed.
    #[cfg_attr(test, schemars(with = "Option<schema::Vcpus>"))]
    pub max_vcpus: Option<Vcpus>,
    /// Most vCPUs that come or go at once. Without it any number comes; at most 3 go in any case.
    #[cfg_attr(test, schemars(with = "Option<schema::Vcpus>"))]
    pub max_vcpus_step: Option<Vcpus>,
    /// Least memory in MiB; 1024 where nothing is said.
    #[cfg_attr(test, schemars(with = "Option<schema::MemoryMib>"))]
    pub min_memory: Option<MemoryMib>,
    /// Most memory in MiB. Without it the memory is not changed.
    #[cfg_attr(test, schemars(with = "Option<schema::MemoryMib>"))]
    pub max_memory: Option<MemoryMib>,
    /// Most memory in MiB that comes at once. Without it any amount comes; one DIMM goes at once in
    /// any case.
    #[cfg_attr(test, schemars(with = "Option<schema::MemoryMib>"))]
    pub max_memory_step: Option<MemoryMib>,
    /// Least CPU time cap in cores. Without it `cpulimit` is not changed.
    #[cfg_attr(test, schemars(with = "Option<schema::CpuLimit>"))]
    pub min_cpulimit: Option<CpuLimit>,
    /// Most CPU time cap in cores. With it the cap is never removed.
    #[cfg_attr(test, schemars(with = "Option<schema::CpuLimit>"))]
    pub max_cpulimit: Option<CpuLimit>,
    /// Least balloon target in MiB. Without it `balloon` is not changed.
    #[cfg_attr(test, schemars(with = "Option<schema::BalloonMib>"))]
    pub min_balloon: Option<BalloonMib>,
    /// Most balloon target in MiB; never more than the VM's memory.
    #[cfg_attr(test, schemars(with = "Option<schema::BalloonMib>"))]
    pub max_balloon: Option<BalloonMib>,
}

impl HelperConfig {
    /// Reads and checks the file. It must belong to the uid that the program runs as and be
    /// writable by nobody else.
    ///
    /// # Errors
    /// Everything that is wrong, each with its place.
    pub fn read(path: &Path) -> Result<Self, Error> {
        Ok(Self::check(path)?.finish()?)
    }

    /// Reads the file as far as that can be done.
    ///
    /// # Errors
    /// The file cannot be read, or others may write it.
    pub fn check(path: &Path) -> Result<Checked<Self>, Error> {
        Ok(Checked::new(path, &read_checked_bytes(path, Access::NotWritable)?))
    }

    /// The cluster of that name.
    #[must_use]
    pub fn cluster(&self, name: &ClusterName) -> Option<&Cluster> {
        self.clusters.iter().find(|cluster| cluster.name == *name)
    }
}

impl Cluster {
    /// The node of that name.
    #[must_use]
    pub fn node(&self, name: &NodeName) -> Option<&Node> {
        self.nodes.iter().find(|node| node.name == *name)
    }

    /// The rule that holds for a VM.
    #[must_use]
    pub fn rule(&self, vmid: VmId) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.vms.contains(vmid) && !rule.except.contains(vmid))
    }
}

impl Default for Rates {
    fn default() -> Self {
        let some = |n| std::num::NonZeroU32::new(n).unwrap_or(std::num::NonZeroU32::MIN);
        Self { per_vm: some(4), per_node: some(20), total: some(60) }
    }
}

fn default_user() -> UserRef {
    UserRef::Name("vm-autoscale".to_owned())
}

fn default_socket() -> PathBuf {
    "/run/vm-autoscale/helper.sock".into()
}

fn default_known_hosts() -> PathBuf {
    "/etc/vm-autoscale/known_hosts".into()
}

fn default_runtime_directory() -> PathBuf {
    "/run/vm-autoscale-helper".into()
}

fn default_login() -> String {
    "root".to_owned()
}

const fn default_port() -> u16 {
    22
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "clusters:\n- name: home\n  identity: /etc/vm-autoscale/id_ed25519\n  nodes:\n  - {name: pve1, address: 192.0.2.11}\n  rules:\n  - {vms: [100-199], max_vcpus: 8}\n";

    fn parse(text: &str) -> Result<HelperConfig, String> {
        Checked::new(Path::new("helper.yaml"), text.as_bytes()).finish().map_err(|e| e.to_string())
    }

    #[test]
    fn a_small_file_is_enough() {
        let config = parse(GOOD).unwrap();
        let cluster = config.cluster(&"home".try_into().unwrap()).unwrap();
        assert_eq!((cluster.user.as_str(), cluster.nodes[0].port), ("root", 22));
        assert!(cluster.rule(150u32.try_into().unwrap()).is_some());
        assert!(cluster.rule(250u32.try_into().unwrap()).is_none());
        assert!(
            parse(&GOOD.replace("identity: /etc/vm-autoscale/id_ed25519", "password_variable: P"))
                .is_ok()
        );
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        for (from, to, said) in [
            ("192.0.2.11", "pve1.lan", "helper.yaml:5:"),
            ("max_vcpus", "max_vcpu", "helper.yaml:7:"),
            ("max_vcpus: 8", "max_vcpus: 0", "helper.yaml:7:"),
            (
                "identity: /etc/vm-autoscale/id_ed25519",
                "user: root",
                "neither `identity` nor `password_variable` is there",
            ),
            (
                "max_vcpus: 8",
                "max_vcpus: 2, min_vcpus: 4",
                "helper.yaml:7:47: `min_vcpus` 4 exceeds `max_vcpus` 2",
            ),
            ("[100-199]", "[]", "helper.yaml:7:11: `vms` names no VM"),
            ("name: pve1", "name: 'pve1;id'", "is not a node name"),
        ] {
            let message = parse(&GOOD.replace(from, to)).unwrap_err();
            assert!(message.contains(said), "{message}");
        }
    }
}
