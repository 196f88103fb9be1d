//! Memory, by the lever that the file says.

use vm_autoscale_config::DoctorCode as Code;
use vm_autoscale_proxmox::{BalloonMib, Ladder, MemoryMib, VmConfig};

use super::cpu::times;
use super::{Finding, Level, Patient, QmOption};

/// What DIMMs are added to (`PVE/QemuServer/Memory.pm`), in MiB.
const STATIC_MIB: u32 = 1024;
/// What has a guest's kernel use memory that is plugged, in such a way that it gives it back.
const KERNEL: &str = "in the guest, as kernel parameters: memhp_default_state=online_movable memory_hotplug.online_policy=auto-movable";
const NOT_BY_FILE: &str = "in config.yaml, for this VM: `ram_scaling: false`";

pub(super) fn findings(patient: &Patient<'_>, config: &VmConfig) -> Vec<Finding> {
    let mut found = Vec::new();
    if patient.wants_dimms() {
        found.extend(dimms(patient, config));
    } else if patient.wants_balloon() {
        found.extend(balloon(config));
    } else {
        return found;
    }
    if !config.memory_ties.passthrough.is_empty() {
        let text =
            "a device of the host (`hostpci`) pins its memory: what it gives back helps nobody";
        found.push(Finding::new(Code::D208, Level::Warn, text).advise(NOT_BY_FILE));
    }
    if patient.may_run() {
        found.extend(of_guest(patient, config));
    }
    found
}

fn dimms(patient: &Patient<'_>, config: &VmConfig) -> Vec<Finding> {
    let mut found = pages_and_balloon(config);
    if !config.memory_ties.virtiofs.is_empty() {
        // Nothing else makes it able, and with memory hotplug it would not even start.
        let text = "DIMMs cannot be plugged: it has a virtiofs share";
        let advice = format!("{NOT_BY_FILE}, or `memory_lever: balloon`");
        found.push(Finding::new(Code::D204, Level::Fail, text).advise(advice));
        return found;
    }
    let needs = needs(config);
    if !config.hotplug.memory {
        // Alone it would keep the VM from starting: all that has to go with it is in one line.
        let (cpu, others) = (config.hotplug.cpu || patient.wants_vcpus(), config.other_hotplug);
        let hotplug = QmOption::Hotplug { cpu, memory: true, others };
        let set = std::iter::once(hotplug).chain(needs.iter().flat_map(|need| need.set.clone()));
        let text = "DIMMs cannot be plugged: `hotplug` has no memory";
        found.push(Finding::new(Code::D202, Level::Fail, text).set(set).by_power_cycle());
    }
    found.extend(needs);
    found
}

/// What memory hotplug needs besides: without any of it the VM does not start.
fn needs(config: &VmConfig) -> Vec<Finding> {
    let mut found = Vec::new();
    if !config.numa {
        let finding = Finding::new(Code::D201, Level::Fail, "DIMMs cannot be plugged: NUMA is off");
        found.push(finding.set([QmOption::Numa]).by_power_cycle());
    }
    let nodes = config.memory_ties.numa_nodes;
    if !nodes.is_empty() {
        let text = "DIMMs cannot be plugged: it has a NUMA topology of its own (`numa0` …)";
        let finding = Finding::new(Code::D203, Level::Fail, text);
        found.push(finding.set([QmOption::NoNumaNodes(nodes)]).by_power_cycle());
    }
    // Huge pages have a ladder of their own.
    if let Some((code, text, to)) = off_ladder(config).filter(|_| !config.hugepages) {
        let level = if config.hotplug.memory { Level::Fail } else { Level::Warn };
        let text = format!("{text}: it does not start with memory hotplug");
        let finding = Finding::new(code, level, text);
        found.push(finding.set([QmOption::Memory(to)]).by_power_cycle());
    }
    found
}

/// A size with which a VM does not start once its memory can be plugged, and the next that is none.
fn off_ladder(config: &VmConfig) -> Option<(Code, String, MemoryMib)> {
    let memory = config.memory;
    let to = Ladder::ceil(memory).filter(|to| *to != memory)?;
    Some(if memory.get() < STATIC_MIB {
        (Code::D205, format!("memory {memory} is below {STATIC_MIB} MiB"), to)
    } else {
        (Code::D206, format!("memory {memory} is not on the ladder of DIMMs"), to)
    })
}

/// Huge pages, and automatic ballooning, which would fight for the same memory.
fn pages_and_balloon(config: &VmConfig) -> Vec<Finding> {
    let mut found = Vec::new();
    if config.hugepages {
        let text = "`hugepages` pins its memory and makes its sizes other ones: it is left alone";
        let finding = Finding::new(Code::D207, Level::Fail, text).set([QmOption::NoHugepages]);
        found.push(finding.by_power_cycle());
    }
    let back = [QmOption::NoBalloonTarget];
    match config.balloon {
        Some(0) => {
            let text =
                "no balloon device (`balloon: 0`): what its guest could spare cannot be asked";
            found.push(Finding::new(Code::D210, Level::Warn, text).set(back).by_power_cycle());
        }
        Some(target) if target > config.memory.get() => {
            found.push(above(config, target).set(back));
        }
        Some(target) => {
            let text = format!("`balloon: {target}` leaves its memory to automatic ballooning");
            found.push(Finding::new(Code::D212, Level::Fail, text).set(back));
        }
        None => {}
    }
    found
}

/// The balloon as the lever.
fn balloon(config: &VmConfig) -> Vec<Finding> {
    let mut found = Vec::new();
    match config.balloon {
        Some(0) => {
            let text = "no balloon device to move (`balloon: 0`)";
            let finding = Finding::new(Code::D210, Level::Fail, text);
            found.push(finding.set([QmOption::NoBalloonTarget]).by_power_cycle());
        }
        Some(target) if target > config.memory.get() => {
            let to = BalloonMib::try_from(config.memory.get()).ok().map(QmOption::Balloon);
            found.push(above(config, target).set(to));
        }
        _ => {}
    }
    if config.shares != Some(0) {
        let text = "its balloon is left to automatic ballooning (`shares` is not 0)";
        found.push(Finding::new(Code::D211, Level::Fail, text).set([QmOption::NoShares]));
    }
    found
}

fn above(config: &VmConfig, target: u32) -> Finding {
    let text = format!(
        "`balloon: {target}` is above `memory: {}`: Proxmox refuses every change",
        config.memory
    );
    Finding::new(Code::D213, Level::Fail, text)
}

/// What changes of ours and questions have shown.
fn of_guest(patient: &Patient<'_>, config: &VmConfig) -> Vec<Finding> {
    let (learnt, mut found) = (patient.learnt, Vec::new());
    if learnt.driver == Some(false) && config.balloon != Some(0) {
        let text = "its balloon driver does not answer: what its guest could spare is not known";
        let finding = Finding::new(Code::D214, Level::Warn, text);
        found.push(finding.advise("in the guest: load virtio_balloon; on Windows, the virtio driver and the service blnsvr"));
    }
    if learnt.dimms_kept > 0 {
        let text = format!(
            "its guest kept a DIMM that was to be taken, {} in a row",
            times(learnt.dimms_kept)
        );
        found.push(Finding::new(Code::D230, Level::Warn, text).by_power_cycle().advise(KERNEL));
    }
    if learnt.unused_memory {
        let has = learnt.guest_memory;
        let has =
            has.map_or_else(String::new, |has| format!(": it uses {has} of {} MiB", config.memory));
        let text = format!("its guest does not use all memory that is plugged{has}");
        found.push(Finding::new(Code::D231, Level::Fail, text).by_power_cycle().advise(KERNEL));
    }
    found
}
