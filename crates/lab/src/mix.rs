//! The VMs that a lab starts with.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use fastrand::Rng;
use vm_autoscale_proxmox::{Ladder, MemoryMib, NodeName, VmId};

use crate::Error;
use crate::cluster::Container;
use crate::conf::{Conf, Parts};
use crate::guest::{Guest, Qemu};
use crate::load::{Kind, Load, Shape, mix, trace};
use crate::num::whole32;
use crate::options::Options;
use crate::vm::{Release, Sample, Vm};

const FIRST_VMID: u32 = 101;

/// What one VM is to be.
struct Plan {
    vmid: u32,
    kind: String,
    cores: u32,
    /// The most memory that its load was made for, in MiB.
    total: u32,
    hotplug: &'static str,
    load: Load,
}

/// Generated VMs, or those of the trace.
pub(crate) fn vms(options: &Options) -> Result<BTreeMap<VmId, Vm>, Error> {
    let plans = match &options.trace {
        Some(path) => (FIRST_VMID..).zip(trace::read(path, options.vms)?).map(traced).collect(),
        None if options.real.is_some() => (0..options.vms).map(small).collect::<Vec<_>>(),
        None => (0..options.vms).map(|i| generated(options, i)).collect::<Vec<_>>(),
    };
    plans.into_iter().map(|plan| vm(options, plan)).collect()
}

/// A container on every node, numbered after the VMs.
pub(crate) fn containers(options: &Options) -> Result<Vec<Container>, Error> {
    let numbered = (FIRST_VMID + options.vms..).zip(&options.nodes);
    let container = |(vmid, node): (u32, &NodeName)| {
        Ok(Container { vmid: VmId::try_from(vmid)?, node: node.clone() })
    };
    let containers: Result<_, vm_autoscale_proxmox::Error> = numbered.map(container).collect();
    containers.map_err(|e| Error::Usage(e.to_string()))
}

/// One pool of the first half of the VMs, one of the rest.
pub(crate) fn pools(vms: &BTreeMap<VmId, Vm>) -> BTreeMap<String, BTreeSet<VmId>> {
    let half = vms.len().div_ceil(2);
    let first = vms.keys().take(half).copied().collect();
    let rest = vms.keys().skip(half).copied().collect();
    BTreeMap::from([("production".to_owned(), first), ("test".to_owned(), rest)])
}

const PLUGGABLE: &str = "disk,network,usb,memory,cpu";

/// Every kind in turn; the last of several VMs cannot be plugged at all.
fn generated(options: &Options, i: u32) -> Plan {
    let vmid = FIRST_VMID + i;
    let seed = mix(options.seed, u64::from(vmid));
    let mut rng = Rng::with_seed(seed);
    let place = usize::try_from(i).unwrap_or(0) % Kind::ALL.len();
    let kind = Kind::ALL.get(place).copied().unwrap_or(Kind::Idle);
    let cores = rng.choice([2, 4, 4, 8]).unwrap_or(4);
    let total = rng.choice([4096, 8192, 8192, 16_384]).unwrap_or(4096);
    let last = i > 0 && i + 1 == options.vms;
    let shape = Shape { kind, seed, cores: f64::from(cores), memory: f64::from(total) };
    Plan {
        vmid,
        kind: if last { "legacy".into() } else { kind.name().into() },
        cores,
        total,
        hotplug: if last { "disk,network,usb" } else { PLUGGABLE },
        load: Load::Generated(shape),
    }
}

/// Small enough to be real on any machine, and idle until it is told otherwise.
fn small(i: u32) -> Plan {
    Plan {
        vmid: FIRST_VMID + i,
        kind: "real".into(),
        cores: 4,
        total: 3072,
        hotplug: PLUGGABLE,
        load: Load::Nothing,
    }
}

fn traced((vmid, vm): (u32, trace::TraceVm)) -> Plan {
    let total = vm.memory.map_or(4096, |mib| step(whole32(mib.ceil()), Ladder::ceil));
    Plan {
        vmid,
        kind: label(&vm.name),
        cores: vm.vcpus,
        total,
        hotplug: PLUGGABLE,
        load: Load::Trace(Arc::clone(&vm.series)),
    }
}

/// A name that a VM may have.
fn label(name: &str) -> String {
    let kept = name.chars().filter(char::is_ascii_alphanumeric).take(40);
    format!("trace-{}", kept.collect::<String>())
}

/// A step of the ladder near that size; the lowest where there is none.
fn step(mib: u32, to: fn(MemoryMib) -> Option<MemoryMib>) -> u32 {
    MemoryMib::try_from(mib).ok().and_then(to).map_or(1024, MemoryMib::get)
}

fn vm(options: &Options, plan: Plan) -> Result<(VmId, Vm), Error> {
    let usage = |e: &dyn std::fmt::Display| Error::Usage(e.to_string());
    let vmid = VmId::try_from(plan.vmid).map_err(|e| usage(&e))?;
    let seed = mix(options.seed, u64::from(plan.vmid));
    let conf = Conf::new(config(&plan, seed));
    let place = usize::try_from(plan.vmid - FIRST_VMID).unwrap_or(0) % options.nodes.len().max(1);
    let node = options.nodes.get(place).ok_or_else(|| usage(&"no node"))?.clone();
    // Everybody has been up for a while, nobody since the same moment.
    let since = -f64::from(3600 + Rng::with_seed(seed).u32(0..864_000));
    let mut qemu = Qemu::start(&conf, since).map_err(|e| usage(&e))?;
    qemu.fresh = false;
    let vm = Vm {
        guest: Guest::boot(&qemu, true),
        qemu: Some(qemu),
        kind: plan.kind,
        memory_total: plan.total,
        load: plan.load,
        ..created(vmid, node, conf)
    };
    Ok((vmid, vm))
}

/// Half of the cores and half of the memory are plugged.
fn config(plan: &Plan, seed: u64) -> String {
    let Plan { vmid, kind, cores, total, hotplug, .. } = plan;
    let memory = step(total / 2, Ladder::floor);
    let vcpus = if kind == "real" { 1 } else { (cores / 2).max(1) };
    let (uuid, generation) = (uuid(seed), uuid(!seed));
    format!(
        "#lab: {kind}, at most {total} MiB\n\
         agent: 1\n\
         boot: order=scsi0\n\
         cores: {cores}\n\
         cpu: x86-64-v2-AES\n\
         hotplug: {hotplug}\n\
         memory: {memory}\n\
         name: {kind}-{vmid}\n\
         net0: virtio=BC:24:11:00:00:01,bridge=vmbr0,firewall=1\n\
         numa: 1\n\
         onboot: 1\n\
         ostype: l26\n\
         scsi0: local-lvm:vm-{vmid}-disk-0,size=32G\n\
         scsihw: virtio-scsi-single\n\
         smbios1: uuid={uuid}\n\
         sockets: 1\n\
         vcpus: {vcpus}\n\
         vmgenid: {generation}\n"
    )
}

/// A stopped VM that does nothing.
pub(crate) fn created(vmid: VmId, node: NodeName, conf: Conf) -> Vm {
    let memory = conf.number("memory").unwrap_or(512);
    Vm {
        vmid,
        node,
        in_transit: false,
        conf,
        qemu: None,
        guest: Guest::default(),
        faults: BTreeSet::new(),
        release: Release::default(),
        departures: Vec::new(),
        real: None,
        starts: 0,
        ran: false,
        kind: "created".into(),
        memory_total: memory,
        load: Load::Nothing,
        fixed: None,
        cache: None,
        left_out: false,
        sample: Sample::default(),
        flock: Arc::default(),
    }
}

/// What makes it another VM.
pub(crate) fn new_identity(parts: &mut Parts, seed: u64) {
    parts.main.insert("smbios1".into(), format!("uuid={}", uuid(mix(seed, 1))));
    parts.main.insert("vmgenid".into(), uuid(mix(seed, 2)));
}

/// Version 4 by form.
fn uuid(seed: u64) -> String {
    let mut rng = Rng::with_seed(seed);
    let mut digits =
        |count: usize| -> String { std::iter::repeat_with(|| rng.digit(16)).take(count).collect() };
    let (first, second, last) = (digits(8), digits(4), digits(12));
    format!("{first}-{second}-4{}-8{}-{last}", digits(3), digits(3))
}
