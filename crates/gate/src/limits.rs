//! `/etc/vm-autoscale/gate.conf`: what this node lets be changed, whatever the helper was told. It
//! may only narrow; without it every change that is one of our commands is let through.

use std::fmt::Display;

use vm_autoscale_node::{BalloonMib, CpuLimit, Ladder, MemoryMib, NodeCommand, Vcpus, VmId};

mod parse;

const PATH: &str = "/etc/vm-autoscale/gate.conf";

/// The file's limits, or none.
///
/// # Errors
/// It cannot be believed or understood; then nothing may be changed.
pub(crate) fn read() -> Result<Limits, String> {
    let text = crate::file::read(PATH.as_ref())?.unwrap_or_default();
    parse::limits(&text).map_err(|problem| format!("{PATH}:{problem}"))
}

/// What is not limited is as the helper has it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Limits {
    read_only: bool,
    /// The VMs that may be changed; `None` is all.
    vms: Option<VmSet>,
    except: VmSet,
    vcpus: Bounds<Vcpus>,
    memory: Bounds<MemoryMib>,
    cpulimit: Bounds<CpuLimit>,
    balloon: Bounds<BalloonMib>,
}

/// First and last of each range.
type VmSet = Vec<(VmId, VmId)>;

#[derive(Debug, Clone, PartialEq)]
struct Bounds<T> {
    min: Option<T>,
    max: Option<T>,
}

impl<T> Default for Bounds<T> {
    fn default() -> Self {
        Self { min: None, max: None }
    }
}

impl<T: PartialOrd + Display> Bounds<T> {
    fn check(&self, name: &str, asked: &T) -> Result<(), String> {
        match (&self.min, &self.max) {
            (Some(min), _) if asked < min => {
                Err(format!("{name} {asked} is below `min_{name}` {min} of {PATH}"))
            }
            // No limit of the CPU time is above every limit.
            (_, Some(max)) if asked > max => {
                Err(format!("{name} {asked} is above `max_{name}` {max} of {PATH}"))
            }
            _ => Ok(()),
        }
    }

    /// Whether nothing could be within.
    fn contradict(&self) -> bool {
        matches!((&self.min, &self.max), (Some(min), Some(max)) if min > max)
    }
}

impl Limits {
    /// Whether the node lets this be changed.
    ///
    /// # Errors
    /// Which limit forbids it.
    pub(crate) fn check(&self, change: &NodeCommand) -> Result<(), String> {
        if self.read_only {
            return Err(format!("`read_only` of {PATH}: nothing is changed"));
        }
        let (vmid, within) = match change {
            NodeCommand::SetVcpus { vmid, vcpus, .. } => (vmid, self.vcpus.check("vcpus", vcpus)),
            // The helper asks for no other size, and with another one a VM may not start.
            NodeCommand::SetMemory { memory, .. } if !Ladder::has(*memory) => {
                return Err(format!("memory {memory} is no size that hotplug can reach"));
            }
            NodeCommand::SetMemory { vmid, memory, balloon, .. } => {
                let balloon =
                    balloon.as_ref().map(|balloon| self.balloon.check("balloon", balloon));
                (vmid, self.memory.check("memory", memory).and(balloon.unwrap_or(Ok(()))))
            }
            NodeCommand::SetCpuLimit { vmid, cpulimit, .. } => {
                (vmid, self.cpulimit.check("cpulimit", cpulimit))
            }
            NodeCommand::SetBalloon { vmid, balloon, .. } => {
                (vmid, self.balloon.check("balloon", balloon))
            }
            NodeCommand::Revert { vmid, .. } => (vmid, Ok(())),
            // A change that is new here is not let through for that.
            _ => return Err("a change that this gate does not know".to_owned()),
        };
        self.check_vm(*vmid).and(within)
    }

    fn check_vm(&self, vmid: VmId) -> Result<(), String> {
        let has = |set: &VmSet| set.iter().any(|(first, last)| (first..=last).contains(&&vmid));
        if has(&self.except) {
            return Err(format!("VM {vmid} is in `except` of {PATH}"));
        }
        if self.vms.as_ref().is_some_and(|vms| !has(vms)) {
            return Err(format!("VM {vmid} is not in `vms` of {PATH}"));
        }
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod tests;
