//! What the reading commands print.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};
use vm_autoscale_proxmox::{ConfigFile, NodeCommand, NodeName};

use crate::answer::Answer;
use crate::cluster::Cluster;
use crate::history::Shown;
use crate::options::Columns;
use crate::pmxcfs::{self, fraction};
use crate::vm::Vm;
use crate::{ha, tear};

/// `grep -a -s -H .` over the cluster's files.
pub(crate) fn cluster(cluster: &Cluster, name: &NodeName, now: f64) -> Answer {
    let Some(node) = cluster.nodes.get(name) else { return Answer::fail("", 2) };
    let (vmlist, rrd) = (pmxcfs::vmlist(cluster, node), cluster.rrd(now));
    let torn = |text: &str| if cluster.tearing { tear::lines(text, now) } else { text.to_owned() };
    let files = [
        ("/etc/pve/.version", Some(pmxcfs::version(cluster, name, node))),
        ("/etc/pve/.members", Some(pmxcfs::members(cluster, name))),
        ("/etc/pve/.vmlist", Some(torn(&vmlist))),
        ("/etc/pve/.rrd", Some(torn(&rrd))),
        ("/etc/pve/ha/manager_status", ha::manager_status(cluster, now)),
        ("/etc/pve/vm-autoscale.pause", cluster.pause.clone()),
        ("/etc/pve/.vmlist", Some(vmlist)),
        ("/etc/pve/.rrd", Some(rrd)),
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
pub(crate) fn configs(cluster: &Cluster, name: &NodeName, files: &[ConfigFile]) -> Answer {
    let Some(node) = cluster.nodes.get(name) else { return Answer::fail("", 1) };
    let mut answer = Answer::default();
    let _ = write!(
        answer.stdout,
        "==> /etc/pve/.version <==\n{}",
        pmxcfs::version(cluster, name, node)
    );
    for file in files {
        let path = file.path();
        if let Ok(vm) = cluster.vm(&file.node, file.vmid) {
            let _ = write!(answer.stdout, "\n==> {path} <==\n{}", vm.conf.raw());
        } else {
            let text = "for reading: No such file or directory";
            let _ = writeln!(answer.stderr, "/usr/bin/tail: cannot open '{path}' {text}");
            answer.exit = 1;
        }
    }
    answer
}

/// The configs that the command reads, of those that are there.
pub(crate) fn shown(cluster: &Cluster, command: &NodeCommand) -> Vec<Shown> {
    let NodeCommand::ReadConfigs(files) = command else { return Vec::new() };
    let files = files.as_slice().iter();
    let there = files.filter_map(|file| cluster.vm(&file.node, file.vmid).ok());
    let shown = |vm: &Vm| {
        let (digest, conf) = (vm.conf.digest(), vm.conf.raw().to_owned());
        Shown { vmid: vm.vmid, digest, conf }
    };
    there.map(shown).collect()
}

/// `grep -a -s -H -e starttime -e pool:` over `.version` and `user.cfg`.
pub(crate) fn pools(cluster: &Cluster, name: &NodeName) -> Answer {
    let Some(node) = cluster.nodes.get(name) else { return Answer::fail("", 2) };
    let mut answer = Answer::default();
    for (path, content) in [
        ("/etc/pve/.version", pmxcfs::version(cluster, name, node)),
        ("/etc/pve/user.cfg", pmxcfs::user_cfg(cluster)),
    ] {
        let found = |line: &&str| line.contains("starttime") || line.contains("pool:");
        let lines: Vec<&str> = content.lines().filter(found).collect();
        grep(&mut answer.stdout, path, &lines.join("\n"));
    }
    answer
}

/// `pvesh get /cluster/resources`.
pub(crate) fn resources(cluster: &Cluster, now: f64) -> Answer {
    let mut all: Vec<Value> = cluster.vms.values().map(|vm| resource(cluster, vm, now)).collect();
    all.extend(cluster.containers.iter().map(|ct| {
        json!({"id": format!("lxc/{}", ct.vmid), "node": ct.node, "status": "running",
            "type": "lxc", "vmid": ct.vmid})
    }));
    for (name, node) in &cluster.nodes {
        let here = || cluster.vms.values().filter(|vm| vm.node == *name);
        let cores: f64 = here().map(|vm| vm.sample.cores).sum();
        let mem: u64 = here().map(|vm| vm.sample.mem).sum();
        let status = if node.up { "online" } else { "offline" };
        all.push(json!({"id": format!("node/{name}"), "type": "node", "node": name,
            "status": status, "level": "", "disk": 5_000_000_000_u64,
            "maxdisk": 100_000_000_000_u64, "maxcpu": node.host_cpus, "maxmem": node.host_memory,
            "cpu": fraction((cores / node.host_cpus).min(1.0)), "mem": mem.min(node.host_memory),
            "uptime": cluster.clock(now) - node.starttime}));
    }
    Answer::ok(Value::Array(all).to_string() + "\n")
}

fn resource(cluster: &Cluster, vm: &Vm, now: f64) -> Value {
    let mut fields = Map::new();
    let mut put = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    put("id", format!("qemu/{}", vm.vmid).into());
    put("type", "qemu".into());
    put("vmid", vm.vmid.get().into());
    put("node", vm.node.as_str().into());
    let pool = cluster.pools.iter().find(|(_, vmids)| vmids.contains(&vm.vmid));
    let service = cluster.ha.states.get(&vm.vmid);
    for (name, value) in [
        ("pool", pool.map(|(pool, _)| pool.as_str())),
        ("tags", vm.conf.get("tags")),
        ("hastate", service.map(|service| service.state.as_str())),
        ("lock", vm.conf.get("lock")),
    ] {
        if let Some(value) = value {
            put(name, value.into());
        }
    }
    if !cluster.is_measured(vm.vmid, now) {
        put("status", "unknown".into());
        return Value::Object(fields);
    }
    measured_fields(vm, cluster.columns, put);
    Value::Object(fields)
}

/// What pvestatd found.
fn measured_fields<T>(vm: &Vm, columns: Columns, mut put: impl FnMut(&str, Value) -> T) {
    let sample = &vm.sample;
    let maxcpu = f64::from(sample.maxcpu.max(1));
    put("status", if sample.running { "running" } else { "stopped" }.into());
    put("name", vm.name().into());
    put("cpu", fraction(sample.cores / maxcpu).into());
    put("maxcpu", sample.maxcpu.into());
    put("mem", sample.mem.into());
    put("maxmem", sample.maxmem.into());
    if columns == Columns::Nine {
        put("memhost", sample.memhost.into());
    }
    put("uptime", sample.uptime.into());
    put("template", u8::from(vm.conf.get("template") == Some("1")).into());
    for (name, value) in [("disk", 0), ("maxdisk", 34_359_738_368_u64)] {
        put(name, value.into());
    }
    for name in ["diskread", "diskwrite", "netin", "netout"] {
        put(name, (sample.uptime * 1000).into());
    }
}
