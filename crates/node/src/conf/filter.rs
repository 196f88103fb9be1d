//! What of a .conf file leaves the helper.

use super::ties::is_tie;
use super::{Section, entries, smbios_uuid};

/// Stands for the value of a key of which only the name is passed on; no value of Proxmox's is this.
pub(super) const HIDDEN: &str = "(hidden)";

/// The keys that a decision needs. Descriptions, disks, network, cloud-init passwords and all
/// else stay with the helper.
const PASSED_ON: &[&str] = &[
    "agent",
    "balloon",
    "cores",
    "cpulimit",
    "cpuunits",
    "hotplug",
    "hugepages",
    "lock",
    "memory",
    "name",
    "numa",
    "ostype",
    "shares",
    "smp",
    "sockets",
    "tags",
    "template",
    "vcpus",
    "vmgenid",
];

/// The file reduced to the keys that a decision needs. Of other pending keys only the name
/// remains (nothing may be written while something foreign is pending), of `smbios1` its uuid, and of
/// what ties memory down (`numa0`, `virtiofs0`, `hostpci0` …) that it is there.
#[must_use]
pub fn redact(raw: &str) -> String {
    let of = |wanted| {
        entries(raw).filter(move |(section, _, _)| *section == wanted).filter_map(
            |(section, key, value)| Some(format!("{key}: {}\n", passed_on(section, key, value)?)),
        )
    };
    let mut pending = of(Section::Pending).peekable();
    let header = pending.peek().map(|_| "\n[PENDING]\n".to_owned());
    of(Section::Main).chain(header).chain(pending).collect()
}

fn passed_on(section: Section, key: &str, value: &str) -> Option<String> {
    match (section, key) {
        (_, key) if PASSED_ON.contains(&key) => Some(value.to_owned()),
        (Section::Pending, "delete") => Some(value.to_owned()),
        (Section::Pending, _) => Some(HIDDEN.to_owned()),
        // Also where there is none in it: the last of several lines holds.
        (Section::Main, "smbios1") => {
            Some(smbios_uuid(value).map(|uuid| format!("uuid={uuid}")).unwrap_or_default())
        }
        // That there is such a device decides; which one it is does not.
        (Section::Main, key) => is_tie(key).then(|| HIDDEN.to_owned()),
    }
}
