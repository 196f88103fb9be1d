//! What a checker may know that no node tells.

use serde::{Deserialize, Serialize};
use vm_autoscale_proxmox::{CpuLimit, Digest, NodeName, VmId};

use crate::guest::Qemu;
use crate::vm::Vm;

/// A VM as it really is, beyond what its config says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VmInfo {
    /// The VM.
    pub vmid: VmId,
    /// In whose directory its config is.
    pub node: NodeName,
    /// What its load is called.
    pub kind: String,
    /// The raw .conf file.
    pub conf: String,
    /// Its digest.
    pub digest: Digest,
    /// vCPUs that QEMU has; `None` where it does not run.
    pub qemu_vcpus: Option<u32>,
    /// MiB that QEMU has; `None` where it does not run.
    pub qemu_memory: Option<u32>,
    /// vCPUs that the guest uses.
    pub online_vcpus: u32,
    /// MiB that the guest's programs can use.
    pub usable_memory: u32,
    /// Whether the guest panicked.
    pub dead: bool,
    /// The most memory that its load was made for, in MiB.
    pub memory_total: u32,
    /// Cores that its load wants now.
    pub wanted_cpu: f64,
    /// MiB that its programs want now.
    pub wanted_memory: f64,
}

/// What a running VM's guest uses, as pvestatd's last round found it, whatever it told of that.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Usage {
    /// The VM.
    pub vmid: VmId,
    /// Cores.
    pub cores: f64,
    /// MiB, page cache included, as its balloon driver counts it.
    pub memory: f64,
    /// MiB that its programs want.
    pub programs: f64,
}

impl Usage {
    /// Nothing where no QEMU runs; a dead guest uses nothing.
    pub(crate) fn of(vm: &Vm, t: f64) -> Option<Self> {
        let qemu = vm.qemu.as_ref()?;
        if vm.guest.dead {
            return Some(Self { vmid: vm.vmid, cores: 0.0, memory: 0.0, programs: 0.0 });
        }
        let limit = match qemu.cpulimit {
            CpuLimit::Unlimited => f64::INFINITY,
            limit @ CpuLimit::Hundredths(_) => f64::from(limit),
        };
        let demand = vm.demand(t);
        Some(Self {
            vmid: vm.vmid,
            cores: vm.sample.wanted.min(limit),
            memory: vm.memory_use(qemu, demand).0,
            programs: demand.mem,
        })
    }
}

impl VmInfo {
    /// `qemu` is its process, where one can answer.
    pub(crate) fn of(vm: &Vm, qemu: Option<&Qemu>, t: f64) -> Self {
        let demand = vm.demand(t);
        Self {
            vmid: vm.vmid,
            node: vm.node.clone(),
            kind: vm.kind.clone(),
            conf: vm.conf.raw().to_owned(),
            digest: vm.conf.digest(),
            qemu_vcpus: qemu.map(Qemu::cpus),
            qemu_memory: qemu.map(Qemu::memory),
            online_vcpus: if qemu.is_some() { vm.guest.cpus() } else { 0 },
            usable_memory: if qemu.is_some() { vm.usable_memory() } else { 0 },
            dead: vm.guest.dead,
            memory_total: vm.memory_total,
            wanted_cpu: demand.cpu,
            wanted_memory: demand.mem,
        }
    }
}
