//! Why a command did not do what it is for.

use std::path::PathBuf;

use vm_autoscale_config::Report;

use crate::import::shown;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The old file cannot be read or used.
    #[error(transparent)]
    Config(#[from] vm_autoscale_config::Error),
    /// The arguments do not fit the file.
    #[error("{0}")]
    Usage(String),
    /// It did not work; `help` is what to type.
    #[error("{what}\n  help: {help}")]
    Failed {
        /// What happened, and to what.
        what: String,
        /// The next command.
        help: String,
    },
    /// Who runs it may not do that.
    #[error("{what}\n  help: {help}")]
    NotPermitted {
        /// What.
        what: String,
        /// The next command.
        help: String,
    },
    /// A node, or a program on this machine, does not answer.
    #[error("{what}\n  help: {help}")]
    Unreachable {
        /// Which, and how it was tried.
        what: String,
        /// The next command.
        help: String,
    },
    /// Something is there already.
    #[error("{path} is there already and is not overwritten: move it away, or name another \
             directory with --output", path = shown(.0))]
    Exists(PathBuf),
    /// A file cannot be written.
    #[error("{path}: {source}", path = shown(.path))]
    Write {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// What was made is not what the programs take: our own fault.
    #[error(
        "nothing was written: what was made of it is not valid, which is a fault of this \
             program; please report it with these lines and without your file:\n{0}"
    )]
    Made(Report),
    /// The answer cannot be written.
    #[error("the answer cannot be written: {0}")]
    Output(std::io::Error),
}

impl Error {
    pub(crate) fn failed(what: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Failed { what: what.into(), help: help.into() }
    }

    pub(crate) fn not_permitted(what: impl Into<String>, help: impl Into<String>) -> Self {
        Self::NotPermitted { what: what.into(), help: help.into() }
    }

    pub(crate) fn unreachable(what: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Unreachable { what: what.into(), help: help.into() }
    }

    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Config(error) if error.is_missing() => 66,
            Self::Config(_) => 3,
            Self::Usage(_) => 2,
            Self::NotPermitted { .. } => 5,
            Self::Unreachable { .. } => 6,
            Self::Failed { .. }
            | Self::Exists(_)
            | Self::Write { .. }
            | Self::Made(_)
            | Self::Output(_) => 1,
        }
    }
}
