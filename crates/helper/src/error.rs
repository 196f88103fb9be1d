//! Why the helper does not start or stops.

use std::io;
use std::path::PathBuf;

/// Each says whom to blame: the configuration, the machine, or us.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Config(#[from] vm_autoscale_config::Error),
    #[error("this machine does not let the helper limit itself: {0}")]
    Harden(#[from] nix::Error),
    #[error("{path}: {problem}\n  help: {help}", path = .path.display())]
    Identity { path: PathBuf, problem: String, help: String },
    #[error(
        "clusters.{cluster}: the env file has no variable `{variable}`\n  help: add it to the helper's env file, or use `identity` with a key, which is safer"
    )]
    NoPassword { cluster: String, variable: String },
    #[error(
        "`scheduler_user`: there is no user `{0}`\n  help: systemd-sysusers creates it from vm-autoscale.conf"
    )]
    NoUser(String),
    #[error("the program's own runtime does not start: {0}")]
    Runtime(io::Error),
    #[error("socket {path}: {source}", path = .path.display())]
    Socket { path: PathBuf, source: io::Error },
}

impl Error {
    /// The exit codes that all programs of the project share.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Config(error) if error.is_missing() => 66,
            Self::Config(_) | Self::Identity { .. } | Self::NoPassword { .. } | Self::NoUser(_) => {
                3
            }
            Self::Harden(_) | Self::Runtime(_) | Self::Socket { .. } => 1,
        }
    }
}
