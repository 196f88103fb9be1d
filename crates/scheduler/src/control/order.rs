//! Orders as they are said, and what is answered.

use serde::{Deserialize, Serialize};
use vm_autoscale_config::Selection;

use crate::PauseStatus;

/// An order to leave VMs alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PauseOrder {
    /// Which, in the words of `select`.
    pub select: Selection,
    /// Why.
    pub reason: String,
    /// For how long, in seconds; without it until it is taken back.
    #[serde(default)]
    pub for_seconds: Option<u64>,
}

/// An order to go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResumeOrder {
    /// The pauses that end, by their numbers.
    #[serde(default)]
    pub numbers: Vec<u64>,
    /// All that hold.
    #[serde(default)]
    pub all: bool,
}

/// What became of that.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Resumed {
    /// The pauses that ended.
    pub ended: Vec<PauseStatus>,
    /// Numbers of pauses that are not there.
    pub absent: Vec<u64>,
}
