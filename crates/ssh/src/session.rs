//! One SSH session with one node.

use std::borrow::Cow;
use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use russh::client::{AuthResult, Config, Handle, Msg};
use russh::keys::{PrivateKeyWithHashAlg, PublicKey};
use russh::{Channel, Disconnect, Preferred, cipher, kex, mac};
use tokio::net::TcpStream;
use tokio::time::timeout;
use vm_autoscale_protocol::NodeState;

use crate::known_hosts::{KnownHosts, Refusal, Verdict};
use crate::login::{Login, Proof};
use crate::pins::Stamp;

mod verifier;
use verifier::{Seen, Verifier};

/// For each of: connecting, exchanging keys, logging in.
const STEP: Duration = Duration::from_secs(10);
/// For a channel of a session that there is: a round trip.
const CHANNEL: Duration = Duration::from_secs(3);

/// The key exchanges that Proxmox VE 8 and 9 have, the post-quantum one first.
const KEX: &[kex::Name] = &[
    kex::MLKEM768X25519_SHA256,
    kex::CURVE25519,
    kex::EXTENSION_SUPPORT_AS_CLIENT,
    kex::EXTENSION_OPENSSH_STRICT_KEX_AS_CLIENT,
];
const CIPHERS: &[cipher::Name] = &[cipher::CHACHA20_POLY1305, cipher::AES_256_GCM];
const MACS: &[mac::Name] = &[mac::HMAC_SHA512_ETM, mac::HMAC_SHA256_ETM];

/// Why there is no session. Nothing was sent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("{0}")]
    HostKey(Box<Refusal>),
    #[error("{0}")]
    Network(String),
    #[error("the node does not let `{0}` in: is its key in authorized_keys there?")]
    Login(String),
    /// Some servers refuse in this way, so that it is as rarely tried again.
    #[error("the connection ended during the login")]
    Cut,
}

impl Failure {
    pub(crate) fn state(&self) -> NodeState {
        match self {
            Self::HostKey(_) => NodeState::HostKeyRefused,
            Self::Login(_) => NodeState::AuthFailed,
            Self::Network(_) | Self::Cut => NodeState::Unreachable,
        }
    }
}

/// Why there is no channel. Nothing was sent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoChannel {
    #[error("its session is silent: no channel within 3 s")]
    Silent,
    #[error("{0}")]
    Refused(#[from] russh::Error),
}

/// A logged-in session.
pub(crate) struct Session {
    handle: Handle<Verifier>,
    key: PublicKey,
    /// Which content of the known hosts it was last checked against.
    checked: Cell<Stamp>,
}

impl Session {
    pub(crate) async fn open(
        address: SocketAddr,
        login: &Login,
        (stamp, hosts): (Stamp, Rc<KnownHosts>),
    ) -> Result<Self, Failure> {
        let config = Arc::new(config(&hosts, address)?);
        let network = |error: &dyn std::fmt::Display| Failure::Network(error.to_string());
        let late = |what: &'static str| {
            move |_| Failure::Network(format!("{what}: no answer within 10 s"))
        };
        let connect = timeout(STEP, TcpStream::connect(address));
        let stream = connect.await.map_err(late("connecting"))?.map_err(|e| network(&e))?;
        stream.set_nodelay(true).map_err(|e| network(&e))?;
        let seen = Arc::new(Mutex::new(Seen::Nothing));
        let verifier = Verifier { hosts: KnownHosts::clone(&hosts), address, seen: seen.clone() };
        let exchange = timeout(STEP, russh::client::connect_stream(config, stream, verifier));
        let result = exchange.await.map_err(late("key exchange"))?;
        let seen = seen
            .lock()
            .map_or(Seen::Nothing, |mut seen| std::mem::replace(&mut *seen, Seen::Nothing));
        let (mut handle, key) = match (result, seen) {
            (Ok(handle), Seen::Trusted(key)) => (handle, key),
            (_, Seen::Refused(refusal)) => return Err(Failure::HostKey(refusal)),
            (Err(error), _) => return Err(network(&error)),
            (Ok(_), Seen::Nothing) => {
                return Err(Failure::Network("the node showed no host key".to_owned()));
            }
        };
        let entry = timeout(STEP, log_in(&mut handle, login));
        let result = entry.await.map_err(late("logging in"))?.map_err(|e| network(&e))?;
        let_in(&result, login)?;
        Ok(Self { handle, key, checked: Cell::new(stamp) })
    }

    /// Whether it is still of use, by the known hosts as they are now.
    pub(crate) fn still_trusted(
        &self,
        address: SocketAddr,
        (stamp, hosts): (Stamp, &KnownHosts),
    ) -> Result<(), Box<Refusal>> {
        if self.checked.get() != stamp {
            hosts.check(&address.ip(), address.port(), &self.key)?;
            self.checked.set(stamp);
        }
        Ok(())
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.handle.is_closed()
    }

    pub(crate) async fn close(&self) {
        // It is of no more use, whether the node hears of it or not.
        let _ = timeout(STEP, self.handle.disconnect(Disconnect::ByApplication, "", "")).await;
    }

    /// A channel for one command.
    pub(crate) async fn channel(&self) -> Result<Channel<Msg>, NoChannel> {
        let opening = timeout(CHANNEL, self.handle.channel_open_session());
        Ok(opening.await.map_err(|_| NoChannel::Silent)??)
    }
}

fn config(hosts: &KnownHosts, address: SocketAddr) -> Result<Config, Failure> {
    let recorded = match hosts.offerable(&address.ip(), address.port()) {
        Ok(recorded) => recorded,
        // Nothing is on record: the node's key is looked at so that it can be named, and refused.
        Err(refusal) if *refusal.verdict() == Verdict::Unknown => {
            Preferred::default().key.into_owned()
        }
        Err(refusal) => return Err(Failure::HostKey(refusal)),
    };
    let preferred = Preferred {
        kex: Cow::Borrowed(KEX),
        key: Cow::Owned(recorded),
        cipher: Cow::Borrowed(CIPHERS),
        mac: Cow::Borrowed(MACS),
        ..Preferred::default()
    };
    Ok(Config {
        preferred,
        keepalive_interval: Some(Duration::from_secs(5)),
        keepalive_max: 3,
        nodelay: true,
        // What a node may send before it is read, per channel, in bytes: this memory is held for
        // every node.
        window_size: 256 * 1024,
        ..Config::default()
    })
}

async fn log_in(handle: &mut Handle<Verifier>, login: &Login) -> Result<AuthResult, russh::Error> {
    match &login.proof {
        Proof::Key(key) => {
            let key = PrivateKeyWithHashAlg::new(key.clone(), None);
            handle.authenticate_publickey(&login.user, key).await
        }
        Proof::Password(password) => {
            handle.authenticate_password(&login.user, password.expose()).await
        }
    }
}

fn let_in(result: &AuthResult, login: &Login) -> Result<(), Failure> {
    match result {
        AuthResult::Success => Ok(()),
        // russh says so where no answer came: one that refuses names what else it takes.
        AuthResult::Failure { remaining_methods, .. } if remaining_methods.is_empty() => {
            Err(Failure::Cut)
        }
        AuthResult::Failure { .. } => Err(Failure::Login(login.user.clone())),
    }
}

#[cfg(test)]
mod tests;
