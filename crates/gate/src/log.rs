//! The node's log: at best, and never waited for.

use std::ffi::OsStr;
use std::net::IpAddr;
use std::os::unix::net::UnixDatagram;

/// Where syslog or the journal listens.
const DEV_LOG: &str = "/dev/log";
/// The facility `authpriv`, as sshd's own lines have it, and how much it matters.
pub(crate) const WARNING: u8 = (10 << 3) | 4;
pub(crate) const NOTICE: u8 = (10 << 3) | 5;
/// So much of what somebody sent is shown, in characters.
const MOST: usize = 200;

/// Writes one line. Where nobody listens, or who does is busy, it is lost: sshd has told of the
/// login itself.
pub(crate) fn note(priority: u8, text: &str) {
    let pid = std::process::id();
    let line = format!("<{priority}>vm-autoscale-gate[{pid}]: {}{text}", from());
    let send = || {
        let socket = UnixDatagram::unbound()?;
        socket.set_nonblocking(true)?;
        socket.send_to(line.as_bytes(), DEV_LOG)
    };
    let _ = send();
}

/// What was sent, in one line that steers no terminal.
pub(crate) fn shown(line: &OsStr) -> String {
    line.to_string_lossy().chars().take(MOST).flat_map(char::escape_debug).collect()
}

/// Who is there, by sshd's word. An address is all that is taken of it.
fn from() -> String {
    let connection = std::env::var("SSH_CONNECTION").ok();
    let address = connection.as_deref().and_then(|text| text.split(' ').next());
    let address = address.and_then(|text| text.parse::<IpAddr>().ok());
    address.map(|address| format!("{address}: ")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sent_is_one_short_line() {
        assert_eq!(
            shown(OsStr::new("id\n<0>kernel: \u{1b}[2J\0")),
            "id\\n<0>kernel: \\u{1b}[2J\\0"
        );
        assert!(shown(OsStr::new(&"\u{9b}".repeat(100_000))).len() < 2_000);
    }
}
