//! What a VM is started with.

use vm_autoscale_proxmox::{Hotplug, Ladder, VmConfig, VmId};

use super::Onlines;
use super::error::Error;
use crate::guest::BASE_MIB;

/// What of a VM's config matters to QEMU, and how its guest behaves.
#[derive(Debug, Clone)]
pub(crate) struct Spec {
    pub(crate) vmid: VmId,
    pub(crate) sockets: u32,
    /// Cores a socket.
    pub(crate) cores: u32,
    /// Plugged at the start.
    pub(crate) vcpus: u32,
    /// At the start, in MiB.
    pub(crate) memory: u32,
    /// What can be plugged.
    pub(crate) hotplug: Hotplug,
    /// Whether each socket is a NUMA node, which Proxmox wants where DIMMs can be plugged.
    pub(crate) numa: bool,
    /// Whether there is a balloon device.
    pub(crate) balloon: bool,
    /// What the guest does with what is plugged.
    pub(crate) onlines: Onlines,
}

impl Spec {
    /// As a VM's config has it.
    pub(crate) fn of(vmid: VmId, config: &VmConfig, onlines: Onlines) -> Result<Self, Error> {
        let vcpus = config.plugged_vcpus();
        let vcpus = vcpus.map_err(|e| Error::Start { vmid, why: e.to_string() })?;
        Ok(Self {
            vmid,
            sockets: config.sockets,
            cores: config.cores,
            vcpus: vcpus.get(),
            memory: config.memory.get(),
            hotplug: config.hotplug,
            numa: config.numa,
            balloon: config.balloon != Some(0),
            onlines,
        })
    }

    /// The DIMMs that it starts with, in MiB each.
    pub(super) fn dimms(&self) -> Result<Vec<u32>, Error> {
        let refused = |why: String| Error::Start { vmid: self.vmid, why };
        if !self.hotplug.memory {
            return Ok(Vec::new());
        }
        if !self.numa {
            return Err(refused("NUMA needs to be enabled for memory hotplug".into()));
        }
        let steps = Ladder::sizes().zip(Ladder::sizes().skip(1));
        let steps: Vec<_> = steps.take_while(|(_, reached)| *reached <= self.memory).collect();
        let reached = steps.last().map_or(BASE_MIB, |(_, reached)| *reached);
        if reached != self.memory {
            let why = "is not one that DIMMs add up to: take the next smaller or larger one";
            return Err(refused(format!("its memory of {} MiB {why}", self.memory)));
        }
        Ok(steps.iter().map(|(before, reached)| reached - before).collect())
    }

    /// NUMA nodes.
    pub(super) fn nodes(&self) -> u32 {
        if self.numa { self.sockets.max(1) } else { 1 }
    }
}
