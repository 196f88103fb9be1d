//! Names and numbers that identify things. Checked where they are made, so that every one of
//! them can stand in a command line as it is.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Error;

/// A VM's number, 100 to 999 999 999 (`pve-vmid` of pve-common).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct VmId(u32);

impl VmId {
    /// The number itself.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl TryFrom<u32> for VmId {
    type Error = Error;

    fn try_from(value: u32) -> Result<Self, Error> {
        if (100..=999_999_999).contains(&value) {
            return Ok(Self(value));
        }
        Err(Error::Range {
            what: "VMID",
            value: value.to_string(),
            min: "100",
            max: "999999999",
            unit: "",
        })
    }
}

impl From<VmId> for u32 {
    fn from(id: VmId) -> Self {
        id.0
    }
}

impl std::str::FromStr for VmId {
    type Err = Error;

    /// Plain decimal without sign or leading zero, the only form Proxmox writes.
    fn from_str(text: &str) -> Result<Self, Error> {
        let plain = text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
        let out_of_range = || Error::Range {
            what: "VMID",
            value: text.chars().take(20).collect(),
            min: "100",
            max: "999999999",
            unit: "",
        };
        if !plain {
            return Err(out_of_range());
        }
        text.parse::<u32>().map_err(|_| out_of_range())?.try_into()
    }
}

impl fmt::Display for VmId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The longest DNS label, in bytes.
const LABEL: usize = 63;

/// One DNS label, as node and cluster names are.
fn is_label(text: &str) -> bool {
    let inner = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    (1..=LABEL).contains(&text.len())
        && text.bytes().all(inner)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

macro_rules! label {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The longest that it can be, in bytes.
            pub const MAX: usize = LABEL;

            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = Error;

            fn try_from(value: String) -> Result<Self, Error> {
                if is_label(&value) {
                    return Ok(Self(value));
                }
                Err(Error::$name(value.chars().take(80).collect()))
            }
        }

        impl TryFrom<&str> for $name {
            type Error = Error;

            fn try_from(value: &str) -> Result<Self, Error> {
                value.to_owned().try_into()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
    };
}

label!(
    /// A node's name: one DNS label.
    NodeName
);
label!(
    /// A cluster's name: one DNS label. A host that is in no cluster is a cluster of one.
    ClusterName
);

/// The SHA-1 of a whole raw .conf file, as `qm set --digest` compares it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest(String);

impl Digest {
    /// The 40 digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// From the 20 bytes that a SHA-1 is.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 20]) -> Self {
        use fmt::Write as _;
        let mut text = String::with_capacity(40);
        for byte in bytes {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        Self(text)
    }
}

impl TryFrom<String> for Digest {
    type Error = Error;

    fn try_from(value: String) -> Result<Self, Error> {
        let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if value.len() == 40 && value.bytes().all(hex) {
            return Ok(Self(value));
        }
        Err(Error::Digest(value.chars().take(80).collect()))
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vmids_keep_their_range_and_form() {
        for good in ["100", "101", "999999999"] {
            assert_eq!(good.parse::<VmId>().unwrap().to_string(), good);
        }
        for bad in ["", "99", "0101", "+101", "101 ", "1000000000", "99999999999999999999", "abc"] {
            assert!(bad.parse::<VmId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn names_are_one_dns_label() {
        for good in ["pve1", "a", "PVE-2", "1"] {
            assert!(NodeName::try_from(good).is_ok(), "{good}");
        }
        let long = "x".repeat(64);
        for bad in ["", "-a", "a-", "a.b", "a b", "a;b", "ä", "a\n", long.as_str()] {
            assert!(NodeName::try_from(bad).is_err(), "{bad}");
            assert!(ClusterName::try_from(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_digest_is_forty_lower_case_hex_digits() {
        let text = "6ef0489b831f20953a6906fbf09d3a91d5ddef39".to_owned();
        assert_eq!(Digest::try_from(text.clone()).unwrap().as_str(), text);
        assert!(Digest::try_from(text.to_uppercase()).is_err());
        assert!(Digest::try_from(text[1..].to_owned()).is_err());
        assert_eq!(Digest::from_bytes([0xab; 20]).as_str(), "ab".repeat(20));
    }
}
