//! Why a message did not arrive, in words without a secret: never a URL, nor what a server said.

use std::error::Error;
use std::io;

use nix::errno::Errno;

/// Why, and whether another attempt makes sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub(super) struct Undelivered {
    pub(super) why: String,
    pub(super) again: bool,
}

const DROP_IN: &str = "if this is the service, its unit keeps it off the network: see \
     deploy/systemd/optional/vm-autoscale.service.d/network.conf";

impl Undelivered {
    /// It may work later.
    pub(super) fn later(why: impl Into<String>) -> Self {
        Self { why: why.into(), again: true }
    }

    /// It does not work like this.
    pub(super) fn never(why: impl Into<String>) -> Self {
        Self { why: why.into(), again: false }
    }

    pub(super) fn unnamed(error: &io::Error) -> Self {
        Self::later(format!("the name of the server cannot be resolved ({error}); {DROP_IN}"))
    }

    pub(super) fn io(error: &io::Error) -> Self {
        if matches!(error.kind(), io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock) {
            return Self::late();
        }
        if is_closed(error) {
            return Self::later(format!("{error}; {DROP_IN}"));
        }
        // Our own word, where only so much is read.
        if error.kind() == io::ErrorKind::FileTooLarge {
            return Self::later("the server's answer does not end");
        }
        match error.get_ref().and_then(<dyn Error + Send + Sync>::downcast_ref) {
            Some(error) => Self::tls(error),
            None => Self::later(error.kind().to_string()),
        }
    }

    pub(super) fn late() -> Self {
        Self::later("no answer within 5 s")
    }

    pub(super) fn tls(error: &rustls::Error) -> Self {
        let help = match error {
            rustls::Error::InvalidCertificate(_) => {
                "; is its authority among this machine's? See update-ca-certificates(8)"
            }
            _ => "",
        };
        Self::later(format!("TLS: {error}{help}"))
    }

    /// The cause somewhere below an error that may itself quote what the server said.
    pub(super) fn below(error: &(dyn Error + 'static)) -> Option<Self> {
        let mut cause = error.source();
        while let Some(error) = cause {
            if let Some(error) = error.downcast_ref::<io::Error>() {
                return Some(Self::io(error));
            }
            if let Some(error) = error.downcast_ref::<rustls::Error>() {
                return Some(Self::tls(error));
            }
            cause = error.source();
        }
        None
    }
}

/// What `RestrictAddressFamilies=`, `PrivateNetwork=` and `IPAddressDeny=` look like from inside.
pub(super) fn is_closed(error: &io::Error) -> bool {
    let errno = error.raw_os_error().map(Errno::from_raw);
    matches!(errno, Some(Errno::EAFNOSUPPORT | Errno::ENETUNREACH | Errno::EPERM | Errno::EACCES))
}
