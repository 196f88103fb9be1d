//! What of a .conf file leaves the helper.

use super::{Section, entries, smbios_uuid};

/// Stands for the value of a pending key that is not passed on; no value of Proxmox's is this.
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
/// remains (nothing may be written while something foreign is pending), of `smbios1` its uuid.
#[must_use]
pub fn redact(raw: &str) -> String {
    let mut kept = String::new();
    let mut pending = false;
    for (section, key, value) in entries(raw) {
        if section == Section::Pending && !pending {
            kept.push_str("\n[PENDING]\n");
            pending = true;
        }
        let value = match (section, key) {
            (_, key) if PASSED_ON.contains(&key) => value,
            (Section::Main, "smbios1") => match smbios_uuid(value) {
                Some(uuid) => {
                    kept.push_str(&format!("smbios1: uuid={uuid}\n"));
                    continue;
                }
                None => continue,
            },
            (Section::Main, _) => continue,
            (Section::Pending, "delete") => value,
            (Section::Pending, _) => HIDDEN,
        };
        kept.push_str(&format!("{key}: {value}\n"));
    }
    kept
}
