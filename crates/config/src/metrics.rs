//! Where figures for Prometheus are had.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::leaf;

/// Figures for Prometheus, and how well it is, by HTTP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Metrics {
    /// Whether there are any to be had.
    pub enabled: bool,
    /// Where: `unix:` and the path of a socket, for the daemon's user and group, or a loopback
    /// address with its port (`127.0.0.1:9777`), for every user of this machine.
    #[serde(deserialize_with = "leaf::parsed", serialize_with = "leaf::shown")]
    #[cfg_attr(test, schemars(with = "crate::schema::Listen"))]
    pub listen: Listen,
}

/// A place of this machine alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listen {
    /// A socket in a file, for those whom its directory lets through.
    Unix(PathBuf),
    /// A loopback address.
    Loopback(SocketAddr),
}

impl Default for Listen {
    fn default() -> Self {
        Self::Unix("/run/vm-autoscale-scheduler/metrics.sock".into())
    }
}

impl FromStr for Listen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const RULE: &str =
            "`unix:` and an absolute path, or a loopback address and its port: 127.0.0.1:9777";
        let of = |problem: &str| Err(format!("{} {problem}\n{RULE}", crate::render::quote(text)));
        if let Some(path) = text.strip_prefix("unix:") {
            // What fits into the kernel's own address of a socket.
            let fits = path.starts_with('/') && path.len() < 108 && !path.contains('\0');
            return if fits { Ok(Self::Unix(path.into())) } else { of("is no path of a socket") };
        }
        match text.parse::<SocketAddr>() {
            Ok(address) if !address.ip().is_loopback() => of("can be reached by other machines"),
            Ok(address) if address.port() == 0 => of("has no port"),
            Ok(address) => Ok(Self::Loopback(address)),
            Err(_) => of("is no place of this machine"),
        }
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Loopback(address) => address.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_this_machine_can_ask() {
        for good in ["unix:/run/x/m.sock", "127.0.0.1:9777", "127.9.9.9:1", "[::1]:65535"] {
            assert_eq!(good.parse::<Listen>().unwrap().to_string(), good);
        }
        let long = format!("unix:/{}", "x".repeat(107));
        for bad in [
            "",
            "unix:",
            "unix:run/x",
            &long,
            "9777",
            ":9777",
            "127.0.0.1",
            "127.0.0.1:0",
            "0.0.0.0:9777",
            "[::]:9777",
            "192.0.2.1:9777",
            "localhost:9777",
            "[::ffff:127.0.0.1]:9777",
            "127.1:9777",
            "http://127.0.0.1:9777",
        ] {
            assert!(bad.parse::<Listen>().is_err(), "{bad}");
        }
    }
}
