//! What the process does to itself before it reads anything.

use nix::sys::prctl;
use nix::sys::resource::{Resource, setrlimit};
use tracing_subscriber::EnvFilter;

use crate::error::Error;

/// No core dump and no debugger of the same user sees the keys; what is made is nobody else's.
pub(crate) fn harden() -> Result<(), Error> {
    setrlimit(Resource::RLIMIT_CORE, 0, 0)?;
    prctl::set_dumpable(false)?;
    nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(0o077));
    Ok(())
}

/// To standard error, which systemd keeps. russh says host names and lines of known hosts at
/// lower levels.
pub(crate) fn start_log() {
    let filter = EnvFilter::new("info,russh=warn");
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    log.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        .with_target(false)
        .log_internal_errors(false)
        .init();
}
