//! What the programs that hold power guard themselves with: files that are judged after they were
//! opened, texts that must not be seen, and sockets that nobody else listens on.

mod directories;
mod files;
mod mask;
mod secret;
mod socket;
mod words;

use std::io::ErrorKind;
use std::path::PathBuf;

pub use directories::check_directories;
pub use files::{Access, read_checked, read_checked_bytes, read_plain_bytes, read_regular_bytes};
pub use mask::{Masked, masked};
pub use secret::Secret;
pub use socket::listen_on;
pub use words::one_line;

/// The longest file that is read, in bytes.
pub const MAX_FILE: u64 = 4 * 1024 * 1024;

/// Why a file is not read. All of these blame whoever set it up.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file cannot be read.
    #[error("{path}: {source}", path = .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Who may read or write a file is not what its content needs.
    #[error("{path}: {problem}\n  help: {help}", path = .path.display())]
    Access {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
        /// The command that mends it.
        help: String,
    },
    /// A file is longer than any of its kind.
    #[error("{path}: longer than {limit} bytes", path = .path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
        /// The limit.
        limit: u64,
    },
}

impl Error {
    /// What is wrong, without the command that mends it.
    #[must_use]
    pub fn problem(&self) -> String {
        match self {
            Self::Access { path, problem, .. } => format!("{}: {problem}", path.display()),
            other => other.to_string(),
        }
    }

    /// Whether the file is missing, which has an exit code of its own.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == ErrorKind::NotFound)
    }
}
