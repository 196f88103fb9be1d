//! The keys, and what they let through.

/// A change: its name, the VM, the node, the option and its value as JSON.
pub(super) type Ask = (&'static str, u32, &'static str, &'static str, &'static str);

/// One key, two values of it as JSON, what is asked, and what comes of the last of it.
pub(super) struct Row {
    pub(super) path: &'static str,
    pub(super) values: [&'static str; 2],
    pub(super) asked: &'static [Ask],
    pub(super) comes: [&'static str; 2],
}

const fn row(
    path: &'static str,
    values: [&'static str; 2],
    asked: &'static [Ask],
    comes: [&'static str; 2],
) -> Row {
    Row { path, values, asked, comes }
}

const GOES: &str = "goes to pve1";

const fn vcpus(vmid: u32, node: &'static str, to: &'static str) -> Ask {
    ("SetVcpus", vmid, node, "vcpus", to)
}

const fn memory(to: &'static str) -> Ask {
    ("SetMemory", 101, "pve1", "memory", to)
}

pub(super) const KEYS: [Row; 21] = [
    row(
        "clusters[0].name",
        ["\"home\"", "\"away\""],
        &[vcpus(101, "pve1", "6")],
        [GOES, "helper.yaml: there is no cluster `home`"],
    ),
    row(
        "clusters[0].nodes[0].name",
        ["\"pve1\"", "\"pve9\""],
        &[vcpus(101, "pve1", "6")],
        [GOES, "helper.yaml:1: there is no node `pve1` in cluster `home`"],
    ),
    row(
        "clusters[0].rules[0].vms",
        ["[101]", "[102]"],
        &[vcpus(101, "pve1", "6")],
        [GOES, "helper.yaml:1: no rule of cluster `home` names VM 101"],
    ),
    row(
        "clusters[0].rules[0].min_vcpus",
        ["3", "4"],
        &[vcpus(101, "pve1", "3")],
        [GOES, "helper.yaml:1: vcpus 3 is outside 4 to 8 (`min_vcpus`)"],
    ),
    row(
        "clusters[0].rules[0].max_vcpus",
        ["8", "7"],
        &[vcpus(101, "pve1", "8")],
        [GOES, "helper.yaml:1: vcpus 8 is outside 1 to 7 (`max_vcpus`)"],
    ),
    row(
        "clusters[0].rules[0].min_memory",
        ["3584", "4096"],
        &[memory("3584")],
        [GOES, "helper.yaml:1: memory 3584 is outside 4096 to 8192 (`min_memory`)"],
    ),
    row(
        "clusters[0].rules[0].max_memory",
        ["4608", "4096"],
        &[memory("4608")],
        [GOES, "helper.yaml:1: memory 4608 is outside 1024 to 4096 (`max_memory`)"],
    ),
    row(
        "clusters[0].rules[0].min_cpulimit",
        ["0.5", "2"],
        &[("SetCpuLimit", 101, "pve1", "cpulimit", "0.5")],
        [GOES, "helper.yaml:1: cpulimit 0.5 is below 2 (`min_cpulimit`)"],
    ),
    row(
        "clusters[0].rules[0].min_balloon",
        ["1024", "2048"],
        &[("SetBalloon", 101, "pve1", "balloon", "1024")],
        [GOES, "helper.yaml:1: balloon 1024 is below 2048 (`min_balloon`)"],
    ),
    row(
        "read_only",
        ["false", "true"],
        &[vcpus(101, "pve1", "6")],
        [GOES, "helper.yaml:1: nothing is changed because of `read_only`"],
    ),
    row(
        "clusters[0].read_only",
        ["false", "true"],
        &[vcpus(101, "pve1", "6")],
        [GOES, "helper.yaml:1: nothing is changed because of `read_only`"],
    ),
    row(
        "runtime_directory",
        ["\"PLACE/run\"", "\"/proc/none\""],
        &[vcpus(101, "pve1", "6")],
        [
            GOES,
            "a change cannot be written down before it is made: /proc/none: No such file or directory (os error 2)",
        ],
    ),
    // Nobody has looked at the cluster: the sum is not known.
    row(
        "clusters[0].max_total_memory",
        ["null", "16384"],
        &[memory("4608")],
        [
            GOES,
            "helper.yaml:1: memory 4608: no look at the cluster in the last 60 s (`max_total_memory`)",
        ],
    ),
    row(
        "clusters[0].rules[0].except",
        ["[102]", "[101]"],
        &[vcpus(101, "pve1", "6")],
        [GOES, "helper.yaml:1: no rule of cluster `home` names VM 101"],
    ),
    row(
        "clusters[0].rules[0].max_vcpus_step",
        ["2", "1"],
        &[vcpus(101, "pve1", "8")],
        [GOES, "helper.yaml:1: vcpus 6 -> 8: at most 1 at once (`max_vcpus_step`)"],
    ),
    row(
        "clusters[0].rules[0].max_memory_step",
        ["1024", "512"],
        &[memory("5120")],
        [
            GOES,
            "helper.yaml:1: memory 4096 -> 5120 MiB: at most 512 more at once (`max_memory_step`)",
        ],
    ),
    row(
        "clusters[0].rules[0].max_cpulimit",
        ["4", "3"],
        &[("SetCpuLimit", 101, "pve1", "cpulimit", "4")],
        [GOES, "helper.yaml:1: cpulimit 4 is above 3 (`max_cpulimit`)"],
    ),
    row(
        "clusters[0].rules[0].max_balloon",
        ["2048", "2047"],
        &[("SetBalloon", 101, "pve1", "balloon", "2048")],
        [GOES, "helper.yaml:1: balloon 2048 is above 2047 (`max_balloon`)"],
    ),
    // One more than the first value lets through, not more than the second does.
    row(
        "rates.per_vm",
        ["2", "3"],
        &[vcpus(101, "pve1", "6"), vcpus(101, "pve2", "6"), vcpus(101, "pve1", "6")],
        ["helper.yaml:1: 2 a minute are used up (`rates.per_vm`)", GOES],
    ),
    row(
        "rates.per_node",
        ["2", "3"],
        &[vcpus(101, "pve1", "6"), vcpus(102, "pve1", "6"), vcpus(103, "pve1", "6")],
        ["helper.yaml:1: 2 a minute are used up (`rates.per_node`)", GOES],
    ),
    row(
        "rates.total",
        ["2", "3"],
        &[vcpus(101, "pve3", "6"), vcpus(102, "pve2", "6"), vcpus(103, "pve1", "6")],
        ["helper.yaml:1: 2 a minute are used up (`rates.total`)", GOES],
    ),
];
