//! What the helper takes from itself: before it reads anything, and once it listens, when it gives
//! up all that it will never need again. Whoever takes it over then has what is left, under systemd
//! or without it.

mod capabilities;
mod landlock;
mod seccomp;

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;

use nix::sys::prctl;
use nix::sys::resource::{Resource, setrlimit};

/// No core dump and no debugger of the same user sees the keys; what is made is nobody else's.
///
/// # Errors
/// The machine does not let it.
pub fn harden() -> nix::Result<()> {
    setrlimit(Resource::RLIMIT_CORE, 0, 0)?;
    prctl::set_dumpable(false)?;
    nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(0o077));
    Ok(())
}

/// What the process still needs of the machine, beside the sockets that it has.
#[derive(Debug, Default)]
pub struct Needs {
    /// Directories of files that it reads. Not the files themselves: a rule about one would end
    /// where another one is renamed over it.
    pub reads: BTreeSet<PathBuf>,
    /// Directories in which it makes, replaces and removes files, as far as they are there.
    pub writes: BTreeSet<PathBuf>,
    /// The directory of a socket that it made and removes at its end.
    pub socket: Option<PathBuf>,
    /// TCP ports that it connects to.
    pub ports: BTreeSet<u16>,
}

/// What was given up, beside every capability that the process could use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reached {
    /// The version of Landlock that holds; 0 where there is none.
    pub landlock: u32,
    /// Whether all system calls but those of a list are denied.
    pub seccomp: bool,
    /// Whether no program that it could execute would gain a capability either.
    pub bounding_set_empty: bool,
}

/// What Landlock limits from which of its versions on, and the kernel that brought it.
const PARTS: [(u32, &str); 5] = [
    (1, "which files are opened (Linux 5.13, and Landlock among the `lsm`)"),
    (3, "which files are truncated (Linux 6.2)"),
    (4, "which TCP ports are connected to (Linux 6.7)"),
    (5, "what is asked of devices (Linux 6.10)"),
    (6, "signals and abstract sockets (Linux 6.12)"),
];

/// Gives up all else, for good. What this kernel does not have is said and done without; what is
/// there and fails is an error.
///
/// # Errors
/// The process keeps a capability, has threads, or a needed directory is not there.
pub fn enter(needs: &Needs) -> io::Result<Reached> {
    // In this order: the verdict on capabilities is in /proc, which Landlock closes, and no step
    // is possible once seccomp holds.
    let bounding_set_empty = capabilities::drop_all()?;
    let landlock = landlock::restrict(needs)?;
    let seccomp = seccomp::restrict(needs)?;
    let reached = Reached { landlock, seccomp, bounding_set_empty };
    for (_, what) in PARTS.iter().filter(|(since, _)| landlock < *since) {
        tracing::warn!("the kernel does not limit {what}");
    }
    if !seccomp {
        tracing::warn!("the kernel does not limit which system calls are made (seccomp)");
    }
    Ok(reached)
}
