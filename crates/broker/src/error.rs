//! Why the broker does not start or stops.

use std::io;
use std::path::PathBuf;

/// Each says whom to blame: the configuration, the machine, or us.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    File(#[from] vm_autoscale_guard::Error),
    #[error("this machine does not let the helper limit itself: {0}")]
    Harden(nix::Error),
    #[error("cluster `{cluster}`: {problem}")]
    Identity { cluster: String, problem: vm_autoscale_ssh::BadKey },
    #[error("no orders on standard input: {0}")]
    Orders(String),
    #[error("the program's own runtime does not start: {0}")]
    Runtime(io::Error),
    #[error(
        "the helper cannot give up what it does not need: {0}\n  help: `SystemCallFilter` of its unit has to allow what vm-autoscale-helper.service does"
    )]
    Sandbox(io::Error),
    #[error("socket {path}: {source}", path = .path.display())]
    Socket { path: PathBuf, source: io::Error },
}

impl Error {
    /// The exit codes that all programs of the project share.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::File(error) if error.is_missing() => 66,
            Self::File(_) | Self::Identity { .. } => 3,
            Self::Orders(_) => 2,
            Self::Harden(_) | Self::Runtime(_) | Self::Sandbox(_) | Self::Socket { .. } => 1,
        }
    }
}
