//! A line that changes a VM.

use vm_autoscale_lab::Entry;
use vm_autoscale_proxmox::{Digest, NodeCommand, VmId};

#[derive(Debug, Clone)]
pub(super) struct Change<'a> {
    pub(super) entry: &'a Entry,
    pub(super) vmid: VmId,
    pub(super) digest: Digest,
    pub(super) what: What,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    /// This key, to this number: vCPUs, MiB, or hundredths of a core, 0 for no limit.
    Set(&'static str, u32),
    /// These keys.
    Revert(&'static str),
}

impl<'a> Change<'a> {
    pub(super) fn of(entry: &'a Entry) -> Option<Self> {
        if !["SetVcpus", "SetMemory", "SetCpuLimit", "SetBalloon", "Revert"]
            .contains(&entry.kind.as_str())
        {
            return None;
        }
        let (vmid, digest, what) = match NodeCommand::parse(&entry.line).ok()? {
            NodeCommand::SetVcpus { vmid, vcpus, digest } => {
                (vmid, digest, What::Set("vcpus", vcpus.get()))
            }
            NodeCommand::SetCpuLimit { vmid, cpulimit, digest } => {
                (vmid, digest, What::Set("cpulimit", cpulimit.hundredths()))
            }
            NodeCommand::SetMemory { vmid, memory, digest, .. } => {
                (vmid, digest, What::Set("memory", memory.get()))
            }
            NodeCommand::SetBalloon { vmid, balloon, digest } => {
                (vmid, digest, What::Set("balloon", balloon.get()))
            }
            NodeCommand::Revert { vmid, option, digest } => {
                (vmid, digest, What::Revert(option.names()))
            }
            _ => return None,
        };
        Some(Self { entry, vmid, digest, what })
    }

    /// Whether anything came of it: `qm` said so, or the config is another one.
    pub(super) fn did_something(&self) -> bool {
        self.entry.exit == 0 || self.entry.before != self.entry.after
    }
}

/// What of a VM a key is about.
pub(super) fn resource(key: &str) -> &'static str {
    if matches!(key, "vcpus" | "cpulimit") { "CPU" } else { "memory" }
}

/// What can be compared: no limit is more than any.
pub(super) fn amount(key: &str, to: u32) -> u32 {
    if key == "cpulimit" && to == 0 { u32::MAX } else { to }
}
