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
    /// This key, to this number.
    Set(&'static str, u32),
    /// Something that this program does not do yet.
    Other,
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
            NodeCommand::SetMemory { vmid, memory, digest, .. } => {
                (vmid, digest, What::Set("memory", memory.get()))
            }
            NodeCommand::SetCpuLimit { vmid, digest, .. }
            | NodeCommand::SetBalloon { vmid, digest, .. } => (vmid, digest, What::Other),
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
