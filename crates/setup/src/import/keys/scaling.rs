//! When and how far VMs were scaled.

use super::{ALL, Key, ORIGINAL, carried, refused, replaced};

const MARK_HIGH: &str = "above this mark one vCPU or one step of memory more, on a single reading";
const MARK_LOW: &str = "below this mark one step less; in the original before 1.7.0 on a single \
    reading, and before 1.4.0 a reading that failed counted as idle";
const LIMITS: &str = "in the original before 1.3.0 never read: 1 to 8 cores and 512 to 16384 MiB \
    held whatever it said";
const GATE: &str = "above it nothing was scaled on that host, shrinking included";
const FLAT: &str = "before 1.3.0 the limits that were really read; later where `scaling_limits` did \
    not say";

pub(super) const KEYS: &[Key] = &[
    carried(
        "scaling_thresholds.cpu.high",
        ALL,
        MARK_HIGH,
        "config.yaml: scaling_thresholds.cpu.high",
    ),
    carried("scaling_thresholds.cpu.low", ALL, MARK_LOW, "config.yaml: scaling_thresholds.cpu.low"),
    carried(
        "scaling_thresholds.ram.high",
        ALL,
        MARK_HIGH,
        "config.yaml: scaling_thresholds.ram.high",
    ),
    carried("scaling_thresholds.ram.low", ALL, MARK_LOW, "config.yaml: scaling_thresholds.ram.low"),
    carried(
        "scaling_limits.min_cores",
        ALL,
        LIMITS,
        "config.yaml: scaling_limits.min_cores; helper.yaml: min_vcpus of the VMs' rules",
    ),
    carried(
        "scaling_limits.max_cores",
        ALL,
        LIMITS,
        "config.yaml: scaling_limits.max_cores; helper.yaml: max_vcpus of the VMs' rules",
    ),
    carried(
        "scaling_limits.min_ram_mb",
        ALL,
        LIMITS,
        "config.yaml: scaling_limits.min_ram_mb; helper.yaml: min_memory of the VMs' rules",
    ),
    carried(
        "scaling_limits.max_ram_mb",
        ALL,
        LIMITS,
        "config.yaml: scaling_limits.max_ram_mb; helper.yaml: max_memory of the VMs' rules",
    ),
    replaced("min_cores", ORIGINAL, FLAT, "config.yaml: scaling_limits.min_cores"),
    replaced("max_cores", ORIGINAL, FLAT, "config.yaml: scaling_limits.max_cores"),
    replaced("min_ram", ORIGINAL, FLAT, "config.yaml: scaling_limits.min_ram_mb"),
    replaced("max_ram", ORIGINAL, FLAT, "config.yaml: scaling_limits.max_ram_mb"),
    carried(
        "check_interval",
        ALL,
        "slept so long between two rounds, in each of which it looked and decided",
        "config.yaml: check_interval, between two decisions; it looks every 10 s all the same",
    ),
    carried(
        "scale_cooldown",
        ALL,
        "without effect in the original before 1.3.0 and in the fork over SSH: its clock began \
         anew every round",
        "config.yaml: scale_cooldown, for vCPUs and memory each; it holds now",
    ),
    carried(
        "scale_down_after_cycles",
        ORIGINAL,
        "since 1.7.0: so many low readings in a row before a VM shrank",
        "config.yaml: scale_down_after_cycles",
    ),
    carried(
        "host_limits.max_host_cpu_percent",
        ALL,
        GATE,
        "config.yaml: host_limits.max_host_cpu_percent; it holds back growing only",
    ),
    carried(
        "host_limits.max_host_ram_percent",
        ALL,
        GATE,
        "config.yaml: host_limits.max_host_ram_percent; it holds back growing only",
    ),
    refused(
        "auto_configure_hotplug",
        ORIGINAL,
        "by default wrote `hotplug` and `numa` into the VMs' configs without asking; a running VM \
         did not get them before its next start",
        "nothing edits a VM unasked: `vm-autoscale plan` says what a VM lacks, with the command",
    ),
    carried(
        "dry_run",
        ORIGINAL,
        "since 1.6.0: decided and told, changed nothing",
        "config.yaml: dry_run",
    ),
];
