//! The helper's socket, and whom it is for.

use std::io;
use std::path::Path;

use listenfd::ListenFd;
use nix::unistd::User;
use tokio::net::UnixListener;
use vm_autoscale_config::{UserRef, listen_on};

use crate::broker::Broker;
use crate::error::Error;

/// The socket that systemd passed, or our own; the second says whether it is our own.
pub(crate) fn listener(broker: &Broker) -> Result<(UnixListener, bool), Error> {
    let path = &broker.config.socket;
    let of = |source| Error::Socket { path: path.clone(), source };
    let passed = ListenFd::from_env().take_unix_listener(0).map_err(of)?;
    let own = passed.is_none();
    let listener = match passed {
        Some(listener) => listener,
        None => bind(path, &broker.config.scheduler_user).map_err(of)?,
    };
    listener.set_nonblocking(true).map_err(of)?;
    let listener = UnixListener::from_std(listener).map_err(of)?;
    tracing::info!(socket = %path.display(), own, "listening");
    Ok((listener, own))
}

/// Binds a socket that only its owner and, where we may say so, the scheduler's group can open.
fn bind(path: &Path, user: &UserRef) -> io::Result<std::os::unix::net::UnixListener> {
    let listener = listen_on(path)?;
    if let (true, Ok(Some(user))) = (nix::unistd::geteuid().is_root(), lookup(user)) {
        nix::unistd::chown(path, None, Some(user.gid))?;
    }
    Ok(listener)
}

fn lookup(user: &UserRef) -> nix::Result<Option<User>> {
    match user {
        UserRef::Uid(uid) => User::from_uid((*uid).into()),
        UserRef::Name(name) => User::from_name(name),
    }
}

/// Who is heard.
pub(crate) fn scheduler_uid(broker: &Broker) -> Result<u32, Error> {
    match &broker.config.scheduler_user {
        UserRef::Uid(uid) => Ok(*uid),
        UserRef::Name(name) => match lookup(&broker.config.scheduler_user) {
            Ok(Some(user)) => Ok(user.uid.as_raw()),
            _ => Err(Error::NoUser(name.clone())),
        },
    }
}
