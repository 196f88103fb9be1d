//! Whether a node can be reached at all, and if not, why.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::error::Error;

/// For a connection to come about.
const CONNECTING: Duration = Duration::from_secs(10);

/// A connection to a node's SSH server.
///
/// # Errors
/// There is none, with what it may be.
pub(crate) fn connect(node: &str, address: SocketAddr) -> Result<TcpStream, Error> {
    let (ip, port) = (address.ip(), address.port());
    TcpStream::connect_timeout(&address, CONNECTING).map_err(|error| match error.kind() {
        ErrorKind::ConnectionRefused => Error::unreachable(
            format!("{node}: port {port} of {ip} is closed"),
            format!(
                "on the node's console: systemctl status ssh; ss -ltn (is {port} its port? another \
                 one is written {})",
                SocketAddr::new(ip, 2222)
            ),
        ),
        ErrorKind::TimedOut | ErrorKind::WouldBlock => Error::unreachable(
            format!("{node}: no answer from {ip}, port {port}, within 10 s"),
            format!("is the node up, and does no firewall stand between? ping {ip}"),
        ),
        _ => Error::unreachable(
            format!("{node}: no way to {ip}, port {port}: {error}"),
            format!("ip route get {ip}"),
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_port_is_told_from_what_is_no_way() {
        let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let error = connect("pve1", closed).unwrap_err();
        assert_eq!(error.exit_code(), 6);
        assert!(error.to_string().contains("is closed\n  help: on the node's"), "{error}");
        // A broadcast address takes no connection.
        let error = connect("pve1", "255.255.255.255:22".parse().unwrap()).unwrap_err();
        assert!(error.to_string().contains("no way to 255.255.255.255"), "{error}");
    }
}
