//! What the reading commands print.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};
use vm_autoscale_proxmox::ConfigFile;

use crate::answer::Answer;
use crate::node::Node;
use crate::pmxcfs::{self, fraction};
use crate::vm::Vm;

/// `grep -a -s -H .` over the cluster's files.
pub(crate) fn cluster(node: &Node, now: f64) -> Answer {
    let (vmlist, rrd) = (pmxcfs::vmlist(node), node.rrd(now));
    let files = [
        ("/etc/pve/.version", Some(pmxcfs::version(node))),
        ("/etc/pve/.members", Some(pmxcfs::members(node))),
        ("/etc/pve/.vmlist", Some(vmlist.clone())),
        ("/etc/pve/.rrd", Some(rrd.to_owned())),
        ("/etc/pve/ha/manager_status", node.ha_status.clone()),
        ("/etc/pve/vm-autoscale.pause", node.pause.clone()),
        ("/etc/pve/.vmlist", Some(vmlist)),
        ("/etc/pve/.rrd", Some(rrd.to_owned())),
    ];
    let mut answer = Answer::default();
    for (path, content) in files {
        match content {
            Some(content) => grep(&mut answer.stdout, path, &content),
            None => answer.exit = 2,
        }
    }
    answer
}

fn grep(out: &mut String, path: &str, content: &str) {
    for line in content.lines().filter(|line| !line.is_empty()) {
        out.push_str(path);
        out.push(':');
        out.push_str(line);
        out.push('\n');
    }
}

/// `tail -n +1 -v` over `.version` and config files.
pub(crate) fn configs(node: &Node, files: &[ConfigFile]) -> Answer {
    let mut answer = Answer::default();
    let _ = write!(answer.stdout, "==> /etc/pve/.version <==\n{}", pmxcfs::version(node));
    for file in files {
        let path = file.path();
        if let Some(vm) = node.vms.get(&file.vmid).filter(|_| file.node == node.name) {
            let _ = write!(answer.stdout, "\n==> {path} <==\n{}", vm.conf.raw());
        } else {
            let text = "for reading: No such file or directory";
            let _ = writeln!(answer.stderr, "/usr/bin/tail: cannot open '{path}' {text}");
            answer.exit = 1;
        }
    }
    answer
}

/// The pool lines of `user.cfg`: one pool of the first half of the VMs, one of the rest.
pub(crate) fn pools(node: &Node) -> Answer {
    let ids: Vec<String> = node.vms.keys().map(ToString::to_string).collect();
    let (first, rest) = ids.split_at(ids.len().div_ceil(2));
    let line = |name: &str, ids: &[String]| {
        format!("/etc/pve/user.cfg:pool:{name}::{}::\n", ids.join(","))
    };
    Answer::ok(line("production", first) + &line("test", rest))
}

/// `pvesh get /cluster/resources`.
pub(crate) fn resources(node: &Node, now: f64) -> Answer {
    let measured = !node.rrd(now).is_empty();
    let mut all: Vec<Value> = node.vms.values().map(|vm| resource(node, vm, measured)).collect();
    all.extend(node.containers.iter().map(|ct| {
        json!({"id": format!("lxc/{}", ct.vmid), "node": node.name, "status": "running",
            "type": "lxc", "vmid": ct.vmid})
    }));
    let cores: f64 = node.vms.values().map(|vm| vm.sample.cores).sum();
    let mem: u64 = node.vms.values().map(|vm| vm.sample.mem).sum();
    all.push(json!({"id": format!("node/{}", node.name), "type": "node", "node": node.name,
        "status": "online", "level": "", "maxcpu": node.host_cpus, "maxmem": node.host_memory,
        "cpu": fraction((cores / node.host_cpus).min(1.0)), "mem": mem.min(node.host_memory),
        "uptime": node.clock(now) - node.starttime}));
    Answer::ok(Value::Array(all).to_string() + "\n")
}

fn resource(node: &Node, vm: &Vm, measured: bool) -> Value {
    let mut fields = Map::new();
    let mut put = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    put("id", format!("qemu/{}", vm.vmid).into());
    put("type", "qemu".into());
    put("vmid", vm.vmid.get().into());
    put("node", node.name.as_str().into());
    if let Some(lock) = vm.conf.get("lock") {
        put("lock", lock.into());
    }
    if !measured || vm.left_out {
        put("status", "unknown".into());
        return Value::Object(fields);
    }
    let sample = &vm.sample;
    let maxcpu = f64::from(sample.maxcpu.max(1));
    put("status", if sample.running { "running" } else { "stopped" }.into());
    put("name", vm.name().into());
    put("cpu", fraction(sample.cores / maxcpu).into());
    put("maxcpu", sample.maxcpu.into());
    put("mem", sample.mem.into());
    put("maxmem", sample.maxmem.into());
    put("uptime", sample.uptime.into());
    put("template", u8::from(vm.conf.get("template") == Some("1")).into());
    for (name, value) in [("disk", 0), ("maxdisk", 34_359_738_368_u64)] {
        put(name, value.into());
    }
    for name in ["diskread", "diskwrite", "netin", "netout"] {
        put(name, (sample.uptime * 1000).into());
    }
    Value::Object(fields)
}
