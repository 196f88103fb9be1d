//! The special files under `/etc/pve` as pmxcfs writes them (`status.c`, `server.c`).

use std::fmt::Write as _;

use vm_autoscale_proxmox::{NodeName, VmId};

use crate::cluster::Cluster;
use crate::node::Node;
use crate::num::real;
use crate::options::Columns;
use crate::vm::{Sample, Vm};

// Writing to a String cannot fail, so its results are dropped throughout.

/// `.version`
pub(crate) fn version(cluster: &Cluster, name: &NodeName, node: &Node) -> String {
    format!(
        "{{\n\"starttime\": {},\n\"clinfo\": {},\n\"vmlist\": {},\n\"corosync.conf\": 1,\n\"user.cfg\": {},\n\"kvstore\": {{\n\"{}\": {{\n\"tasklist\": 12}}\n}}\n}}\n",
        node.starttime,
        if cluster.name.is_some() { node.clinfo } else { 0 },
        node.version,
        node.user_cfg,
        name
    )
}

/// `.members`
pub(crate) fn members(cluster: &Cluster, answering: &NodeName) -> String {
    let Some(name) = &cluster.name else {
        return format!("{{\n\"nodename\": \"{answering}\",\n\"version\": 0\n}}\n");
    };
    let version = cluster.nodes.get(answering).map_or(0, |node| node.clinfo);
    let (nodes, quorate) = (cluster.nodes.len(), u8::from(cluster.quorate()));
    let mut text = format!(
        "{{\n\"nodename\": \"{answering}\",\n\"version\": {version},\n\"cluster\": {{ \"name\": \"{name}\", \"version\": 2, \"nodes\": {nodes}, \"quorate\": {quorate} }},\n\"nodelist\": {{\n"
    );
    for (i, (name, node)) in (1usize..).zip(&cluster.nodes) {
        let (online, comma) = (u8::from(node.up), if i < nodes { "," } else { "" });
        let _ = writeln!(
            text,
            "  \"{name}\": {{ \"id\": {i}, \"online\": {online}, \"ip\": \"192.0.2.{i}\"}}{comma}"
        );
    }
    text + "  }\n}\n"
}

/// `user.cfg` as `PVE/AccessControl.pm` writes it, with a user and a grant whose lines hold
/// `pool:` too.
pub(crate) fn user_cfg(cluster: &Cluster) -> String {
    let mut text = "user:root@pam:1:0:::root@example.com:::\n\
        user:ann@pve:1:0:Ann:Vanderpool:ann@example.com:::\n\
        token:ann@pve!backup:0:0::\n\ngroup:ops:ann@pve::\n\n"
        .to_owned();
    for (name, vmids) in &cluster.pools {
        let mut ids: Vec<String> = vmids.iter().map(ToString::to_string).collect();
        ids.sort();
        let _ = writeln!(text, "pool:{name}::{}::", ids.join(","));
    }
    text + "\n\nacl:1:/vms:ann@pve:PVEAuditor:\nacl:1:/pool/carpool:@ops:PVEVMUser:\n"
}

/// `.vmlist`; guests in a hash table's order.
pub(crate) fn vmlist(cluster: &Cluster, node: &Node) -> String {
    let vms = cluster.vms.values().filter(|vm| !vm.in_transit);
    let vms = vms.map(|vm| (vm.vmid, "qemu", &vm.node));
    let containers = cluster.containers.iter().map(|ct| (ct.vmid, "lxc", &ct.node));
    let mut guests: Vec<_> = vms.chain(containers).collect();
    guests.sort_by_key(|(vmid, ..)| hash(vmid.get()));
    let mut text = format!("{{\n\"version\": {}", node.version);
    for (i, (vmid, kind, name)) in guests.iter().enumerate() {
        text.push_str(if i == 0 { ",\n\"ids\": {\n" } else { ",\n" });
        let version = node.versions.get(vmid).copied().unwrap_or(0);
        let _ = write!(
            text,
            "\"{vmid}\": {{ \"node\": \"{name}\", \"type\": \"{kind}\", \"version\": {version} }}"
        );
    }
    text.push_str(if guests.is_empty() { "}\n" } else { "}\n\n}\n" });
    text
}

fn hash(vmid: u32) -> u32 {
    vmid.wrapping_mul(0x9e37_79b1)
}

/// Whose line of `.rrd` it is: there is one each, whichever node told it last.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    Node(NodeName),
    Guest(VmId),
}

/// What one node tells for `.rrd` after a round of its pvestatd that ended at `ctime`.
pub(crate) fn rrd(
    cluster: &Cluster,
    name: &NodeName,
    node: &Node,
    ctime: u64,
) -> Vec<(Key, String)> {
    let columns = cluster.columns;
    let here = || cluster.vms.values().filter(|vm| vm.node == *name);
    let samples = here().map(|vm| &vm.sample);
    let own = node_line(columns, (name, node), samples, ctime);
    let vms = here().filter(|vm| !vm.left_out && !vm.in_transit);
    let vms = vms.map(|vm| (Key::Guest(vm.vmid), vm_line(vm, columns, ctime)));
    let containers = cluster.containers.iter().filter(|container| container.node == *name);
    let containers = containers.map(|container| container.vmid);
    let containers = containers.map(|id| (Key::Guest(id), container_line(id, columns, ctime)));
    std::iter::once((Key::Node(name.clone()), own)).chain(vms).chain(containers).collect()
}

fn container_line(vmid: VmId, columns: Columns, ctime: u64) -> String {
    let end = if columns == Columns::Nine { ":140000000:0:0:0:0:0:0" } else { "" };
    format!(
        "{}/{vmid}:86400:ct-{vmid}:running:0:{ctime}:1:0.01:536870912:134217728:8589934592:1073741824:11:22:33:44{end}\n",
        vm_key(columns)
    )
}

fn vm_key(columns: Columns) -> &'static str {
    match columns {
        Columns::Eight => "pve2.3-vm",
        Columns::Nine => "pve-vm-9.0",
    }
}

fn vm_line(vm: &Vm, columns: Columns, ctime: u64) -> String {
    let Sample { cores, mem, maxmem, maxcpu, uptime, running, waiting, .. } = vm.sample;
    let (key, vmid, name) = (vm_key(columns), vm.vmid, vm.name());
    let status = if running { "running" } else { "stopped" };
    let template = u8::from(vm.conf.get("template") == Some("1"));
    let mut text = format!("{key}/{vmid}:{uptime}:{name}:{status}:{template}:{ctime}:{maxcpu}:");
    if !running {
        let _ = write!(text, "U:{maxmem}:U:34359738368:0:U:U:U:U");
        text.push_str(if columns == Columns::Nine { ":U:U:U:U:U:U:U\n" } else { "\n" });
        return text;
    }
    let cpu = fraction(cores / f64::from(maxcpu.max(1)));
    let traffic = uptime * 1000;
    let _ =
        write!(text, "{cpu}:{maxmem}:{mem}:34359738368:0:{traffic}:{traffic}:{traffic}:{traffic}");
    if columns == Columns::Nine {
        let _ = write!(text, ":{}:{waiting:.2}:0:0:0:0:0", vm.sample.memhost);
    }
    text + "\n"
}

fn node_line<'a>(
    columns: Columns,
    (name, node): (&NodeName, &Node),
    samples: impl Iterator<Item = &'a Sample>,
    ctime: u64,
) -> String {
    let (cores, load, used) = samples.fold((0.0, 0.0, 2_147_483_648), |(cores, load, used), s| {
        (cores + s.cores, load + s.wanted, used + s.mem)
    });
    let used = used.min(node.host_memory);
    let cpu = fraction((cores / node.host_cpus).min(1.0));
    let key = if columns == Columns::Nine { "pve-node-9.0" } else { "pve2-node" };
    let uptime = ctime.saturating_sub(node.starttime);
    let mut text = format!(
        "{key}/{name}:{uptime}::{ctime}:{load:.2}:{}:{cpu}:0.001:{}:{used}:0:0:100000000000:5000000000:1000:2000",
        node.host_cpus, node.host_memory
    );
    if columns == Columns::Nine {
        let free = node.host_memory - used;
        let waiting = 100.0 * ((load - node.host_cpus) / node.host_cpus).clamp(0.0, 1.0);
        let _ = write!(text, ":{free}:0:{waiting:.2}:0.0:0.0:0.0:0.0");
    }
    text + "\n"
}

/// With as many digits as are worth anything.
pub(crate) fn fraction(value: f64) -> f64 {
    real(crate::num::whole(value * 1e9)) / 1e9
}
