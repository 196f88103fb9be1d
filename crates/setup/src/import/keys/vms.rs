//! The VMs.

use super::{ALL, Key, ORIGINAL, carried};

const IGNORED: &str = "before 1.5.0 ignored: the marks for all VMs held";
const LIMITS: &str = "before 1.6.0 ignored: the limits for all VMs held";
const SWITCH: &str = "in the original a VM without this key was left alone, in the fork it was not";

pub(super) const KEYS: &[Key] = &[
    carried(
        "virtual_machines[].vm_id",
        ALL,
        "the VM; the original put the text into a root shell's command as it was",
        "config.yaml: virtual_machines[].vm_id; helper.yaml: vms of a rule",
    ),
    carried(
        "virtual_machines[].proxmox_host",
        ALL,
        "the host by its name; before 1.7.0 the original skipped the VM silently where none had it",
        "config.yaml: virtual_machines[].proxmox_host, the cluster's name in helper.yaml",
    ),
    carried(
        "virtual_machines[].scaling_enabled",
        ALL,
        SWITCH,
        "config.yaml: virtual_machines[].scaling_enabled; where false, no rule in helper.yaml",
    ),
    carried(
        "virtual_machines[].cpu_scaling",
        ALL,
        SWITCH,
        "config.yaml: virtual_machines[].cpu_scaling; where false, no max_vcpus in helper.yaml",
    ),
    carried(
        "virtual_machines[].ram_scaling",
        ALL,
        SWITCH,
        "config.yaml: virtual_machines[].ram_scaling; where false, no max_memory in helper.yaml",
    ),
    thresholds("virtual_machines[].thresholds.cpu_high", "cpu.high"),
    thresholds("virtual_machines[].thresholds.cpu_low", "cpu.low"),
    thresholds("virtual_machines[].thresholds.ram_high", "ram.high"),
    thresholds("virtual_machines[].thresholds.ram_low", "ram.low"),
    thresholds("virtual_machines[].thresholds.cpu.high", "cpu.high"),
    thresholds("virtual_machines[].thresholds.cpu.low", "cpu.low"),
    thresholds("virtual_machines[].thresholds.ram.high", "ram.high"),
    thresholds("virtual_machines[].thresholds.ram.low", "ram.low"),
    limits("virtual_machines[].scaling_limits.min_cores"),
    limits("virtual_machines[].scaling_limits.max_cores"),
    limits("virtual_machines[].scaling_limits.min_ram_mb"),
    limits("virtual_machines[].scaling_limits.max_ram_mb"),
];

const fn thresholds(path: &'static str, mark: &'static str) -> Key {
    let now = match mark.as_bytes() {
        b"cpu.high" => "config.yaml: virtual_machines[].thresholds.cpu.high",
        b"cpu.low" => "config.yaml: virtual_machines[].thresholds.cpu.low",
        b"ram.high" => "config.yaml: virtual_machines[].thresholds.ram.high",
        _ => "config.yaml: virtual_machines[].thresholds.ram.low",
    };
    carried(path, ORIGINAL, IGNORED, now)
}

const fn limits(path: &'static str) -> Key {
    let now =
        "config.yaml: virtual_machines[].scaling_limits, same key; helper.yaml: the VM's rule";
    carried(path, ORIGINAL, LIMITS, now)
}
