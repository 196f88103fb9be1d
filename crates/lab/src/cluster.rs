//! The cluster: nodes, guests, and what pmxcfs replicates among them.

use std::collections::{BTreeMap, BTreeSet};

use vm_autoscale_proxmox::{ClusterName, Digest, NodeName, VmId};

use crate::conf::Parts;
use crate::control::Part;
use crate::guest::{Guest, Qemu};
use crate::ha::Ha;
use crate::node::Node;
use crate::num::{real, whole, whole32};
use crate::options::{Columns, Options};
use crate::pmxcfs::Key;
use crate::reality::Real;
use crate::vm::Vm;
use crate::{Error, mix};

/// The cluster; a node outside any is one without a name.
#[derive(Debug)]
pub(crate) struct Cluster {
    pub(crate) name: Option<ClusterName>,
    pub(crate) nodes: BTreeMap<NodeName, Node>,
    pub(crate) vms: BTreeMap<VmId, Vm>,
    pub(crate) containers: Vec<Container>,
    pub(crate) pools: BTreeMap<String, BTreeSet<VmId>>,
    pub(crate) ha: Ha,
    /// `.rrd`: every key's last line, and when it came, in seconds since the lab's start.
    pub(crate) rrd: BTreeMap<Key, (f64, String)>,
    /// Whether VMs are QEMU processes: what has none then does not run, whatever the model says.
    pub(crate) real: bool,
    /// Processes of VMs that were removed, to be ended.
    pub(crate) leftover: Vec<Real>,
    /// `vm-autoscale.pause`, where there is one.
    pub(crate) pause: Option<String>,
    /// Whether the rest of the cluster is out of reach of all these nodes.
    pub(crate) quorum_lost: bool,
    /// Whether reads of special files tear.
    pub(crate) tearing: bool,
    /// The clock at the lab's start, in seconds since 1970.
    pub(crate) epoch: u64,
    pub(crate) columns: Columns,
    pub(crate) seed: u64,
    pub(crate) speed: f64,
    pub(crate) interval: f64,
    /// The last process number of a `qm`.
    pid: u32,
}

/// A container; it only sits there.
#[derive(Debug)]
pub(crate) struct Container {
    pub(crate) vmid: VmId,
    pub(crate) node: NodeName,
}

impl Cluster {
    pub(crate) fn new(options: &Options, epoch: u64) -> Result<Self, Error> {
        let vms = mix::vms(options)?;
        let containers = mix::containers(options)?;
        let mut cluster = Self {
            name: options.cluster.clone(),
            nodes: BTreeMap::new(),
            pools: mix::pools(&vms),
            vms,
            containers,
            ha: Ha::default(),
            rrd: BTreeMap::new(),
            real: false,
            leftover: Vec::new(),
            pause: None,
            quorum_lost: false,
            tearing: false,
            epoch,
            columns: options.columns,
            seed: options.seed,
            speed: options.speed,
            interval: options.interval,
            pid: 4000,
        };
        for name in &options.nodes {
            let node = cluster.node_of(options, name);
            cluster.nodes.insert(name.clone(), node);
        }
        Ok(cluster)
    }

    fn node_of(&self, options: &Options, name: &NodeName) -> Node {
        let vms = || self.vms.values().filter(|vm| vm.node == *name);
        let cpus: u32 = vms().map(|vm| vm.conf.number("cores").unwrap_or(1)).sum();
        let memory: u64 = vms().map(|vm| u64::from(vm.memory_total)).sum();
        let host_cpus = f64::from(options.host_cpus.unwrap_or(cpus).max(1));
        let mib = options.host_memory.unwrap_or(memory * 3 / 2).max(1024);
        let mut node = Node::new(0, host_cpus, mib * 1_048_576);
        node.start_pmxcfs(self.epoch.saturating_sub(86_400), self.guests());
        node
    }

    /// Every guest's number.
    pub(crate) fn guests(&self) -> impl Iterator<Item = VmId> {
        self.vms.keys().copied().chain(self.containers.iter().map(|container| container.vmid))
    }

    /// The VM on that node, or how qm says that it is not there.
    pub(crate) fn vm(&self, node: &NodeName, vmid: VmId) -> Result<&Vm, String> {
        let vm = self.vms.get(&vmid).filter(|vm| vm.node == *node && !vm.in_transit);
        vm.ok_or_else(|| {
            format!("Configuration file 'nodes/{node}/qemu-server/{vmid}.conf' does not exist\n")
        })
    }

    /// Its process, where it has one that can answer.
    pub(crate) fn running<'a>(&self, vm: &'a Vm) -> Option<&'a Qemu> {
        vm.qemu.as_ref().filter(|_| !self.real || vm.real.is_some())
    }

    /// Takes a VM away; the process that it may have is to be ended.
    pub(crate) fn remove(&mut self, vmid: VmId) -> Option<Vm> {
        let mut vm = self.vms.remove(&vmid)?;
        self.leftover.extend(vm.real.take());
        self.each_up(|node| node.lost(vmid));
        Some(vm)
    }

    /// Whether that node may write.
    pub(crate) fn quorate(&self) -> bool {
        let up = self.nodes.values().filter(|node| node.up).count();
        self.name.is_none() || (!self.quorum_lost && 2 * up > self.nodes.len())
    }

    /// Writes a VM's config: every write gives it the next version, on every node.
    pub(crate) fn write(&mut self, vmid: VmId, change: impl FnOnce(&mut Parts)) {
        if let Some(vm) = self.vms.get_mut(&vmid) {
            vm.conf.edit(change);
            self.touched(vmid);
        }
    }

    /// The same as a `qm` does it: without a quorum pmxcfs takes nothing.
    pub(crate) fn qm_write(
        &mut self,
        vmid: VmId,
        change: impl FnOnce(&mut Parts),
    ) -> Result<(), String> {
        if self.quorate() {
            self.write(vmid, change);
            return Ok(());
        }
        self.pid += 1;
        let node = self.vms.get(&vmid).map_or("", |vm| vm.node.as_str());
        Err(format!(
            "unable to open file '/etc/pve/nodes/{node}/qemu-server/{vmid}.conf.tmp.{}' - Permission denied",
            self.pid
        ))
    }

    /// Every node that is there counts on.
    pub(crate) fn touched(&mut self, vmid: VmId) {
        self.each_up(|node| node.touched(vmid));
    }

    /// What every node sees that is there.
    pub(crate) fn each_up(&mut self, see: impl FnMut(&mut Node)) {
        self.nodes.values_mut().filter(|node| node.up).for_each(see);
    }

    /// Starts a VM: all that waits is taken over first.
    pub(crate) fn start(&mut self, vmid: VmId, now: f64) -> Result<(), String> {
        self.startable(vmid)?;
        let vm = self.vms.get(&vmid);
        if vm.is_some_and(|vm| vm.qemu.is_some()) {
            return Err(format!("VM {vmid} already running"));
        }
        if vm.is_some_and(|vm| vm.conf.parts().waits()) {
            self.write(vmid, Parts::apply_all);
        }
        let Some(vm) = self.vms.get_mut(&vmid) else { return Ok(()) };
        let qemu = Qemu::start(&vm.conf, now)?;
        let host = self.nodes.get(&vm.node).map_or(u32::MAX, |node| whole32(node.host_cpus));
        if vm
            .conf
            .parsed()
            .and_then(|config| config.max_vcpus().ok())
            .is_some_and(|n| n.get() > host)
        {
            return Err(format!("MAX {host} vcpus allowed per VM on this node"));
        }
        vm.guest = Guest::boot(&qemu, !vm.faults.contains(&Part::OnlinesNothing));
        vm.departures.clear();
        vm.starts += 1;
        vm.qemu = Some(qemu);
        Ok(())
    }

    /// Whether `qm start` would begin with it.
    pub(crate) fn startable(&self, vmid: VmId) -> Result<(), String> {
        let vm = self.vms.get(&vmid).ok_or_else(|| format!("there is no VM {vmid}"))?;
        if self.nodes.get(&vm.node).is_none_or(|node| !node.up) {
            return Err(format!("{} is down", vm.node));
        }
        if let Some(lock) = vm.conf.get("lock") {
            return Err(format!("VM is locked ({lock})"));
        }
        if vm.conf.get("template") == Some("1") {
            return Err("you can't start a vm if it's a template".into());
        }
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
