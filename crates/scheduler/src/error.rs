//! Why the daemon does not run.

use std::io;
use std::path::PathBuf;

use crate::AskError;

/// Each says whom to blame.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The helper is not there or refuses to talk.
    #[error("{0}{help}", help = help(.0))]
    Ask(#[from] AskError),
    /// The configuration.
    #[error(transparent)]
    Config(#[from] vm_autoscale_config::Error),
    /// The daemon's own socket.
    #[error("control socket {path}: {source}\n  help: is the daemon running? systemctl status vm-autoscale", path = .path.display())]
    Control {
        /// Where it would be.
        path: PathBuf,
        /// Why it is not.
        source: io::Error,
    },
    /// The daemon does not take an order of this user.
    #[error("{0}")]
    NotPermitted(String),
    /// The daemon does not do what it was ordered.
    #[error("{0}")]
    Order(String),
    /// A log file that cannot be written.
    #[error("log file {path}: {problem}", path = .path.display())]
    Log {
        /// Where it would be.
        path: PathBuf,
        /// Why it is not.
        problem: String,
    },
    /// Nothing can listen where figures are to be had.
    #[error("metrics.listen {listen}: {source}")]
    Metrics {
        /// Where.
        listen: String,
        /// Why not.
        source: io::Error,
    },
    /// The machine does not let it run.
    #[error("this machine does not let the daemon run: {0}")]
    Machine(io::Error),
    /// A cluster's answer is not what Proxmox writes.
    #[error("cluster {cluster}: {problem}")]
    Unreadable {
        /// Which.
        cluster: String,
        /// What is wrong with it.
        problem: vm_autoscale_proxmox::Error,
    },
}

impl Error {
    /// The exit codes that all programs of the project share.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Ask(_) | Self::Unreadable { .. } => 6,
            Self::Config(error) if error.is_missing() => 66,
            Self::Config(_) => 3,
            Self::Control { source, .. } => match source.kind() {
                io::ErrorKind::PermissionDenied => 5,
                io::ErrorKind::NotFound
                | io::ErrorKind::ConnectionRefused
                | io::ErrorKind::TimedOut => 6,
                _ => 1,
            },
            Self::NotPermitted(_) => 5,
            Self::Log { .. } | Self::Machine(_) | Self::Metrics { .. } | Self::Order(_) => 1,
        }
    }
}

/// Of one that is there and of another kind, its own words say what to do.
fn help(error: &AskError) -> &'static str {
    match error {
        AskError::Differs(_) => "",
        _ => {
            "\n  help: is vm-autoscale-helper running? systemctl status vm-autoscale-helper.socket"
        }
    }
}
