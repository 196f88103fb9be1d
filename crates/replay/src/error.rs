//! What can go wrong: a file, what it says, or who is at the other end of the pipe.

use std::io::ErrorKind;

/// Why nothing could be replayed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or a stream cannot be read or written.
    #[error("{what}: {source}")]
    Io {
        /// Which one.
        what: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The simulator at the other end of the pipe does not say what it should.
    #[error("the pipe's line {line}: {what}")]
    Pipe {
        /// The line, from 1.
        line: u64,
        /// What is wrong there.
        what: String,
    },
    /// A trace is not one.
    #[error("trace {path}, line {line}: {what}")]
    Trace {
        /// The file.
        path: String,
        /// The line, from 1.
        line: u64,
        /// What is wrong there.
        what: String,
    },
    /// A world that cannot be.
    #[error("{0}")]
    World(String),
}

impl Error {
    pub(crate) fn io(what: impl std::fmt::Display) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.to_string();
        move |source| Self::Io { what, source }
    }

    /// Whether a file is missing, which has an exit code of its own.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == ErrorKind::NotFound)
    }
}
