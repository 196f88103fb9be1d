//! What QEMU and the guest have, by the monitor's and the agent's answers.

use serde::Deserialize;

use crate::{Error, Vcpus};

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

fn first_line(text: &str) -> String {
    let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("no answer");
    line.trim().chars().filter(|c| !c.is_control()).take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

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
