//! What the lab's own history and VMs say of all of it.

use std::collections::BTreeMap;

use vm_autoscale_lab::{Entry, VmInfo};
use vm_autoscale_planner::Move;
use vm_autoscale_proxmox::{VmConfig, VmId};

use super::books::Books;

/// Of vCPUs, and of MiB.
pub(super) const CORES: (u32, u32) = (1, 6);
pub(super) const MEMORY: (u32, u32) = (1024, 12_288);

/// Why the VMs are not as they are to be at the end.
pub(super) fn unsettled(vms: &[VmInfo]) -> Vec<String> {
    let wrong = |vm: &VmInfo| {
        let config = VmConfig::parse(&vm.conf).unwrap();
        let waits = vm.conf.contains("[PENDING]");
        let vcpus = config.plugged_vcpus().ok().map(u32::from) == vm.qemu_vcpus;
        let memory = Some(config.memory.get()) == vm.qemu_memory;
        let told = || format!("{vm:?}");
        (waits || !vcpus || !memory).then(told)
    };
    vms.iter().filter_map(wrong).collect()
}

/// What is wrong with what was done.
pub(super) fn wrong(history: &[Entry], books: &Books) -> Vec<String> {
    let mut wrong = books.wrong.clone();
    for (vmid, step) in &books.steps {
        let (from, to, (min, max)) = match step {
            Move::Cpu { from, to } => (from.get(), to.get(), CORES),
            Move::Memory { from, to } => (from.get(), to.get(), MEMORY),
            // Its configs name no other lever.
            Move::CpuLimit { .. } | Move::Balloon { .. } => {
                wrong.push(format!("VM {vmid}: {step} by a lever that was not given"));
                continue;
            }
        };
        if (to > from && to > max) || (to < from && to < min) {
            wrong.push(format!("VM {vmid}: {step} is out of bounds"));
        }
    }
    let mut executed: BTreeMap<&str, u64> = BTreeMap::new();
    for entry in history.iter().filter(|entry| is_change(entry)) {
        *executed.entry(&entry.line).or_default() += 1;
    }
    for (line, times) in executed {
        let sent = books.sent.get(line).copied().unwrap_or_default();
        if times > sent {
            wrong.push(format!("sent {sent} times, executed {times} times: {line}"));
        }
    }
    wrong.extend(unread(history));
    wrong
}

fn is_change(entry: &Entry) -> bool {
    entry.kind == "SetVcpus" || entry.kind == "SetMemory"
}

/// Changes that came while an earlier one was at work, or before anybody had read what became of
/// it.
fn unread(history: &[Entry]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut by_vm: BTreeMap<VmId, Vec<&Entry>> = BTreeMap::new();
    for entry in history.iter().filter(|entry| is_change(entry)) {
        by_vm.entry(entry.vmid.unwrap()).or_default().push(entry);
    }
    for (vmid, mut changes) in by_vm {
        changes.sort_by(|one, other| one.start.total_cmp(&other.start));
        let file = format!("/{vmid}.conf");
        let reads: Vec<&Entry> = history
            .iter()
            .filter(|entry| entry.kind == "ReadConfigs" && entry.line.contains(&file))
            .collect();
        for pair in changes.windows(2) {
            let (first, second) = (pair[0], pair[1]);
            let within = first.start..second.start;
            let read = reads.iter().any(|read| within.contains(&read.start));
            if !read || second.start < first.end {
                wrong.push(format!("VM {vmid}: not read in between: {first:?} {second:?}"));
            }
        }
    }
    wrong
}
