//! What can go wrong with a real VM.

use vm_autoscale_proxmox::VmId;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// Real guests cannot run on this machine as it is.
    #[error("real guests cannot run here: {0}")]
    Missing(String),
    /// A file of the lab's own, or one that it reads.
    #[error("{what}: {source}")]
    Io {
        /// Which one.
        what: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// No VM can be made so.
    #[error("VM {vmid} cannot be started: {why}")]
    Start {
        /// The VM.
        vmid: VmId,
        /// What is wrong; QEMU's own words where it has some.
        why: String,
    },
    /// A command to QEMU, in the words that Proxmox has for it.
    #[error("VM {vmid} qmp command '{command}' failed - {why}")]
    Qmp {
        /// The VM.
        vmid: VmId,
        /// QMP's name of the command.
        command: String,
        /// QEMU's words, or what became of the connection.
        why: String,
    },
    /// The guest did not do what it was asked.
    #[error("the guest of VM {vmid} did not answer '{request}': {why}")]
    Guest {
        /// The VM.
        vmid: VmId,
        /// What it was asked.
        request: String,
        /// What happened instead, and where to look.
        why: String,
    },
}

/// As `qm` prints it.
impl From<Error> for String {
    fn from(error: Error) -> Self {
        error.to_string()
    }
}

impl From<Error> for crate::Error {
    fn from(error: Error) -> Self {
        Self::Real(error.to_string())
    }
}

impl Error {
    pub(crate) fn io(what: impl std::fmt::Display) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.to_string();
        move |source| Self::Io { what, source }
    }
}
