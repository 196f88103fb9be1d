//! Why the helper does not start or stops.

use std::io;
use std::path::PathBuf;

use vm_autoscale_ssh::BadKey;

/// What an administrator runs for a key that is used.
pub(crate) const MAKE_KEY: &str = "ssh-keygen -t ed25519 -N '' -f FILE makes one that is";

/// Each says whom to blame: the configuration, the machine, or us.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Config(#[from] vm_autoscale_config::Error),
    #[error("this machine does not let the helper limit itself: {0}")]
    Harden(#[from] nix::Error),
    #[error("{path}: {problem}\n  help: {MAKE_KEY}", path = .path.display())]
    Identity { path: PathBuf, problem: BadKey },
    #[error("{path}: {source}\n  help: both programs belong into one directory", path = .path.display())]
    NoBroker { path: PathBuf, source: nix::Error },
    #[error(
        "clusters.{cluster}: the env file has no variable `{variable}`\n  help: add it to the helper's env file, or use `identity` with a key, which is safer"
    )]
    NoPassword { cluster: String, variable: String },
    #[error(
        "`scheduler_user`: there is no user `{0}`\n  help: systemd-sysusers creates it from vm-autoscale.conf"
    )]
    NoUser(String),
    #[error("the rules could not be read")]
    NoPolicy,
    #[error("the orders do not reach the broker: {0}")]
    Become(io::Error),
}

impl Error {
    /// The exit codes that all programs of the project share.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Config(error) if error.is_missing() => 66,
            Self::Config(_)
            | Self::Identity { .. }
            | Self::NoPassword { .. }
            | Self::NoPolicy
            | Self::NoUser(_) => 3,
            Self::Become(_) | Self::Harden(_) | Self::NoBroker { .. } => 1,
        }
    }
}
