//! A Proxmox cluster to try everything on, never installed: VMs under generated load, a pvestatd
//! on every node that measures them, `qm` by qemu-server's rules over simulated guests, behind
//! real SSH servers; faults, scripted by a scenario; a history of what was executed.
//!
//! Texts and rules are those recorded from Proxmox VE 9.2's own tools. Time is tokio's, so that
//! a test that pauses it waits for nothing.

mod answer;
pub mod cli;
mod cluster;
mod command;
mod conf;
mod confine;
#[cfg(test)]
mod conformance;
mod control;
mod execution;
mod guest;
mod ha;
mod history;
mod info;
mod lab;
mod load;
mod machine;
mod mix;
mod monitor;
mod node;
mod num;
mod options;
mod pmxcfs;
mod private_dir;
mod pvestatd;
mod qm;
mod read;
mod real;
mod reality;
mod scenario;
mod serve;
mod socket;
pub mod ssh;
mod stats;
mod tear;
mod trouble;
mod vm;

pub use answer::Answer;
pub use control::{Control, Garbled, Part};
pub use history::{Entry, Shown};
pub use info::{Usage, VmInfo};
pub use lab::Lab;
pub use options::{Columns, Options};
pub use scenario::Scenario;
pub use serve::{Served, serve};
pub use socket::{Reply, Request, ask};
pub use stats::Stats;

/// Why the lab cannot do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The kernel has Landlock and does not take the rules.
    #[error("cannot be confined to its directory: {0}")]
    Confine(String),
    /// A control names what is not there or cannot be.
    #[error("the lab refuses: {0}")]
    Control(String),
    /// A file or socket of the lab's own.
    #[error("{what}: {source}")]
    Io {
        /// Which one.
        what: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// A request or reply on the control socket is not one.
    #[error("control socket: {0}")]
    Socket(String),
    /// A real guest.
    #[error("{0}")]
    Real(String),
    /// A scenario is not one.
    #[error("scenario: {0}")]
    Scenario(String),
    /// SSH keys or the SSH server.
    #[error("ssh: {0}")]
    Ssh(String),
    /// A trace file is not one.
    #[error("trace {path}, line {line}: {what}")]
    Trace {
        /// The file.
        path: String,
        /// The line, from 1.
        line: u64,
        /// What is wrong there.
        what: String,
    },
    /// An option on the command line, or a name in it.
    #[error("{0}")]
    Usage(String),
}

impl Error {
    pub(crate) fn io(what: impl std::fmt::Display) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.to_string();
        move |source| Self::Io { what, source }
    }
}
