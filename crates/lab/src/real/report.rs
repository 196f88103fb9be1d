//! What a guest's kernel says about itself.

/// A guest's own figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GuestReport {
    /// CPUs that it uses.
    pub(crate) online_cpus: u32,
    /// CPUs that it sees.
    pub(crate) present_cpus: u32,
    pub(crate) mem_total_kib: u64,
    pub(crate) mem_free_kib: u64,
    pub(crate) mem_available_kib: u64,
    /// All of `/proc/meminfo`.
    pub(crate) meminfo: String,
}

impl GuestReport {
    /// By the lines of the agent's `report`; `None` where one is missing.
    pub(super) fn parse(lines: &[String]) -> Option<Self> {
        let value = |name: &str| lines.iter().find_map(|line| line.strip_prefix(name));
        let kib = |name| value(name)?.split_whitespace().next()?.parse().ok();
        let ours = ["online: ", "present: "];
        let rest = lines.iter().filter(|line| !ours.iter().any(|our| line.starts_with(our)));
        let meminfo: Vec<&str> = rest.flat_map(|line| [line.as_str(), "\n"]).collect();
        Some(Self {
            online_cpus: count(value("online: ")?)?,
            present_cpus: count(value("present: ")?)?,
            mem_total_kib: kib("MemTotal:")?,
            mem_free_kib: kib("MemFree:")?,
            mem_available_kib: kib("MemAvailable:")?,
            meminfo: meminfo.concat(),
        })
    }
}

/// How many a list as `0-2,5` has.
fn count(list: &str) -> Option<u32> {
    let range = |range: &str| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (first, last): (u32, u32) = (first.parse().ok()?, last.parse().ok()?);
        last.checked_sub(first)?.checked_add(1)
    };
    list.trim().split(',').map(range).sum()
}
