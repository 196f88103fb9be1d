//! Whether a drop-in takes away what a unit keeps its program from, or from whom it is kept.

use std::net::IpAddr;

use super::codes::{ADDRESSES, HARDENED};
use super::finding::Finding;
use super::units::{HELPER, SCHEDULER, Units};

/// Properties that no drop-in needs to weaken. What they are is what the shipped units say.
pub(super) const NAMES: [&str; 11] = [
    "AmbientCapabilities",
    "CapabilityBoundingSet",
    "LimitCORE",
    "LockPersonality",
    "MemoryDenyWriteExecute",
    "NoNewPrivileges",
    "PrivateDevices",
    "PrivateUsers",
    "ProtectHome",
    "ProtectSystem",
    "RestrictSUIDSGID",
];

const SHIPPED: [(&str, &str); 2] = [
    (SCHEDULER, include_str!("../../../../deploy/systemd/vm-autoscale.service")),
    (HELPER, include_str!("../../../../deploy/systemd/vm-autoscale-helper.service")),
];

/// What the unit as shipped says of a property; what it leaves out on purpose is off.
pub(super) fn shipped(text: &str, name: &str) -> String {
    let mut values = text.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    let value = values.next_back().map(str::trim);
    value.unwrap_or(if name == "PrivateUsers" { "no" } else { "" }).to_owned()
}

pub(super) fn judge(units: &Units) -> Vec<Finding> {
    let mut wrong = Vec::new();
    for (unit, text) in SHIPPED {
        let Some(properties) = units.by_name.get(unit) else { continue };
        if properties.get("LoadState").map(String::as_str) != Some("loaded") {
            continue;
        }
        for name in NAMES {
            let want = shipped(text, name);
            // One that this systemd does not know says nothing.
            let Some(has) = properties.get(name).filter(|has| **has != want) else { continue };
            let has = if has.is_empty() { "nothing" } else { has };
            let said = format!("{unit} has {name}={has} instead of {name}={want}");
            let help = format!("systemctl cat {unit}   (then: systemctl edit, or revert, {unit})");
            wrong.push(HARDENED.error(said, help));
        }
    }
    HARDENED.unless(wrong, format!("{} properties as shipped", NAMES.len()))
}

/// Whether the helper may send packets to every node.
pub(super) fn addresses(units: &Units, nodes: &[(String, IpAddr, u16)]) -> Vec<Finding> {
    let Some(allowed) = units.by_name.get(HELPER).and_then(|unit| unit.get("IPAddressAllow"))
    else {
        return Vec::new();
    };
    let covered = |address: IpAddr| allowed.split_whitespace().any(|net| is_in(address, net));
    let outside = nodes.iter().filter(|(_, address, _)| !covered(*address));
    let told = outside.map(|(name, address, _)| {
        let said = format!("{HELPER} drops all packets to {name} ({address})");
        let help = format!(
            "vm-autoscale-setup install   (or: systemctl edit {HELPER}, and write \
             [Service] IPAddressAllow={address} in two lines)"
        );
        ADDRESSES.warning(said, help)
    });
    ADDRESSES.unless(told.collect(), format!("all {} nodes are allowed", nodes.len()))
}

/// `NETWORK/BITS`, as systemd prints it.
fn is_in(address: IpAddr, net: &str) -> bool {
    let (base, bits) = net.split_once('/').unwrap_or((net, ""));
    let bits: Option<u32> = if bits.is_empty() { None } else { bits.parse().ok() };
    match (address, base.parse()) {
        (IpAddr::V4(address), Ok(IpAddr::V4(base))) => {
            let away = 32_u32.saturating_sub(bits.unwrap_or(32));
            let cut = |ip: std::net::Ipv4Addr| u32::from(ip).checked_shr(away).unwrap_or(0);
            cut(address) == cut(base)
        }
        (IpAddr::V6(address), Ok(IpAddr::V6(base))) => {
            let away = 128_u32.saturating_sub(bits.unwrap_or(128));
            let cut = |ip: std::net::Ipv6Addr| u128::from(ip).checked_shr(away).unwrap_or(0);
            cut(address) == cut(base)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_read_as_systemd_prints_them() {
        for (address, net, is) in [
            ("192.168.1.11", "192.168.0.0/16", true),
            ("192.169.1.11", "192.168.0.0/16", false),
            ("203.0.113.9", "0.0.0.0/0", true),
            ("203.0.113.9", "203.0.113.9/32", true),
            ("203.0.113.9", "203.0.113.8", false),
            ("fd00::1", "fc00::/7", true),
            ("2001:db8::1", "fc00::/7", false),
            ("2001:db8::1", "::/0", true),
            ("127.0.0.1", "::/0", false),
            ("127.0.0.1", "any", false),
        ] {
            assert_eq!(is_in(address.parse().unwrap(), net), is, "{address} {net}");
        }
    }

    /// A switch that the units do not have would be compared with nothing.
    #[test]
    fn the_units_say_something_of_every_switch() {
        for (unit, text) in SHIPPED {
            for name in NAMES.iter().filter(|name| **name != "PrivateUsers") {
                assert!(
                    text.lines().any(|line| line.starts_with(&format!("{name}="))),
                    "{unit} {name}"
                );
            }
            assert_eq!(shipped(text, "PrivateUsers"), "no");
            assert_eq!(shipped(text, "CapabilityBoundingSet"), "");
            assert_eq!(shipped(text, "ProtectSystem"), "strict");
        }
    }
}
