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

pub(super) const KEYS: [Row; 12] = [
    row(
        "clusters[0].name",
        ["\"home\"", "\"away\""],
        &[vcpus(101, "pve1", "6")],
        [GOES, "helper.yaml has no cluster `home`"],
    ),
    row(
        "clusters[0].nodes[0].name",
        ["\"pve1\"", "\"pve9\""],
        &[vcpus(101, "pve1", "6")],
        [GOES, "helper.yaml has no node `pve1` in cluster `home`"],
    ),
    row(
        "clusters[0].rules[0].vms",
        ["[101]", "[102]"],
        &[vcpus(101, "pve1", "6")],
        [GOES, "no rule of cluster `home` names VM 101"],
    ),
    row(
        "clusters[0].rules[0].min_vcpus",
        ["3", "4"],
        &[vcpus(101, "pve1", "3")],
        [GOES, "vcpus 3 is outside 4 to 8"],
    ),
    row(
        "clusters[0].rules[0].max_vcpus",
        ["8", "7"],
        &[vcpus(101, "pve1", "8")],
        [GOES, "vcpus 8 is outside 1 to 7"],
    ),
    row(
        "clusters[0].rules[0].min_memory",
        ["3584", "4096"],
        &[memory("3584")],
        [GOES, "memory 3584 is outside 4096 to 8192"],
    ),
    row(
        "clusters[0].rules[0].max_memory",
        ["4608", "4096"],
        &[memory("4608")],
        [GOES, "memory 4608 is outside 1024 to 4096"],
    ),
    row(
        "clusters[0].rules[0].min_cpulimit",
        ["0.5", "2"],
        &[("SetCpuLimit", 101, "pve1", "cpulimit", "0.5")],
        [GOES, "cpulimit 0.5 is below `min_cpulimit` 2"],
    ),
    row(
        "clusters[0].rules[0].min_balloon",
        ["1024", "2048"],
        &[("SetBalloon", 101, "pve1", "balloon", "1024")],
        [GOES, "balloon 1024 is below `min_balloon` 2048"],
    ),
    // One more than the first value lets through, not more than the second does.
    row(
        "rates.per_vm",
        ["2", "3"],
        &[vcpus(101, "pve1", "6"), vcpus(101, "pve2", "6"), vcpus(101, "pve1", "6")],
        ["`rates.per_vm` 2 a minute is used up", GOES],
    ),
    row(
        "rates.per_node",
        ["2", "3"],
        &[vcpus(101, "pve1", "6"), vcpus(102, "pve1", "6"), vcpus(103, "pve1", "6")],
        ["`rates.per_node` 2 a minute is used up", GOES],
    ),
    row(
        "rates.total",
        ["2", "3"],
        &[vcpus(101, "pve3", "6"), vcpus(102, "pve2", "6"), vcpus(103, "pve1", "6")],
        ["`rates.total` 2 a minute is used up", GOES],
    ),
];
