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
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Config(error) if error.is_missing() => 66,
            Self::Config(_) => 3,
            Self::Usage(_) => 2,
            Self::Exists(_) | Self::Write { .. } | Self::Made(_) | Self::Output(_) => 1,
        }
    }
}
