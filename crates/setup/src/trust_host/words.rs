//! What stands on the command line.

use std::net::{IpAddr, SocketAddr};

use russh::keys::ssh_key::Fingerprint;
use vm_autoscale_node::NodeName;

/// An address, and a port where one was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Address(pub(super) IpAddr, pub(super) Option<u16>);

pub(super) fn name(text: &str) -> Result<String, String> {
    let (cluster, node) = text.split_once('/').unwrap_or(("x", text));
    for part in [cluster, node] {
        NodeName::try_from(part.to_owned()).map_err(|error| error.to_string())?;
    }
    Ok(text.to_owned())
}

pub(super) fn address(text: &str) -> Result<Address, String> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    if let Ok(ip) = bare.parse() {
        return Ok(Address(ip, None));
    }
    let both: Result<SocketAddr, _> = text.parse();
    let both = both.map_err(|_| "an IP address is needed; names are not resolved".to_owned())?;
    Ok(Address(both.ip(), Some(both.port())))
}

pub(super) fn fingerprint(text: &str) -> Result<Fingerprint, String> {
    let parsed: Option<Fingerprint> = text.parse().ok();
    let sha256 = parsed.filter(|parsed| matches!(parsed, Fingerprint::Sha256(_)));
    sha256.ok_or_else(|| "not as `ssh-keygen -lf FILE` prints it: SHA256:…".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_ips_with_or_without_a_port() {
        let ip = |text: &str| text.parse().unwrap();
        for (text, port) in
            [("192.0.2.1", None), ("192.0.2.1:2222", Some(2222)), ("[192.0.2.1]", None)]
        {
            assert_eq!(address(text), Ok(Address(ip("192.0.2.1"), port)), "{text}");
        }
        assert_eq!(address("fd00::1"), Ok(Address(ip("fd00::1"), None)));
        assert_eq!(address("[fd00::1]:2222"), Ok(Address(ip("fd00::1"), Some(2222))));
        for wrong in ["pve1", "192.0.2.1:x", "", "192.0.2.1:22:22", "192.0.2.1 22"] {
            assert!(address(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn names_and_fingerprints_are_of_their_alphabets() {
        assert!(name("pve1").is_ok() && name("home/pve1").is_ok());
        for wrong in ["", "pve1;id", "a/b/c", "-x", "/pve1"] {
            assert!(name(wrong).is_err(), "{wrong}");
        }
        let good = "SHA256:".to_owned() + &"A".repeat(43);
        assert_eq!(fingerprint(&good).unwrap().to_string(), good);
        for wrong in ["SHA256:AAAA", "MD5:00", &good[7..], &(good.clone() + "=A")] {
            assert!(fingerprint(wrong).is_err(), "{wrong}");
        }
    }
}
