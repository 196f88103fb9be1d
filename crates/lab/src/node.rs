//! The one node: its guests and what pmxcfs knows. More nodes would share the guests' map and
//! have each its own pmxcfs counters and pvestatd.

use std::collections::BTreeMap;

use vm_autoscale_proxmox::{ClusterName, Digest, NodeName, VmId};

use crate::conf::Parts;
use crate::control::Part;
use crate::guest::{Guest, Qemu};
use crate::num::{real, whole};
use crate::options::{Columns, Options};
use crate::pvestatd::Pvestatd;
use crate::vm::Vm;
use crate::{Error, mix};

/// The node.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) name: NodeName,
    pub(crate) cluster: Option<ClusterName>,
    pub(crate) vms: BTreeMap<VmId, Vm>,
    pub(crate) containers: Vec<Container>,
    /// pmxcfs's counter over all configs.
    pub(crate) version: u64,
    /// When pmxcfs started, in seconds since 1970.
    pub(crate) starttime: u64,
    /// The clock at the lab's start, in seconds since 1970.
    pub(crate) epoch: u64,
    pub(crate) columns: Columns,
    pub(crate) seed: u64,
    pub(crate) speed: f64,
    pub(crate) interval: f64,
    pub(crate) host_cpus: f64,
    pub(crate) host_memory: u64,
    pub(crate) pvestatd: Pvestatd,
    /// `ha/manager_status`, where there is one.
    pub(crate) ha_status: Option<String>,
    /// `vm-autoscale.pause`, where there is one.
    pub(crate) pause: Option<String>,
}

/// A container; it only sits there.
#[derive(Debug)]
pub(crate) struct Container {
    pub(crate) vmid: VmId,
    pub(crate) version: u64,
}

impl Node {
    pub(crate) fn new(options: &Options, epoch: u64) -> Result<Self, Error> {
        let vms = mix::vms(options)?;
        let cores = |vm: &Vm| vm.conf.number("cores").unwrap_or(1);
        let cpus: u32 = vms.values().map(cores).sum();
        let memory: u64 = vms.values().map(|vm| u64::from(vm.memory_total)).sum();
        let container = mix::container_id(options.vms)?;
        let count = u64::try_from(vms.len()).unwrap_or(0);
        Ok(Self {
            name: options.node.clone(),
            cluster: options.cluster.clone(),
            vms,
            containers: vec![Container { vmid: container, version: count + 1 }],
            version: count + 1,
            starttime: epoch.saturating_sub(86_400),
            epoch,
            columns: options.columns,
            seed: options.seed,
            speed: options.speed,
            interval: options.interval,
            host_cpus: f64::from(options.host_cpus.unwrap_or(cpus).max(1)),
            host_memory: options.host_memory.unwrap_or(memory * 3 / 2).max(1024) * 1_048_576,
            pvestatd: Pvestatd::default(),
            ha_status: None,
            pause: None,
        })
    }

    /// The VM, or how qm says that it is not here.
    pub(crate) fn vm(&self, vmid: VmId) -> Result<&Vm, String> {
        self.vms.get(&vmid).ok_or_else(|| {
            format!(
                "Configuration file 'nodes/{}/qemu-server/{vmid}.conf' does not exist\n",
                self.name
            )
        })
    }

    /// Writes a VM's config: every write gives it the next version.
    pub(crate) fn write(&mut self, vmid: VmId, change: impl FnOnce(&mut Parts)) {
        if let Some(vm) = self.vms.get_mut(&vmid) {
            vm.conf.edit(change);
            self.version += 1;
            vm.version = self.version;
        }
    }

    /// Starts a VM: all that waits is taken over first.
    pub(crate) fn start(&mut self, vmid: VmId, now: f64) -> Result<(), String> {
        if self.vm(vmid)?.qemu.is_some() {
            return Err(format!("VM {vmid} already running\n"));
        }
        if self.vm(vmid)?.conf.parts().waits() {
            self.write(vmid, Parts::apply_all);
        }
        let Some(vm) = self.vms.get_mut(&vmid) else { return Ok(()) };
        let config = vm.conf.parsed().ok_or("the config is not one\n")?;
        let most = config.max_vcpus().map_err(|e| e.to_string())?;
        if config.vcpus.is_some_and(|vcpus| vcpus > most) {
            return Err("Invalid CPU socket-id: 1 must be in range 0:0\n".into());
        }
        if config.hotplug.memory && !config.numa {
            return Err("NUMA needs to be enabled for memory hotplug\n".into());
        }
        let memory = config.memory;
        let misaligned =
            || format!("memory size ({memory}) must be aligned to 512 for hotplugging\n");
        let qemu = Qemu::start(&config, now).ok_or_else(misaligned)?;
        vm.guest = Guest::boot(&qemu, !vm.faults.contains(&Part::OnlinesNothing));
        vm.qemu = Some(qemu);
        Ok(())
    }

    pub(crate) fn digest(&self, vmid: VmId) -> Option<Digest> {
        Some(self.vms.get(&vmid)?.conf.digest())
    }

    /// The clock, in seconds since 1970.
    pub(crate) fn clock(&self, now: f64) -> u64 {
        whole(real(self.epoch) + now)
    }

    /// Load time at `now`.
    pub(crate) fn load_time(&self, now: f64) -> f64 {
        now * self.speed
    }
}
