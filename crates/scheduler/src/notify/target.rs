//! Where a message may go: judged by the address that is connected to, whatever its name was.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use nix::sys::socket::{AddressFamily, SockFlag, SockType, socket};
use vm_autoscale_config::{Target, Way, judge};

use super::undelivered::{Undelivered, is_closed};

/// For each step on the network.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);
/// More addresses of one name are not tried.
const MAX: usize = 8;

type Found = io::Result<Vec<SocketAddr>>;

/// One channel's way to addresses. The system's resolver has deadlines of its own, and longer ones
/// than ours: at most one thread is left to them.
#[derive(Debug, Default)]
pub(super) struct LookUp {
    /// The thread has the other one.
    hangs: Arc<()>,
    /// What the administrator allows beyond what everybody may.
    allow: Vec<Target>,
}

impl LookUp {
    pub(super) fn new(allow: &[Target]) -> Self {
        Self { allow: allow.to_vec(), ..Self::default() }
    }

    /// The addresses of a host that may be connected to: all of them, or none where one may not.
    pub(super) fn resolve(
        &self,
        host: &str,
        port: u16,
        way: Way,
    ) -> Result<Vec<SocketAddr>, Undelivered> {
        let name = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let all = move || Ok((name.as_str(), port).to_socket_addrs()?.take(MAX).collect());
        let found = self.within(PATIENCE, all)?.map_err(|error| Undelivered::unnamed(&error))?;
        if found.is_empty() {
            return Err(Undelivered::later("the server's name has no address"));
        }
        found.into_iter().map(|address| self.allowed(host, address, way)).collect()
    }

    /// An IPv4 address in IPv6's clothes is connected to as what it is.
    fn allowed(
        &self,
        host: &str,
        address: SocketAddr,
        way: Way,
    ) -> Result<SocketAddr, Undelivered> {
        let ip = address.ip();
        match judge(&self.allow, host, ip, way) {
            Ok(()) => Ok(SocketAddr::new(ip.to_canonical(), address.port())),
            Err(refusal) => Err(Undelivered::later(format!(
                "the server has the address {ip}, which is {refusal}"
            ))),
        }
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

/// Says in time, and in an administrator's words, what each delivery would fail by.
pub(super) fn warn_of_a_closed_network() {
    // Not bound: the drop-in opens no port.
    let socket = socket(AddressFamily::Inet, SockType::Datagram, SockFlag::SOCK_CLOEXEC, None);
    if socket.is_err_and(|errno| is_closed(&errno.into())) {
        tracing::error!(
            "messages are configured, and this service has no network, so that nobody is told: install deploy/systemd/optional/vm-autoscale.service.d/network.conf \
             as /etc/systemd/system/vm-autoscale.service.d/network.conf, then systemctl daemon-reload \
             and systemctl restart vm-autoscale"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(look_up: &LookUp, host: &str) -> Result<Vec<SocketAddr>, Undelivered> {
        look_up.resolve(host, 25, Way::Mail(25))
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
        let why = resolve(&look_up, "127.0.0.1").unwrap_err();
        assert!(why.why.contains("still hangs") && why.again, "{why}");
        // Another channel is not held up by it.
        assert!(resolve(&LookUp::default(), "127.0.0.1").is_ok());
        drop(release);
        while resolve(&look_up, "127.0.0.1").is_err() {
            std::thread::yield_now();
        }
    }

    /// Also in the other ways to write one, which the system's resolver takes.
    #[test]
    fn an_address_is_judged_however_it_is_written() {
        let odd = ["0xa9fea9fe", "2852039166", "169.254.43518", "[::ffff:169.254.169.254]"];
        for host in odd.into_iter().chain(["10.1", "0x0a000001", "[fd00::1]", "192.168.1.1"]) {
            let error = resolve(&LookUp::default(), host).unwrap_err();
            assert!(error.why.contains("nothing is sent there"), "{host}: {error}");
        }
        let error = resolve(&LookUp::default(), "10.1").unwrap_err().why;
        let wanted = "the server has the address 10.0.0.1, which is private: nothing is sent there \
                      unless `notify_allow` in config.yaml names it";
        assert_eq!(error, wanted);
        let listed =
            LookUp::new(&["10.0.0.0/8", "::ffff:0:0/96"].map(|item| item.parse().unwrap()));
        assert!(resolve(&listed, "10.1").is_ok());
        // Connected to as what it is.
        let clothes = resolve(&listed, "[::ffff:10.0.0.1]").unwrap();
        assert_eq!(clothes, ["10.0.0.1:25".parse().unwrap()]);
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
