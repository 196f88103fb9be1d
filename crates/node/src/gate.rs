//! What a gate says of itself: the one answer of a node that is made by a program of ours.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Error;

const NAME: &str = "vm-autoscale-gate ";
const FORCED: &str = " forced";

/// A gate that is on a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// The key that we came with is let through by it alone.
    Forced(GateVersion),
    /// It is there, and the key opens more.
    Installed(GateVersion),
}

impl FromStr for Gate {
    type Err = Error;

    /// The exact inverse of what is printed: nothing else of a node's words gets any further.
    fn from_str(text: &str) -> Result<Self, Error> {
        let none = || Error::format("the gate's answer", "is none");
        let rest = text.strip_prefix(NAME).ok_or_else(none)?;
        match rest.strip_suffix(FORCED) {
            Some(version) => Ok(Self::Forced(version.to_owned().try_into()?)),
            None => Ok(Self::Installed(rest.to_owned().try_into()?)),
        }
    }
}

impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forced(version) => write!(f, "{NAME}{version}{FORCED}"),
            Self::Installed(version) => write!(f, "{NAME}{version}"),
        }
    }
}

/// Three numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct GateVersion([u16; 3]);

impl TryFrom<String> for GateVersion {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        let bad = || Error::GateVersion(text.chars().take(20).collect());
        let mut numbers = text.split('.').map(str::parse);
        let mut next = || numbers.next().and_then(Result::ok).ok_or_else(bad);
        let version = Self([next()?, next()?, next()?]);
        // Numbers have many spellings, and there may be more of them.
        if version.to_string() == text { Ok(version) } else { Err(bad()) }
    }
}

impl From<GateVersion> for String {
    fn from(version: GateVersion) -> Self {
        version.to_string()
    }
}

impl fmt::Display for GateVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.0;
        write!(f, "{major}.{minor}.{patch}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_says_is_read_back_and_nothing_else_is() {
        for good in ["vm-autoscale-gate 0.1.0", "vm-autoscale-gate 12.0.65535 forced"] {
            assert_eq!(good.parse::<Gate>().unwrap().to_string(), good);
        }
        for bad in [
            "",
            "vm-autoscale-gate ",
            "vm-autoscale-gate 0.1",
            "vm-autoscale-gate 0.1.0.0",
            "vm-autoscale-gate 0.01.0",
            "vm-autoscale-gate +0.1.0",
            "vm-autoscale-gate 0.1.65536",
            "vm-autoscale-gate 0.1.0\n",
            "vm-autoscale-gate 0.1.0  forced",
            "vm-autoscale-gate 0.1.0 forced forced",
            "vm-autoscale-gate 0.1.0\u{1b}[2J",
            "Welcome to pve1\nvm-autoscale-gate 0.1.0",
        ] {
            assert!(bad.parse::<Gate>().is_err(), "{bad:?}");
        }
    }
}
