//! What a command printed and how it ended.

use serde::{Deserialize, Serialize};

/// Standard output, standard error and exit code.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// Exit code; beyond zero and non-zero it means nothing in Proxmox.
    pub exit: u8,
}

impl Answer {
    /// A quiet success.
    pub(crate) fn ok(stdout: impl Into<String>) -> Self {
        Self { stdout: stdout.into(), ..Self::default() }
    }

    /// A failure with its text.
    pub(crate) fn fail(stderr: impl Into<String>, exit: u8) -> Self {
        Self { stdout: String::new(), stderr: stderr.into(), exit }
    }
}
