//! What a planner is to know of a VM after a restart.

use serde::{Deserialize, Serialize};

use crate::Moment;
use crate::evidence::Shape;

/// What happened to a VM, and what was counted: not samples, which are old after any restart.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Kept {
    /// The size that it was seen with; nothing while a change of ours is what is seen next.
    pub size: Option<Shape>,
    /// When someone else changed its size.
    pub resized: Option<Moment>,
    /// How often in a row someone else changed it after we had.
    pub fights: u32,
    /// Of its vCPUs.
    pub cpu: KeptResource,
    /// Of its memory.
    pub memory: KeptResource,
}

/// Of one resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct KeptResource {
    /// Changes in a row that did not come about.
    pub failures: u32,
    /// Decisions in a row that found it low.
    pub low: u32,
    /// When the last change of ours ended.
    pub changed: Option<Moment>,
}
