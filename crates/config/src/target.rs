//! Where messages may go: judged by the address that is connected to, whatever its name was.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::mailbox::is_domain;

/// Where a cloud's machine reads its credentials.
const METADATA: &str = "a cloud's metadata service";
/// Where a mail server of this machine takes mail of its own people.
const LOCAL_MAIL: u16 = 25;

/// One item of `notify_allow`: a host's name, an address, or a network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Target {
    /// A name, and with it every address that it has.
    Name(String),
    /// Those whose first so many bits are the address's. One of IPv4 in IPv6's clothes is none of IPv4.
    Network(IpAddr, u8),
}

/// Why no message goes to an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nobody's server is there.
    #[error("{0}: nothing is sent there")]
    Never(&'static str),
    /// Only where the administrator says so.
    #[error("{0}: nothing is sent there unless `notify_allow` in config.yaml names it")]
    Unlisted(&'static str),
    /// The same, for there is no TLS.
    #[error(
        "reached without TLS: nothing is sent there unless `notify_allow` in config.yaml names it"
    )]
    Clear,
}

/// How something is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// HTTP in the clear.
    Http,
    /// HTTP under TLS.
    Https,
    /// Mail to a port; it has rules of its own on TLS.
    Mail(u16),
}

impl Target {
    fn has(&self, host: &str, address: IpAddr) -> bool {
        match (self, address) {
            (Self::Name(name), _) => name.eq_ignore_ascii_case(host),
            (Self::Network(IpAddr::V4(net), bits), IpAddr::V4(ip)) => {
                same(u128::from(u32::from(*net)) << 96, u128::from(u32::from(ip)) << 96, *bits)
            }
            (Self::Network(IpAddr::V6(net), bits), IpAddr::V6(ip)) => {
                same(u128::from(*net), u128::from(ip), *bits)
            }
            _ => false,
        }
    }
}

/// Whether the first so many bits are the same.
fn same(one: u128, other: u128, bits: u8) -> bool {
    let behind = 128_u32.saturating_sub(bits.into());
    (one ^ other).checked_shr(behind).unwrap_or(0) == 0
}

/// Whether a message may go to this address of that host.
///
/// # Errors
/// It may not, and why.
pub fn judge(allow: &[Target], host: &str, address: IpAddr, way: Way) -> Result<(), Refusal> {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let is_listed = || allow.iter().any(|target| target.has(host, address));
    match refused(address) {
        Some(Refusal::Never(kind)) => Err(Refusal::Never(kind)),
        // A node's own mail system is on the machine itself.
        Some(_) if way == Way::Mail(LOCAL_MAIL) && address.is_loopback() => Ok(()),
        Some(unlisted) if !is_listed() => Err(unlisted),
        None if way == Way::Http && !is_listed() => Err(Refusal::Clear),
        _ => Ok(()),
    }
}

/// What an address is by itself.
fn refused(address: IpAddr) -> Option<Refusal> {
    match address {
        IpAddr::V4(ip) => refused_v4(ip),
        IpAddr::V6(ip) => refused_v6(ip),
    }
}

fn refused_v4(ip: Ipv4Addr) -> Option<Refusal> {
    use Refusal::{Never, Unlisted};
    match ip.octets() {
        [0, ..] => Some(Never("unspecified")),
        [169, 254, 169, 254] | [100, 100, 100, 200] => Some(Never(METADATA)),
        [224..=239, ..] => Some(Never("multicast")),
        [240..=255, ..] => Some(Never("reserved")),
        [127, ..] => Some(Unlisted("loopback")),
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Some(Unlisted("private")),
        [100, 64..=127, ..] => Some(Unlisted("a provider's own (100.64.0.0/10)")),
        [169, 254, ..] => Some(Unlisted("link-local")),
        _ => None,
    }
}

fn refused_v6(ip: Ipv6Addr) -> Option<Refusal> {
    use Refusal::{Never, Unlisted};
    let [.., high, low] = ip.segments();
    let inner = Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    // What is behind it is not better than by itself.
    let within = |kind| Some(refused_v4(inner).filter(Refusal::is_final).unwrap_or(Unlisted(kind)));
    match ip.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0] => Some(Never("unspecified")),
        [0, 0, 0, 0, 0, 0, 0, 1] => Some(Unlisted("loopback")),
        [0, 0, 0, 0, 0, 0, _, _] => Some(Never("an IPv4 address in a form without use")),
        [0, 0, 0, 0, 0, 0xffff, _, _] => within("an IPv4 address in IPv6's clothes"),
        [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254] => Some(Never(METADATA)),
        [0xfc00..=0xfdff, ..] => Some(Unlisted("private")),
        [0xfe80..=0xfebf, ..] => Some(Unlisted("link-local")),
        [0xff00..=0xffff, ..] => Some(Never("multicast")),
        [0x2002, high, low, ..] => {
            let inner = Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
            Some(refused_v4(inner).filter(Refusal::is_final).unwrap_or(Unlisted("6to4")))
        }
        [0x2001, 0, ..] => Some(Unlisted("Teredo")),
        // NAT64: what is behind it is judged.
        [0x64, 0xff9b, 0, 0, 0, 0, _, _] => refused_v4(inner),
        _ => None,
    }
}

impl Refusal {
    fn is_final(&self) -> bool {
        matches!(self, Self::Never(_))
    }
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let rule = "a host's ASCII name, an address, or a network: gotify.lan, 192.168.1.5, 10.0.0.0/8, fd00::/8";
        let odd = || format!("{} is no host and no network\n{rule}", crate::render::quote(text));
        let (address, bits) = text.split_once('/').map_or((text, None), |(a, b)| (a, Some(b)));
        let bare = address.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        if let Ok(address) = bare.unwrap_or(address).parse::<IpAddr>() {
            let most = if address.is_ipv4() { 32 } else { 128 };
            let bits = bits.map_or(Some(most), |bits| bits.parse().ok());
            let bits = bits.filter(|bits| (1..=most).contains(bits)).ok_or_else(odd)?;
            return Ok(Self::Network(address, bits));
        }
        // `127.1` is an address to some and a name to others.
        let number =
            text.rsplit('.').next().is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()));
        if bits.is_some() || number || !is_domain(text) {
            return Err(odd());
        }
        Ok(Self::Name(text.to_owned()))
    }
}

impl TryFrom<String> for Target {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Target> for String {
    fn from(target: Target) -> Self {
        target.to_string()
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Network(IpAddr::V4(ip), 32) => ip.fmt(f),
            Self::Network(IpAddr::V6(ip), 128) => ip.fmt(f),
            Self::Network(ip, bits) => write!(f, "{ip}/{bits}"),
        }
    }
}

#[cfg(test)]
mod tests;
