//! What systemd is told. By a connection that is there before the sandbox, which allows no new one.

use std::ffi::OsStr;
use std::io;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};

use vm_autoscale_protocol::Sandbox;

/// The way to systemd, where it started us.
pub(crate) struct Systemd(Option<UnixDatagram>);

impl Systemd {
    pub(crate) fn from_env() -> Self {
        let connected = std::env::var_os("NOTIFY_SOCKET").map(|name| connect(&name));
        Self(connected.transpose().unwrap_or_else(|error| {
            tracing::warn!("systemd cannot be told anything: {error}");
            None
        }))
    }

    /// It listens, and holds no more than it says.
    pub(crate) fn ready(&self, sandbox: Sandbox) {
        let Some(socket) = &self.0 else { return };
        if let Err(error) = socket.send(format!("READY=1\nSTATUS={sandbox}\n").as_bytes()) {
            tracing::warn!("systemd was not told that the helper is ready: {error}");
        }
    }
}

fn connect(name: &OsStr) -> io::Result<UnixDatagram> {
    let socket = UnixDatagram::unbound()?;
    socket.set_nonblocking(true)?;
    let address = match name.as_bytes().strip_prefix(b"@") {
        Some(name) => SocketAddr::from_abstract_name(name)?,
        None => SocketAddr::from_pathname(name)?,
    };
    socket.connect_addr(&address)?;
    Ok(socket)
}
