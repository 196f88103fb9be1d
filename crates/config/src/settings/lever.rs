//! By what a VM becomes larger and smaller.

use std::fmt;

use serde::{Deserialize, Serialize};

/// By what the CPU of a VM becomes larger and smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum CpuLever {
    /// vCPUs are plugged and unplugged; `cpulimit` makes it smaller where the guest is Windows, or
    /// kept vCPUs three times in a row. A `cpulimit` of others is left alone.
    Auto,
    /// `cpulimit` alone, in quarters of a core: all vCPUs stay. No hotplug is needed.
    Cpulimit,
    /// vCPUs alone. A guest that kept them three times in a row is asked once a day.
    Vcpus,
}

/// By what the memory of a VM becomes larger and smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum MemoryLever {
    /// What the balloon leaves of the memory, which stays as large as it is. With `shares: 0`
    /// only.
    Balloon,
    /// DIMMs are plugged and unplugged.
    Dimm,
    /// Memory is left alone.
    None,
}

impl fmt::Display for CpuLever {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Cpulimit => "cpulimit",
            Self::Vcpus => "vcpus",
        })
    }
}

impl fmt::Display for MemoryLever {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Balloon => "balloon",
            Self::Dimm => "dimm",
            Self::None => "none",
        })
    }
}
