//! The answer of a cluster of any size to the one command that looks at it, as `grep -H` prints
//! it on Proxmox VE 9.

use std::fmt::Write as _;

const NODES: u32 = 32;
const CTIME: u64 = 1_795_297_232;

/// So many VMs on 32 nodes.
pub(crate) fn cluster(vms: u32) -> String {
    let (vmlist, rrd) = (vmlist(vms), rrd(vms));
    let version =
        "{\n\"starttime\": 1795210832,\n\"clinfo\": 4,\n\"vmlist\": 5000,\n\"kvstore\": {\n}\n}\n";
    let ha = "{\"manager_status\":{\"master_node\":\"pve1\",\"node_status\":{},\"service_status\":{}}}\n";
    let files = [
        ("/etc/pve/.version", version),
        ("/etc/pve/.members", &members()),
        ("/etc/pve/.vmlist", &vmlist),
        ("/etc/pve/.rrd", &rrd),
        ("/etc/pve/ha/manager_status", ha),
        ("/etc/pve/.vmlist", &vmlist),
        ("/etc/pve/.rrd", &rrd),
    ];
    let mut answer = String::new();
    for (path, content) in files {
        for line in content.lines().filter(|line| !line.is_empty()) {
            let _ = writeln!(answer, "{path}:{line}");
        }
    }
    answer
}

fn members() -> String {
    let mut text = format!(
        "{{\n\"nodename\": \"pve1\",\n\"version\": 4,\n\"cluster\": {{ \"name\": \"lab\", \"version\": 2, \"nodes\": {NODES}, \"quorate\": 1 }},\n\"nodelist\": {{\n"
    );
    for id in 1..=NODES {
        let comma = if id < NODES { "," } else { "" };
        let _ = writeln!(
            text,
            "  \"pve{id}\": {{ \"id\": {id}, \"online\": 1, \"ip\": \"192.0.2.{id}\"}}{comma}"
        );
    }
    text + "  }\n}\n"
}

fn vmlist(vms: u32) -> String {
    let mut text = "{\n\"version\": 5000,\n\"ids\": {\n".to_owned();
    for (i, vmid) in shuffled(vms).into_iter().enumerate() {
        let (comma, node) = (if i == 0 { "" } else { ",\n" }, vmid % NODES + 1);
        let _ = write!(
            text,
            "{comma}\"{vmid}\": {{ \"node\": \"pve{node}\", \"type\": \"qemu\", \"version\": {vmid} }}"
        );
    }
    text + "}\n\n}\n"
}

fn rrd(vms: u32) -> String {
    let mut text = String::new();
    for node in 1..=NODES {
        let _ = writeln!(
            text,
            "pve-node-9.0/pve{node}:86400::{CTIME}:12.50:128:0.25312:0.001:824633720832:412316860416:0:0:100000000000:5000000000:1000:2000:412316860416:0:1.50:0.0:0.0:0.0:0.0"
        );
    }
    for vmid in shuffled(vms) {
        let (uptime, used) = (3600 + u64::from(vmid), 900_000_000 + u64::from(vmid) * 1001);
        let (traffic, host) = (uptime * 1000, used + 50_000_000);
        let _ = writeln!(
            text,
            "pve-vm-9.0/{vmid}:{uptime}:web-{vmid}:running:0:{CTIME}:2:0.{vmid:06}:2147483648:{used}:34359738368:0:{traffic}:{traffic}:{traffic}:{traffic}:{host}:0.00:0:0:0:0:0"
        );
    }
    text
}

/// pmxcfs prints what is in a hash table: in no order.
fn shuffled(vms: u32) -> Vec<u32> {
    let mut vmids: Vec<u32> = (101..101 + vms).collect();
    vmids.sort_by_key(|vmid| vmid.wrapping_mul(0x9e37_79b1));
    vmids
}
