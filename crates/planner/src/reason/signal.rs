//! How well it is known what memory a guest needs.

use std::fmt;
use std::time::Duration;

/// By whose word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// The guest's own, just now: MiB available to programs, of how many.
    Guest {
        /// Available.
        available: u32,
        /// In all.
        total: u32,
    },
    /// Proxmox's figure without what was page cache so long ago.
    Estimate(Duration),
    /// Proxmox's figure: the guest does not answer.
    Silent {
        /// Nor did it after memory was taken the last time.
        unheard: bool,
    },
    /// The process's resident size: nobody can be asked.
    NoDevice,
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Guest { available, total } => {
                write!(f, "the guest has {available} of {total} MiB available")
            }
            Self::Estimate(age) => write!(f, "without the page cache of {} s ago", age.as_secs()),
            Self::Silent { unheard: false } => {
                f.write_str("page cache counted: the guest does not say")
            }
            Self::Silent { unheard: true } => f.write_str(
                "page cache counted: the guest does not say, nor did it after the last shrink",
            ),
            Self::NoDevice => f.write_str("page cache counted: no balloon device to ask"),
        }
    }
}
