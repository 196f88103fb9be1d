//! What QEMU's monitor and the guest's agent answer.

use std::fmt::Write as _;

use serde_json::json;
use vm_autoscale_proxmox::{MonitorQuery, NodeName, VmId};

use crate::answer::Answer;
use crate::cluster::Cluster;
use crate::control::Part;
use crate::guest::{Figures, Qemu};
use crate::num::bytes;
use crate::vm::Vm;

/// `pvesh create …/monitor`: what QEMU says, with its line ends, and one of pvesh's.
pub(crate) fn monitor(
    cluster: &Cluster,
    name: &NodeName,
    vmid: VmId,
    query: MonitorQuery,
    now: f64,
) -> Answer {
    let vm = match find(cluster, name, vmid) {
        Ok(vm) => vm,
        Err(answer) => return answer,
    };
    let Some(qemu) = cluster.running(vm) else {
        return Answer::ok(format!("ERROR: VM {vmid} not running\n\n"));
    };
    let text = match query {
        MonitorQuery::Balloon => balloon(qemu),
        MonitorQuery::GuestStats => guest_stats(cluster, vm, qemu, now),
        MonitorQuery::HotpluggableCpus => hotpluggable_cpus(vm, qemu),
        MonitorQuery::MemorySizeSummary => format!(
            "base memory: {}\nplugged memory: {}\n",
            bytes(f64::from(qemu.base)),
            bytes(f64::from(qemu.memory() - qemu.base))
        ),
    };
    Answer::ok(text.replace('\n', "\r\n") + "\n")
}

/// From any node of the cluster: pvesh passes it on to the one that is named.
pub(crate) fn find<'a>(
    cluster: &'a Cluster,
    name: &NodeName,
    vmid: VmId,
) -> Result<&'a Vm, Answer> {
    if !cluster.nodes.contains_key(name) {
        let text = format!("failed to get address info for: {name}: Name or service not known\n");
        return Err(Answer::fail(format!("hostname lookup '{name}' failed - {text}"), 2));
    }
    if cluster.nodes.get(name).is_some_and(|node| !node.up) {
        let text = format!("ssh: connect to host {name} port 22: No route to host\n");
        return Err(Answer::fail(text, 255));
    }
    cluster.vm(name, vmid).map_err(|text| Answer::fail(text, 2))
}

fn balloon(qemu: &Qemu) -> String {
    match qemu.ballooned {
        Some(held) => format!("balloon: actual={}\n", qemu.memory().saturating_sub(held)),
        None => "Error: No balloon device has been activated\n".into(),
    }
}

fn hotpluggable_cpus(vm: &Vm, qemu: &Qemu) -> String {
    let number = |key| vm.conf.number(key).unwrap_or(1).max(1);
    let (sockets, cores) = (number("sockets"), number("cores"));
    let numa = vm.conf.get("numa") == Some("1");
    let pluggable = vm.conf.parsed().is_some_and(|config| config.hotplug.cpu);
    let mut text = String::from("Hotpluggable CPUs:\n");
    for i in (0..sockets.saturating_mul(cores)).rev() {
        let (socket, core) = (i / cores, i % cores);
        text.push_str("  type: \"qemu64-x86_64-cpu\"\n  vcpus_count: \"1\"\n");
        // Writing to a String cannot fail.
        let _ = match i {
            i if !qemu.vcpus.contains(&(i + 1)) => Ok(()),
            i if i > 0 && pluggable => {
                writeln!(text, "  qom_path: \"/machine/peripheral/cpu{}\"", i + 1)
            }
            i => writeln!(text, "  qom_path: \"/machine/unattached/device[{i}]\""),
        };
        text.push_str("  CPUInstance Properties:\n");
        if numa {
            let _ = writeln!(text, "    node-id: \"{socket}\"");
        }
        let _ = write!(
            text,
            "    socket-id: \"{socket}\"\n    core-id: \"{core}\"\n    thread-id: \"0\"\n"
        );
    }
    text
}

/// The balloon driver's figures; what it does not know is all ones, and so is everything where
/// there is no driver.
fn guest_stats(cluster: &Cluster, vm: &Vm, qemu: &Qemu, now: f64) -> String {
    const UNKNOWN: u64 = u64::MAX;
    if qemu.ballooned.is_none() {
        return "Error: Device '/machine/peripheral/balloon0' not found\n".into();
    }
    let figures = vm.figures(now, cluster.load_time(now));
    let known = |value: &dyn Fn(Figures) -> u64| figures.map_or(UNKNOWN, value);
    let swapped = known(&|all| bytes(all.swapped));
    let stats = [
        ("htlb-pgalloc", known(&|_| 0)),
        ("swap-out", swapped),
        ("alloc-stalls", UNKNOWN),
        ("available-memory", known(&|all| bytes(all.total - all.used + all.cache))),
        ("direct-reclaims", UNKNOWN),
        ("direct-scans", UNKNOWN),
        ("htlb-pgfail", known(&|_| 0)),
        ("free-memory", known(&|all| bytes(all.total - all.used))),
        ("minor-faults", known(&|_| 563)),
        ("major-faults", known(&|all| bytes(all.swapped) / 4096)),
        ("total-memory", known(&|all| bytes(all.total))),
        ("oom-kills", UNKNOWN),
        ("async-reclaims", UNKNOWN),
        ("swap-in", swapped),
        ("async-scans", UNKNOWN),
        ("disk-caches", known(&|all| bytes(all.cache))),
    ];
    let lines = stats.map(|(name, value)| format!("        \"stat-{name}\": {value}"));
    format!(
        "{{\n    \"stats\": {{\n{}\n    }},\n    \"last-update\": {}\n}}\n",
        lines.join(",\n"),
        figures.map_or(0, |all| cluster.clock(all.at))
    )
}

/// `qm guest cmd ID get-vcpus`.
pub(crate) fn guest_vcpus(cluster: &Cluster, name: &NodeName, vmid: VmId) -> Answer {
    let (vm, qemu) = match agent(cluster, name, vmid) {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let cpu = |i: u32| {
        format!(
            "   {{\n      \"can-offline\" : {},\n      \"logical-id\" : {},\n      \"online\" : {}\n   }}",
            i > 1,
            i - 1,
            vm.guest.online_cpus.contains(&i)
        )
    };
    let cpus: Vec<String> = match vm.real.as_ref().and_then(|real| real.report.as_ref()) {
        Some(report) => (1..=report.present_cpus).map(cpu).collect(),
        None => qemu.vcpus.iter().copied().map(cpu).collect(),
    };
    Answer::ok(format!("[\n{}\n]\n", cpus.join(",\n")))
}

/// `pvesh get …/agent/file-read --file /proc/meminfo`.
pub(crate) fn guest_meminfo(cluster: &Cluster, name: &NodeName, vmid: VmId, now: f64) -> Answer {
    let (vm, qemu) = match agent(cluster, name, vmid) {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let report = vm.real.as_ref().and_then(|real| real.report.as_ref());
    let content = report
        .map_or_else(|| meminfo(vm, qemu, cluster.load_time(now)), |report| report.meminfo.clone());
    Answer::ok(json!({"bytes-read": content.len(), "content": content}).to_string() + "\n")
}

fn meminfo(vm: &Vm, qemu: &Qemu, load_time: f64) -> String {
    let (used, cache) = vm.memory_use(qemu, vm.demand(load_time));
    let total = f64::from(vm.guest.usable(qemu));
    let kib = |mib: f64| bytes(mib) / 1024;
    format!(
        "MemTotal:       {:>8} kB\nMemFree:        {:>8} kB\nMemAvailable:   {:>8} kB\nBuffers:        {:>8} kB\nCached:         {:>8} kB\nSwapTotal:      {:>8} kB\nSwapFree:       {:>8} kB\n",
        kib(total),
        kib(total - used),
        kib(total - used + cache),
        0,
        kib(cache),
        0,
        0
    )
}

fn agent<'a>(
    cluster: &'a Cluster,
    name: &NodeName,
    vmid: VmId,
) -> Result<(&'a Vm, &'a Qemu), Answer> {
    let vm = find(cluster, name, vmid)?;
    let Some(qemu) = cluster.running(vm) else {
        return Err(Answer::fail(format!("VM {vmid} is not running\n"), 2));
    };
    if !has_agent(vm) {
        return Err(Answer::fail("No QEMU guest agent configured\n", 255));
    }
    if is_silent(vm) {
        return Err(Answer::fail("QEMU guest agent is not running\n", 255));
    }
    Ok((vm, qemu))
}

fn is_silent(vm: &Vm) -> bool {
    let unheard = vm.real.as_ref().is_some_and(|real| real.report.is_none());
    vm.guest.dead || unheard || vm.faults.contains(&Part::AgentSilent)
}

/// Whether Proxmox would ask an agent that does not answer.
pub(crate) fn waits_in_vain(cluster: &Cluster, vmid: VmId) -> bool {
    let vm = cluster.vms.get(&vmid);
    vm.is_some_and(|vm| cluster.running(vm).is_some() && has_agent(vm) && is_silent(vm))
}

fn has_agent(vm: &Vm) -> bool {
    vm.conf.get("agent").is_some_and(|agent| agent.starts_with('1'))
}
