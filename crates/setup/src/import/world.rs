//! What this machine knows: the addresses of names, and whether the old program runs.

use std::io::Read as _;
use std::net::{IpAddr, ToSocketAddrs as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// Longer nobody is waited for.
const PATIENCE: Duration = Duration::from_secs(3);
/// Nor for all names together.
const PATIENCE_IN_ALL: Duration = Duration::from_secs(30);

const UNITS: [&str; 2] = ["vm_autoscale.service", "vm-autoscale-secure.service"];

/// Resolves names until its patience is at an end.
pub(crate) fn resolver() -> impl Fn(&str) -> Vec<IpAddr> {
    let begun = Instant::now();
    move |name| if begun.elapsed() < PATIENCE_IN_ALL { resolve(name) } else { Vec::new() }
}

/// A name's addresses, none where nobody knows it in time.
fn resolve(name: &str) -> Vec<IpAddr> {
    let (send, receive) = mpsc::channel();
    let name = name.to_owned();
    std::thread::spawn(move || {
        let found = (name.as_str(), 22).to_socket_addrs().map(Iterator::collect::<Vec<_>>);
        // Nobody waits for it any more.
        let _ = send.send(found.unwrap_or_default());
    });
    let found = receive.recv_timeout(PATIENCE).unwrap_or_default();
    let mut addresses: Vec<IpAddr> = found.iter().map(std::net::SocketAddr::ip).collect();
    addresses.dedup();
    addresses
}

/// The units of the old programs that run on this machine.
pub(crate) fn running() -> Vec<&'static str> {
    ask().map(|answer| active(&answer)).unwrap_or_default()
}

/// systemd's answer, where there is one in time.
fn ask() -> Option<String> {
    let mut child = is_active()?;
    let out = child.stdout.take()?;
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || {
        let mut answer = String::new();
        let read = out.take(4096).read_to_string(&mut answer);
        let _ = send.send(read.map(|_| answer).unwrap_or_default());
    });
    let answer = receive.recv_timeout(PATIENCE).ok();
    // One that has ended already is only collected.
    let _ = child.kill();
    let _ = child.wait();
    answer
}

#[expect(
    clippy::disallowed_methods,
    reason = "an administrator's program asks systemd whether the old one runs; it reads only"
)]
fn is_active() -> Option<Child> {
    let mut systemctl = Command::new("systemctl");
    systemctl.arg("is-active").args(UNITS);
    systemctl.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    systemctl.spawn().ok()
}

/// A line of the answer for each unit.
fn active(answer: &str) -> Vec<&'static str> {
    let units = UNITS.into_iter().zip(answer.lines());
    units.filter(|(_, state)| state.trim() == "active").map(|(unit, _)| unit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_active_unit_runs() {
        assert_eq!(active("inactive\nactive\n"), [UNITS[1]]);
        assert_eq!(active("active\ninactive\n"), [UNITS[0]]);
        for nothing in ["", "inactive\nfailed\n", "Failed to connect to bus\n"] {
            assert!(active(nothing).is_empty(), "{nothing}");
        }
    }

    #[test]
    fn addresses_and_unknown_names() {
        assert_eq!(resolve("127.0.0.1"), ["127.0.0.1".parse::<IpAddr>().unwrap()]);
        // Never a name, by RFC 6761; a resolver that is out of reach is the same.
        assert!(resolve("nowhere.invalid").is_empty());
    }
}
