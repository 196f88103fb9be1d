//! The helper's socket.

use std::io;
use std::path::Path;

use listenfd::ListenFd;
use nix::unistd::{Gid, chown, geteuid};
use tokio::net::UnixListener;
use vm_autoscale_guard::listen_on;

use crate::broker::Broker;
use crate::error::Error;

/// The socket that systemd passed, or our own; the second says whether it is our own.
pub(crate) fn listener(broker: &Broker) -> Result<(UnixListener, bool), Error> {
    let path = &broker.socket;
    let of = |source| Error::Socket { path: path.clone(), source };
    let passed = ListenFd::from_env().take_unix_listener(0).map_err(of)?;
    let own = passed.is_none();
    let listener = match passed {
        Some(listener) => listener,
        None => bind(path, broker.scheduler.gid).map_err(of)?,
    };
    listener.set_nonblocking(true).map_err(of)?;
    let listener = UnixListener::from_std(listener).map_err(of)?;
    tracing::info!(socket = %path.display(), own, "listening");
    Ok((listener, own))
}

/// Binds a socket that only its owner and, where we may say so, the scheduler's group can open.
fn bind(path: &Path, group: Option<u32>) -> io::Result<std::os::unix::net::UnixListener> {
    let listener = listen_on(path)?;
    if let (true, Some(group)) = (geteuid().is_root(), group) {
        chown(path, None, Some(Gid::from_raw(group)))?;
    }
    Ok(listener)
}
