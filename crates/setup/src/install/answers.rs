//! What only the administrator knows: by flags, by a file, or by questions.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use serde::Deserialize;
use validator::Validate;
use vm_autoscale_config::{Checked, Node, VmSet};
use vm_autoscale_guard::{MAX_FILE, read_regular_bytes};
use vm_autoscale_proxmox::{ClusterName, MemoryMib, NodeName, Vcpus};

use super::Install;
use crate::error::Error;

/// As the file has them. Whatever is missing is found, asked for, or left for later.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Validate)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Answers {
    /// What the scheduler will call the cluster.
    pub(crate) cluster: Option<ClusterName>,
    /// The login on the nodes; root where nothing is said.
    pub(crate) user: Option<String>,
    pub(crate) nodes: Vec<Node>,
    /// Which VMs may be changed. Without them none may.
    pub(crate) vms: VmSet,
    /// vCPUs that each of them may have at most. Without it their number is not changed.
    pub(crate) max_vcpus: Option<Vcpus>,
    /// MiB that each of them may have at most. Without it the memory is not changed.
    pub(crate) max_memory: Option<MemoryMib>,
    /// Whether the units start at boot; they do where nothing is said.
    pub(crate) start_at_boot: Option<bool>,
    /// Whether the rules for auditd are put to their place.
    pub(crate) audit: Option<bool>,
}

impl Answers {
    /// Those of the file, under those of the flags.
    ///
    /// # Errors
    /// The file cannot be read, or something in it is no answer: each with its place.
    pub(crate) fn of(args: &Install) -> Result<Self, Error> {
        let mut answers = args.answers.as_deref().map_or_else(|| Ok(Self::default()), read)?;
        answers.cluster = args.cluster.clone().or(answers.cluster);
        if !args.node.is_empty() {
            answers.nodes.clone_from(&args.node);
        }
        if let Some(vms) = &args.vms {
            answers.vms.clone_from(vms);
        }
        answers.max_vcpus = args.max_vcpus.or(answers.max_vcpus);
        answers.max_memory = args.max_memory.or(answers.max_memory);
        if args.no_start_at_boot {
            answers.start_at_boot = Some(false);
        }
        if args.audit {
            answers.audit = Some(true);
        }
        answers.judge()?;
        Ok(answers)
    }

    /// Whether helper.yaml can be made of them.
    pub(crate) fn name_nodes(&self) -> bool {
        self.cluster.is_some() && !self.nodes.is_empty()
    }

    /// What would be without effect.
    fn judge(&self) -> Result<(), Error> {
        let names: BTreeSet<&NodeName> = self.nodes.iter().map(|node| &node.name).collect();
        let limits = self.max_vcpus.is_some() || self.max_memory.is_some();
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        let is_login = |user: &String| !user.is_empty() && user.chars().all(plain);
        let wrong = match self {
            _ if !self.user.as_ref().is_none_or(is_login) => {
                "`user` is no login: letters, digits, dots, hyphens and underscores"
            }
            _ if names.len() < self.nodes.len() => "a node is named twice",
            _ if limits && self.vms.is_empty() => {
                "limits without VMs: name the VMs, too (--vms 101,200-299)"
            }
            _ if !self.vms.is_empty() && !limits => {
                "VMs without limits: say how far they may grow, with --max-vcpus or --max-memory"
            }
            _ => return Ok(()),
        };
        Err(Error::Usage(wrong.to_owned()))
    }
}

fn read(path: &Path) -> Result<Answers, Error> {
    let bytes = read_regular_bytes(path, MAX_FILE).map_err(vm_autoscale_config::Error::from)?;
    let answers = Checked::<Answers>::new(path, &bytes).finish();
    answers.map_err(|report| vm_autoscale_config::Error::from(report).into())
}

/// `NAME=IP` or `NAME=IP:PORT`.
pub(crate) fn node(text: &str) -> Result<Node, String> {
    let (name, address) = text.split_once('=').ok_or("write NAME=IP, or NAME=IP:PORT")?;
    let name = NodeName::try_from(name).map_err(|error| error.to_string())?;
    if let Ok(address) = address.parse::<IpAddr>() {
        return Ok(Node { name, address, port: 22 });
    }
    let socket: SocketAddr = address.parse().map_err(
        |_| "what stands behind the = is no IP address (of version 6 with a port: [::1]:22)",
    )?;
    Ok(Node { name, address: socket.ip(), port: socket.port() })
}

/// Numbers and ranges with commas between them.
pub(crate) fn vms(text: &str) -> Result<VmSet, String> {
    let items: Vec<&str> = text.split(',').map(str::trim).collect();
    serde_json::from_value(serde_json::json!(items)).map_err(|error| error.to_string())
}

pub(crate) fn vcpus(text: &str) -> Result<Vcpus, String> {
    let number: u32 = text.parse().map_err(|_| "write a whole number")?;
    Vcpus::try_from(number).map_err(|error| error.to_string())
}

pub(crate) fn memory(text: &str) -> Result<MemoryMib, String> {
    let number: u32 = text.parse().map_err(|_| "write a whole number of MiB")?;
    MemoryMib::try_from(number).map_err(|error| error.to_string())
}
