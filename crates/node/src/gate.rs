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

impl Gate {
    /// What a node has that was asked for it; `None` where its shell finds none.
    ///
    /// # Errors
    /// Neither a gate nor such a shell answered.
    pub fn answered(exit: u32, answer: &[u8]) -> Result<Option<Self>, Error> {
        let line = std::str::from_utf8(answer).ok().and_then(|text| text.strip_suffix('\n'));
        match (exit, line) {
            (0, Some(line)) => line.parse().map(Some),
            (126 | 127, None) if answer.is_empty() => Ok(None),
            _ => Err(none()),
        }
    }
}

fn none() -> Error {
    Error::format("the gate's answer", "is none")
}

impl FromStr for Gate {
    type Err = Error;

    /// The exact inverse of what is printed: nothing else of a node's words gets any further.
    fn from_str(text: &str) -> Result<Self, Error> {
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
    fn only_a_gate_or_a_shell_that_finds_none_answers() {
        let forced = b"vm-autoscale-gate 0.1.0 forced\n";
        assert!(matches!(Gate::answered(0, forced), Ok(Some(Gate::Forced(_)))));
        for exit in [126, 127] {
            assert_eq!(Gate::answered(exit, b""), Ok(None));
        }
        for (exit, answer) in [
            (0, &b""[..]),
            (0, b"vm-autoscale-gate 0.1.0"),
            (0, b"Welcome\nvm-autoscale-gate 0.1.0\n"),
            (0, b"\xff\n"),
            (1, forced),
            (127, forced),
            (127, b"\n"),
            (255, b""),
        ] {
            assert!(Gate::answered(exit, answer).is_err(), "{exit} {answer:?}");
        }
    }

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
