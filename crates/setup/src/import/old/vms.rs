//! The VMs, each with what held for it after all.

use std::collections::BTreeMap;

use vm_autoscale_config::{Part, Value, quoted};
use vm_autoscale_proxmox::{ClusterName, VmId};

use super::{Host, Limits, Marks, limits, marks};
use crate::import::keys::Tool;
use crate::import::reader::{Reader, described};
use crate::import::section::Section;

/// One VM.
#[derive(Debug)]
pub(crate) struct Vm {
    pub(crate) vmid: VmId,
    pub(crate) cluster: ClusterName,
    pub(crate) enabled: bool,
    pub(crate) cpu_scaling: bool,
    pub(crate) ram_scaling: bool,
    /// Its own marks, whole, where it has any of its own.
    pub(crate) cpu: Option<Marks>,
    pub(crate) ram: Option<Marks>,
    /// What holds for it.
    pub(crate) limits: Limits,
    /// The same, where some of it is its own.
    pub(crate) own_limits: Option<Limits>,
}

/// What holds for all VMs.
pub(super) struct Above {
    pub(super) cpu: Marks,
    pub(super) ram: Marks,
    pub(super) limits: Limits,
}

/// By their names in the old file.
type Hosts<'a> = BTreeMap<&'a str, &'a Host>;

pub(super) fn read(
    reader: &mut Reader,
    root: &Section<'_>,
    tool: Tool,
    hosts: &[Host],
    above: &Above,
) -> Vec<Vm> {
    let hosts: Hosts<'_> = hosts.iter().map(|host| (host.alias.as_str(), host)).collect();
    let mut seen = BTreeMap::new();
    let mut vms = Vec::new();
    for section in reader.list(root, "virtual_machines", 10_000) {
        let Some(vm) = one(reader, &section, tool, &hosts, above) else { continue };
        let line = section.get("vm_id").map_or(0, Part::line);
        if let Some(first) = seen.insert((vm.cluster.clone(), vm.vmid), line) {
            let problem = format!("VM {} stands here twice: first on line {first}", vm.vmid);
            let problem = section.problem("vm_id", problem);
            reader.refuse(problem.rule("one entry for a VM of a host"));
        }
        vms.push(vm);
    }
    vms
}

fn one(
    reader: &mut Reader,
    vm: &Section<'_>,
    tool: Tool,
    hosts: &Hosts<'_>,
    above: &Above,
) -> Option<Vm> {
    // The original left alone what it was not told; the fork did not.
    let default = tool != Tool::Original;
    let mut switch = |key: &str| {
        let said = reader.boolean(vm, key);
        reader.or(vm, key, said, default)
    };
    let enabled = switch("scaling_enabled");
    let (cpu_scaling, ram_scaling) = (switch("cpu_scaling"), switch("ram_scaling"));
    let own = vm.section("thresholds");
    let cpu = marks::of_vm(reader, &own, "cpu", above.cpu);
    let ram = marks::of_vm(reader, &own, "ram", above.ram);
    let own = limits::of_vm(reader, &vm.section("scaling_limits"), above.limits);
    let (cluster, vmid) = (host(reader, vm, hosts), vmid(reader, vm));
    Some(Vm {
        vmid: vmid?,
        cluster: cluster?,
        enabled,
        cpu_scaling,
        ram_scaling,
        cpu,
        ram,
        limits: own.unwrap_or(above.limits),
        own_limits: own,
    })
}

fn vmid(reader: &mut Reader, vm: &Section<'_>) -> Option<VmId> {
    let rule = "a VMID is a number, 100 to 999999999";
    let Some(entry) = vm.get("vm_id") else {
        let problem = vm.problem("vm_id", "`vm_id` is missing");
        reader.refuse(problem.rule(rule));
        return None;
    };
    let vmid = match entry.value() {
        Value::Integer(number) => u32::try_from(number).ok().and_then(|n| VmId::try_from(n).ok()),
        Value::Text(text) => text.trim().parse().ok(),
        _ => None,
    };
    if vmid.is_none() {
        let problem = format!("`vm_id` is {}", described(entry));
        reader.problems.push(entry.problem(&vm.path_of("vm_id"), problem).rule(rule));
    }
    vmid
}

fn host(reader: &mut Reader, vm: &Section<'_>, hosts: &Hosts<'_>) -> Option<ClusterName> {
    let rule = "the name of one of `proxmox_hosts`";
    if !vm.has("proxmox_host") {
        let problem = vm.problem("proxmox_host", "`proxmox_host` is missing");
        reader.refuse(problem.rule(rule));
        return None;
    }
    let name = reader.text(vm, "proxmox_host")?;
    if let Some(host) = hosts.get(name.as_str()) {
        return host.cluster.clone();
    }
    let names: Vec<String> = hosts.keys().map(|name| quoted(name)).take(20).collect();
    let problem = vm.problem("proxmox_host", format!("no host has the name {}", quoted(&name)));
    let help = format!("there are: {}", names.join(", "));
    reader.refuse(problem.rule(rule).help(help));
    None
}
