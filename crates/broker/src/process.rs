//! Standard input and the log.

use std::fs::File;
use std::os::fd::AsFd as _;

use tracing_subscriber::EnvFilter;
use vm_autoscale_guard::Masked;

/// Without the buffer of `std::io::stdin`, which nobody wipes.
pub(crate) fn stdin() -> nix::Result<File> {
    let file = std::io::stdin().as_fd().try_clone_to_owned();
    file.map(File::from).map_err(|error| from_io(&error))
}

/// Standard input held keys: nothing of it stays in memory once nobody has it open.
pub(crate) fn forget_stdin() -> nix::Result<()> {
    let nothing = File::open("/dev/null").map_err(|error| from_io(&error))?;
    nix::unistd::dup2_stdin(nothing)
}

fn from_io(error: &std::io::Error) -> nix::Error {
    error.raw_os_error().map_or(nix::Error::EIO, nix::Error::from_raw)
}

/// To standard error, which systemd keeps. russh says host names and lines of known hosts at
/// lower levels.
pub fn start_log() {
    let filter = EnvFilter::new("info,russh=warn");
    let log =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(|| Masked(std::io::stderr()));
    log.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        .with_target(false)
        .log_internal_errors(false)
        .init();
}
