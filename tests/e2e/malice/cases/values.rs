//! What changes are asked with.

use super::Site;

/// What each change is asked with, in the form of a request.
pub(super) const VALUES: &[(&str, &str, &[&str])] = &[
    ("SetVcpus", "vcpus", &["1", "2", "3", "4", "5", "6", "7", "4096"]),
    (
        "SetMemory",
        "memory",
        &[
            "16", "512", "1024", "2047", "2048", "2560", "3072", "4096", "4100", "4608", "8191",
            "8192", "8193", "8704", "4194304",
        ],
    ),
    (
        "SetMemory",
        "memory",
        &[
            "2048, \"balloon\": 1023",
            "2048, \"balloon\": 1024",
            "2048, \"balloon\": 2048",
            "2048, \"balloon\": 2049",
            "4096, \"balloon\": 3072",
            "4096, \"balloon\": 3073",
            "4096, \"balloon\": 4097",
            "4100, \"balloon\": 1024",
        ],
    ),
    ("SetBalloon", "balloon", &["1", "1023", "1024", "2048", "3072", "3073", "4097", "4194304"]),
    ("SetCpuLimit", "cpulimit", &["0", "0.01", "0.49", "0.5", "1", "4", "4.01", "1e1", "128"]),
    ("Revert", "option", &[r#""vcpus""#, r#""memory_and_balloon""#]),
];

/// What is measured from what the VM has: the longest steps that may be, and one more.
pub(super) fn near(site: &Site, cluster: &str, vm: u64, method: &str) -> Vec<String> {
    let Some(read) = site.oracle.last(cluster, vm) else { return Vec::new() };
    let (vcpus, memory) = (read.vcpus, read.memory);
    let values = match method {
        "SetBalloon" => vec![memory, memory + 1],
        "SetMemory" => vec![memory - 512, memory - 1024, memory + 1024, memory + 1536],
        "SetVcpus" => vec![vcpus.saturating_sub(4), vcpus.saturating_sub(3), vcpus + 2, vcpus + 3],
        _ => Vec::new(),
    };
    values.into_iter().map(|value| value.to_string()).collect()
}
