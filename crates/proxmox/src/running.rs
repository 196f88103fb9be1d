//! What QEMU and the guest have, by the monitor's and the agent's answers.

use serde::Deserialize;
use serde_json::Number;

use crate::{Error, Vcpus, VmId};

/// vCPUs that QEMU has, from `info hotpluggable-cpus`: the entries with a `qom_path`.
///
/// # Errors
/// Not such an answer; a failing monitor command prints `ERROR:` and exits 0.
pub fn parse_hotpluggable_cpus(text: &str) -> Result<Vcpus, Error> {
    const WHAT: &str = "info hotpluggable-cpus";
    let lines = || text.lines().map(str::trim);
    if lines().next() != Some("Hotpluggable CPUs:") {
        return Err(Error::format(WHAT, first_line(text)));
    }
    let present = lines().filter(|line| line.starts_with("qom_path:")).count();
    let present = u32::try_from(present).map_err(|_| Error::format(WHAT, "too many CPUs"))?;
    Vcpus::try_from(present)
}

/// Memory that QEMU has in MiB, base and DIMMs, from `info memory_size_summary`.
///
/// # Errors
/// Not such an answer.
pub fn parse_memory_size_summary(text: &str) -> Result<u32, Error> {
    const WHAT: &str = "info memory_size_summary";
    let bytes = |name: &str| {
        let value =
            text.lines().find_map(|line| line.trim().strip_prefix(name)?.strip_prefix(": "));
        value.and_then(|v| v.trim().parse::<u64>().ok())
    };
    // A machine without DIMM slots prints no second line.
    let base = bytes("base memory").ok_or_else(|| Error::format(WHAT, first_line(text)))?;
    let plugged = bytes("plugged memory").unwrap_or(0);
    let mib = base.saturating_add(plugged) / (1024 * 1024);
    mib.try_into().map_err(|_| Error::format(WHAT, "more memory than there is"))
}

/// What the balloon leaves to the guest in MiB, from `info balloon`.
///
/// # Errors
/// Not such an answer, for instance because there is no device.
pub fn parse_balloon(text: &str) -> Result<u32, Error> {
    let value = text.lines().find_map(|line| line.trim().strip_prefix("balloon: actual="));
    let value = value.and_then(|v| v.split_whitespace().next()?.parse().ok());
    value.ok_or_else(|| Error::format("info balloon", first_line(text)))
}

/// vCPUs that the guest has online, from `qm guest cmd ID get-vcpus`.
///
/// # Errors
/// Not such an answer.
pub fn parse_guest_vcpus(text: &str) -> Result<Vcpus, Error> {
    #[derive(Deserialize)]
    struct Cpu {
        online: bool,
    }
    const WHAT: &str = "qm guest cmd get-vcpus";
    let cpus: Vec<Cpu> =
        serde_json::from_str(text).map_err(|e| Error::format(WHAT, e.to_string()))?;
    let online = cpus.iter().filter(|cpu| cpu.online).count();
    u32::try_from(online).map_err(|_| Error::format(WHAT, "too many CPUs"))?.try_into()
}

/// The longest text of statistics that is read, in bytes: the real ones have less than 1 KiB.
const MAX_STATS: usize = 16 * 1024;

/// What the guest's balloon driver says of its memory. What it does not say is absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GuestMemory {
    /// All that the guest uses or could use, in MiB: what the kernel keeps for itself from the
    /// start is not in it, nor what the balloon holds.
    pub total: Option<u32>,
    /// What programs could get without swapping, in MiB.
    pub available: Option<u32>,
    /// What nobody uses, in MiB.
    pub free: Option<u32>,
    /// What it read from and wrote to swap since it booted, in bytes.
    pub swapped: Option<u64>,
    /// Page faults since it booted that had to wait for a disk.
    pub major_faults: Option<u64>,
    /// When the guest said so, in seconds since 1970 by the node's clock.
    pub last_update: Option<u64>,
}

/// The guest's memory, from `qom-get /machine/peripheral/balloon0 guest-stats`.
///
/// # Errors
/// Not such an answer, for instance because there is no device.
pub fn parse_guest_stats(text: &str) -> Result<GuestMemory, Error> {
    #[derive(Deserialize)]
    struct Answer {
        stats: Stats,
        #[serde(rename = "last-update")]
        last_update: Option<Number>,
    }
    #[derive(Deserialize)]
    struct Stats {
        #[serde(rename = "stat-total-memory")]
        total: Option<Number>,
        #[serde(rename = "stat-available-memory")]
        available: Option<Number>,
        #[serde(rename = "stat-free-memory")]
        free: Option<Number>,
        #[serde(rename = "stat-swap-in")]
        swapped_in: Option<Number>,
        #[serde(rename = "stat-swap-out")]
        swapped_out: Option<Number>,
        #[serde(rename = "stat-major-faults")]
        major_faults: Option<Number>,
    }
    const WHAT: &str = "guest-stats";
    let text = text.trim();
    if text.len() > MAX_STATS || !text.starts_with('{') {
        return Err(Error::format(WHAT, first_line(text)));
    }
    let Answer { stats, last_update } =
        serde_json::from_str(text).map_err(|e| Error::format(WHAT, first_line(&e.to_string())))?;
    Ok(GuestMemory {
        total: mib(stats.total),
        available: mib(stats.available),
        free: mib(stats.free),
        swapped: figure(stats.swapped_in)
            .zip(figure(stats.swapped_out))
            .map(|(read, written)| read.saturating_add(written)),
        major_faults: figure(stats.major_faults),
        // 0 says that the driver never answered.
        last_update: figure(last_update).filter(|seconds| *seconds > 0),
    })
}

/// A figure that is one: all ones are how the driver says that it does not know.
fn figure(number: Option<Number>) -> Option<u64> {
    number?.as_u64().filter(|figure| *figure != u64::MAX)
}

fn mib(bytes: Option<Number>) -> Option<u32> {
    u32::try_from(figure(bytes)? / (1024 * 1024)).ok()
}

/// Whether the monitor or `qm` says that there is no QEMU of this VM to ask.
#[must_use]
pub fn is_not_running(text: &str, vmid: VmId) -> bool {
    let stopped = format!("VM {vmid} not running");
    text.lines().map(str::trim).any(|line| line.strip_prefix("ERROR: ").unwrap_or(line) == stopped)
}

fn first_line(text: &str) -> String {
    let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("no answer");
    line.trim().chars().filter(|c| !c.is_control()).take(200).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// As recorded, but for the JSON string around it and for what it swapped and waited for.
    const STATS: &str = "{\r\n    \"stats\": {\r\n        \"stat-htlb-pgalloc\": 0,\r\n        \"stat-swap-out\": 8192,\r\n        \"stat-swap-in\": 4096,\r\n        \"stat-major-faults\": 209,\r\n        \"stat-alloc-stalls\": 18446744073709551615,\r\n        \"stat-available-memory\": 1892335616,\r\n        \"stat-free-memory\": 1968852992,\r\n        \"stat-total-memory\": 2025639936,\r\n        \"stat-disk-caches\": 2269184\r\n    },\r\n    \"last-update\": 1795297824\r\n}\r\n\n";

    #[test]
    fn reads_what_the_balloon_driver_says() {
        let read = parse_guest_stats(STATS).unwrap();
        let expected = GuestMemory {
            total: Some(1931),
            available: Some(1804),
            free: Some(1877),
            swapped: Some(4096 + 8192),
            major_faults: Some(209),
            last_update: Some(1_795_297_824),
        };
        assert_eq!(read, expected);
        assert_eq!(parse_guest_stats(&STATS.replace("\r\n", "\n")).unwrap(), expected);
    }

    #[test]
    fn a_figure_that_is_none_is_not_known() {
        for figure in [
            "18446744073709551615",
            "18446744073709551616",
            "-1",
            "1.5",
            "1e300",
            "null",
            "4503599627370496",
        ] {
            let stats = parse_guest_stats(&STATS.replace("2025639936", figure)).unwrap();
            assert_eq!((stats.total, stats.free), (None, Some(1877)), "{figure}");
        }
        let absent = parse_guest_stats("{\"stats\": {}, \"last-update\": 0}").unwrap();
        assert_eq!(absent, GuestMemory::default());
        let largest = parse_guest_stats("{\"stats\": {\"stat-total-memory\": 4503599627370495}}");
        assert_eq!(largest.unwrap().total, Some(u32::MAX));
    }

    #[test]
    fn what_is_no_such_answer_is_none() {
        let twice = STATS.replace("stat-free-memory", "stat-total-memory");
        let long =
            STATS.replace("\"stats\"", &format!("\"x\": \"{}\", \"stats\"", "x".repeat(MAX_STATS)));
        for bad in [
            "",
            "ERROR: VM 101 not running\n",
            "Error: Device '/machine/peripheral/balloon0' not found\r\n\n",
            "{}",
            "[]",
            "{\"stats\": 1}",
            &STATS[..200],
            &format!("{STATS}more"),
            &format!("noise\n{STATS}"),
            &STATS.replace("2025639936", "\"2025639936\""),
            &twice,
            &long,
            &"[".repeat(10_000),
            &"{\"stats\":".repeat(1500),
        ] {
            let error = parse_guest_stats(bad).unwrap_err().to_string();
            assert!(error.len() < 400 && !error.chars().any(char::is_control), "{error:?}");
        }
    }

    #[test]
    fn who_is_not_running() {
        let vmid: VmId = 101u32.try_into().unwrap();
        for text in
            ["ERROR: VM 101 not running\r\n\n", "VM 101 not running\n", "noise\nVM 101 not running"]
        {
            assert!(is_not_running(text, vmid), "{text}");
        }
        for text in
            ["", "VM 1010 not running", "QEMU guest agent is not running\n", "VM 102 not running"]
        {
            assert!(!is_not_running(text, vmid), "{text}");
        }
    }

    proptest! {
        /// Whatever a guest or a node makes of it: no panic, and a figure is either the one that
        /// stands there or absent.
        #[test]
        fn no_statistics_panic(at in 0usize..400, cut in 0usize..40, with in "[\\PC\\x00-\\x1f]{0,12}") {
            let mut text: Vec<char> = STATS.chars().collect();
            let at = at.min(text.len());
            let end = (at + cut).min(text.len());
            text.splice(at..end, with.chars());
            let _ = parse_guest_stats(&text.into_iter().collect::<String>());
        }

        #[test]
        fn figures_are_read_as_they_stand(total in any::<i128>(), free in any::<u64>(), update in any::<i64>()) {
            let text = format!(
                "{{\"stats\": {{\"stat-total-memory\": {total}, \"stat-free-memory\": {free}}},\r\n\"last-update\": {update}}}\r\n"
            );
            let read = parse_guest_stats(&text).unwrap();
            let of = |bytes: i128| match u64::try_from(bytes) {
                Ok(bytes) if bytes != u64::MAX => u32::try_from(bytes >> 20).ok(),
                _ => None,
            };
            prop_assert_eq!(read.total, of(total));
            prop_assert_eq!(read.free, of(free.into()));
            prop_assert_eq!(read.last_update, u64::try_from(update).ok().filter(|u| *u > 0));
            prop_assert_eq!(read.available, None);
        }
    }

    #[test]
    fn counts_the_cpus_that_are_there() {
        let slot = "  type: \"qemu64-x86_64-cpu\"\n  vcpus_count: \"1\"\n";
        let props = "  CPUInstance Properties:\n    socket-id: \"0\"\n    core-id: \"3\"\n";
        let plugged = "  qom_path: \"/machine/peripheral/cpu2\"\n";
        let boot = "  qom_path: \"/machine/unattached/device[0]\"\n";
        let text =
            format!("Hotpluggable CPUs:\n{slot}{props}{slot}{plugged}{props}{slot}{boot}{props}\n");
        assert_eq!(parse_hotpluggable_cpus(&text).unwrap().get(), 2);
        for bad in ["", "ERROR: VM 101 not running\n", "Hotpluggable CPUs:\n"] {
            assert!(parse_hotpluggable_cpus(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn adds_base_and_dimms() {
        let text = "base memory: 1073741824\r\nplugged memory: 536870912\r\n\r\n";
        assert_eq!(parse_memory_size_summary(text).unwrap(), 1536);
        assert_eq!(parse_memory_size_summary("base memory: 1073741824\n").unwrap(), 1024);
        assert!(parse_memory_size_summary("ERROR: got timeout\n").is_err());
        assert_eq!(parse_balloon("balloon: actual=1536\n\n").unwrap(), 1536);
        assert!(parse_balloon("Error: No balloon device\n").is_err());
    }

    #[test]
    fn counts_what_the_guest_has_online() {
        let text = r#"[{"can-offline":false,"logical-id":0,"online":true},{"logical-id":1,"online":false}]"#;
        assert_eq!(parse_guest_vcpus(text).unwrap().get(), 1);
        assert!(parse_guest_vcpus("[]").is_err());
    }
}
