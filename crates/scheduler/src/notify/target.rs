//! Where a message may go: judged by the address that is connected to, whatever its name was.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs as _};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use nix::sys::socket::{AddressFamily, SockFlag, SockType, socket};

use super::undelivered::{Undelivered, is_closed};

/// For each step on the network.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);
/// Where a cloud's machine reads its credentials.
const METADATA: &str = "a cloud's metadata service";
/// More addresses of one name are not tried.
const MAX: usize = 8;

type Found = io::Result<Vec<SocketAddr>>;

/// One channel's way to addresses. The system's resolver has deadlines of its own, and longer ones
/// than ours: at most one thread is left to them.
#[derive(Debug, Default)]
pub(super) struct LookUp {
    /// The thread has the other one.
    hangs: Arc<()>,
}

impl LookUp {
    /// The addresses of a host that may be connected to: all of them, or none where one may not.
    pub(super) fn resolve(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, Undelivered> {
        let name = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let all = move || Ok((name.as_str(), port).to_socket_addrs()?.take(MAX).collect());
        let found = self.within(PATIENCE, all)?.map_err(|error| Undelivered::unnamed(&error))?;
        if found.is_empty() {
            return Err(Undelivered::later("the server's name has no address"));
        }
        found.into_iter().map(allowed).collect()
    }

    fn within(
        &self,
        patience: Duration,
        system: impl FnOnce() -> Found + Send + 'static,
    ) -> Result<Found, Undelivered> {
        if Arc::strong_count(&self.hangs) > 1 {
            return Err(Undelivered::later("the last look-up of the server's name still hangs"));
        }
        let ((answer, answered), hangs) = (sync_channel(1), self.hangs.clone());
        let look_up = move || {
            let found = system();
            drop(hangs);
            // Nobody waits any more when it took too long.
            let _ = answer.send(found);
        };
        let thread = std::thread::Builder::new().name("resolve".to_owned()).spawn(look_up);
        thread.map_err(|error| Undelivered::later(error.to_string()))?;
        answered.recv_timeout(patience).map_err(|error| match error {
            RecvTimeoutError::Timeout => Undelivered::later("no name server answers within 5 s"),
            RecvTimeoutError::Disconnected => Undelivered::later("the name was not looked up"),
        })
    }
}

/// An IPv4 address in IPv6's clothes is judged, and connected to, as what it is.
fn allowed(address: SocketAddr) -> Result<SocketAddr, Undelivered> {
    let ip = address.ip().to_canonical();
    match refused(ip) {
        Some(kind) => Err(Undelivered::later(format!(
            "the server has the address {ip}, which is {kind}: nothing is sent there"
        ))),
        None => Ok(SocketAddr::new(ip, address.port())),
    }
}

/// Why no message goes there. Private addresses are fine: people's servers live there.
fn refused(ip: IpAddr) -> Option<&'static str> {
    match ip {
        IpAddr::V4(ip) => refused_v4(ip),
        IpAddr::V6(ip) => refused_v6(ip),
    }
}

fn refused_v4(ip: Ipv4Addr) -> Option<&'static str> {
    match ip.octets() {
        [0, ..] => Some("unspecified"),
        [169, 254, ..] => Some("link-local"),
        // Alibaba's; Amazon's in IPv6 is below.
        [100, 100, 100, 200] => Some(METADATA),
        [224..=239, ..] => Some("multicast"),
        [240..=255, ..] => Some("reserved"),
        _ => None,
    }
}

fn refused_v6(ip: Ipv6Addr) -> Option<&'static str> {
    let [.., high, low] = ip.segments();
    let inner = Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match ip.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0] => Some("unspecified"),
        [0, 0, 0, 0, 0, 0, 0, 1] => None,
        [0, 0, 0, 0, 0, 0, _, _] => Some("an IPv4 address in a form without use"),
        [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254] => Some(METADATA),
        [0xfe80..=0xfebf, ..] => Some("link-local"),
        [0xff00..=0xffff, ..] => Some("multicast"),
        [0x2002, ..] => Some("6to4"),
        [0x2001, 0, ..] => Some("Teredo"),
        // NAT64: what is behind it is judged.
        [0x64, 0xff9b, 0, 0, 0, 0, _, _] if inner.is_loopback() => Some("NAT64 of a loopback"),
        [0x64, 0xff9b, 0, 0, 0, 0, _, _] => refused_v4(inner),
        _ => None,
    }
}

/// Says in time, and in an administrator's words, what each delivery would fail by.
pub(super) fn warn_of_a_closed_network() {
    // Not bound: the drop-in opens no port.
    let socket = socket(AddressFamily::Inet, SockType::Datagram, SockFlag::SOCK_CLOEXEC, None);
    if socket.is_err_and(|errno| is_closed(&errno.into())) {
        tracing::error!(
            "alerts, gotify or uptime_kuma_url are configured, and this service has no network, so \
             that nobody is told: install deploy/systemd/optional/vm-autoscale.service.d/network.conf \
             as /etc/systemd/system/vm-autoscale.service.d/network.conf, then systemctl daemon-reload \
             and systemctl restart vm-autoscale"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(host: &str, port: u16) -> Result<Vec<SocketAddr>, Undelivered> {
        LookUp::default().resolve(host, port)
    }

    #[test]
    fn a_look_up_that_hangs_is_the_only_one() {
        let (look_up, (release, released)) = (LookUp::default(), sync_channel::<()>(0));
        let hangs = move || {
            let _ = released.recv();
            Ok(Vec::new())
        };
        let why = look_up.within(Duration::ZERO, hangs).unwrap_err().why;
        assert_eq!(why, "no name server answers within 5 s");
        let why = look_up.resolve("127.0.0.1", 25).unwrap_err();
        assert!(why.why.contains("still hangs") && why.again, "{why}");
        // Another channel is not held up by it.
        assert!(resolve("127.0.0.1", 25).is_ok());
        drop(release);
        while look_up.resolve("127.0.0.1", 25).is_err() {
            std::thread::yield_now();
        }
    }

    #[test]
    fn addresses_are_judged_by_what_they_are() {
        let good = ["127.0.0.1", "10.1.2.3", "192.168.1.1", "::1", "fd00::1", "::ffff:127.0.0.1"];
        let more = ["2001:db8::1", "203.0.113.9", "64:ff9b::203.0.113.9", "100.64.0.1"];
        for ip in good.into_iter().chain(more) {
            assert_eq!(refused(ip.parse::<IpAddr>().unwrap().to_canonical()), None, "{ip}");
            assert!(resolve(ip, 25).is_ok(), "{ip}");
        }
        let bad = ["169.254.169.254", "0.0.0.0", "224.0.0.1", "255.255.255.255", "::", "fe80::1"];
        let metadata = ["fd00:ec2::254", "100.100.100.200", "64:ff9b::100.100.100.200"];
        let hidden = ["::ffff:169.254.169.254", "::169.254.169.254", "2002:a9fe:a9fe::1"];
        let more = ["64:ff9b::169.254.169.254", "64:ff9b::127.0.0.1", "ff02::1", "2001::1"];
        for ip in bad.into_iter().chain(hidden).chain(more).chain(metadata) {
            let why = resolve(ip, 25).unwrap_err().why;
            assert!(why.contains("nothing is sent there"), "{ip}: {why}");
            assert!(resolve(&format!("[{ip}]"), 25).is_err(), "[{ip}]");
        }
        // Other ways to write it, which the system's resolver takes.
        for odd in ["0xa9fea9fe", "2852039166", "169.254.43518"] {
            assert!(resolve(odd, 25).is_err(), "{odd}");
        }
    }

    #[test]
    fn a_closed_network_names_the_drop_in() {
        for code in [97, 101, 1] {
            let why = Undelivered::io(&std::io::Error::from_raw_os_error(code)).why;
            assert!(why.contains("network.conf"), "{code}: {why}");
        }
        let refused = Undelivered::io(&std::io::Error::from_raw_os_error(111)).why;
        assert_eq!(refused, "connection refused");
    }
}
