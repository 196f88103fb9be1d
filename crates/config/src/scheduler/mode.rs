//! How far the scheduler goes, and how it decides.

use serde::{Deserialize, Serialize};

/// How far the scheduler may go, from least to most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Default)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Looks and records.
    #[default]
    Observe,
    /// Also says what it would do.
    Recommend,
    /// Also adds, never takes away.
    UpOnly,
    /// Adds and takes away.
    Full,
}

impl std::fmt::Display for Mode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Observe => "observe",
            Self::Recommend => "recommend",
            Self::UpOnly => "up-only",
            Self::Full => "full",
        })
    }
}

/// How decisions are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Policy {
    /// By each VM's own use of late: fast up, as far as the evidence says, slowly down.
    Adaptive,
    /// High and low marks, one step at a time.
    Threshold,
}

impl std::fmt::Display for Policy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Adaptive => "adaptive",
            Self::Threshold => "threshold",
        })
    }
}
