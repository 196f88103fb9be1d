//! What `vm-autoscale doctor` may find, and what of it the administrator does not want to hear of.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::leaf;

/// What `vm-autoscale doctor` passes over.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Doctor {
    /// Findings that it only counts, of whichever VM: `[D120]`. `vm-autoscale doctor --codes` has
    /// them all.
    #[serde(deserialize_with = "leaf::each")]
    pub ignore: Vec<DoctorCode>,
}

/// Each finding once: its name, and in the order of the names all of them.
macro_rules! codes {
    ($($(#[$doc:meta])* $code:ident,)*) => {
        /// A finding. A code never changes its meaning: D1xx is of CPUs, D2xx of memory, D3xx of
        /// what holds the whole VM, D4xx of its guest's agent.
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[cfg_attr(test, derive(schemars::JsonSchema))]
        pub enum DoctorCode { $($(#[$doc])* $code,)* }

        impl DoctorCode {
            /// All that there are.
            pub const ALL: &'static [Self] = &[$(Self::$code,)*];
        }

        impl fmt::Display for DoctorCode {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(match self { $(Self::$code => stringify!($code),)* })
            }
        }
    };
}

codes! {
    /// `hotplug` has no cpu.
    D101,
    /// More sockets × cores than a node has CPUs.
    D110,
    /// All of sockets × cores are plugged.
    D120,
    /// The operating system gives no vCPU back.
    D130,
    /// The guest kept vCPUs that were to be taken.
    D131,
    /// The guest does not use vCPUs that it was given.
    D132,
    /// NUMA is off.
    D201,
    /// `hotplug` has no memory.
    D202,
    /// A NUMA topology of its own.
    D203,
    /// A virtiofs share.
    D204,
    /// Less memory than DIMMs can be added to.
    D205,
    /// A size between two steps of the DIMM ladder.
    D206,
    /// Huge pages.
    D207,
    /// A device of the host pins the memory.
    D208,
    /// No balloon device.
    D210,
    /// `shares` leave the balloon to automatic ballooning.
    D211,
    /// `balloon` leaves the memory to automatic ballooning.
    D212,
    /// `balloon` is above `memory`.
    D213,
    /// The balloon driver does not answer.
    D214,
    /// The guest kept DIMMs that were to be taken.
    D230,
    /// The guest does not use all memory that is plugged.
    D231,
    /// Changes of others wait for a power cycle.
    D301,
    /// QEMU and config disagree.
    D302,
    /// Another task has locked it.
    D303,
    /// A template.
    D304,
    /// It does not run.
    D305,
    /// The HA manager is busy with it.
    D306,
    /// Its config could not be read.
    D307,
    /// The cluster does not see its node.
    D308,
    /// The agent is off.
    D401,
    /// The agent is on and does not answer.
    D402,
}

impl std::str::FromStr for DoctorCode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let code = Self::ALL.iter().find(|code| code.to_string().eq_ignore_ascii_case(text));
        code.copied().ok_or_else(|| format!("`{text}` is no code: see vm-autoscale doctor --codes"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_in_order_and_read_as_they_are_written() {
        assert!(DoctorCode::ALL.is_sorted());
        for code in DoctorCode::ALL {
            assert_eq!(code.to_string().to_lowercase().parse(), Ok(*code));
            assert_eq!(serde_json::to_string(code).unwrap(), format!("\"{code}\""));
        }
        assert!("D999".parse::<DoctorCode>().is_err());
    }
}
