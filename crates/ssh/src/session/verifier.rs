//! What a node may do in a session by itself: show its host key, and nothing else.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use russh::client::{ChannelOpenHandle, Handler, Msg, Session};
use russh::keys::{PublicKey, PublicKeyOrCertificate};
use russh::{Channel, ChannelId, ChannelOpenFailure, Error};

use crate::known_hosts::{KnownHosts, Refusal};

/// What the node showed as its host key.
pub(super) enum Seen {
    Nothing,
    Trusted(PublicKey),
    Refused(Box<Refusal>),
}

pub(super) struct Verifier {
    pub(super) hosts: KnownHosts,
    pub(super) address: SocketAddr,
    pub(super) seen: Arc<Mutex<Seen>>,
}

/// A node has no reason to open a channel, of whatever kind, and each would be held in memory until
/// the session ends: so it ends at the first. russh takes them where it is not told.
macro_rules! no_channels {
    ($($opens:ident($($what:ty),*);)*) => {$(
        async fn $opens(
            &mut self, _: Channel<Msg>, $(_: $what,)* _: ChannelOpenHandle, _: &mut Session,
        ) -> Result<(), Error> {
            Err(self.refused())
        }
    )*};
}

impl Verifier {
    fn refused(&self) -> Error {
        tracing::warn!(address = %self.address, "the node opens a channel: its session ends");
        Error::ChannelOpenFailure(ChannelOpenFailure::AdministrativelyProhibited)
    }
}

impl Handler for Verifier {
    type Error = Error;

    /// russh asks this once a session, at its first key exchange. Only the peer that was trusted
    /// then can exchange keys again.
    async fn check_server_key(&mut self, shown: &PublicKeyOrCertificate) -> Result<bool, Error> {
        // A certificate's inner key must not be looked up: none is asked for, none is accepted.
        let PublicKeyOrCertificate::PublicKey { key, .. } = shown else { return Ok(false) };
        let verdict = match self.hosts.check(&self.address.ip(), self.address.port(), key) {
            Ok(_line) => Seen::Trusted(key.clone()),
            Err(refusal) => Seen::Refused(refusal),
        };
        let trusted = matches!(verdict, Seen::Trusted(_));
        let Ok(mut seen) = self.seen.lock() else { return Ok(false) };
        *seen = verdict;
        Ok(trusted)
    }

    /// Only what is taken is asked about below, where the session can be ended.
    async fn should_accept_unknown_server_channel(&mut self, _: ChannelId, _: &str) -> bool {
        true
    }

    no_channels! {
        server_channel_open_agent_forward();
        server_channel_open_direct_streamlocal(&str);
        server_channel_open_direct_tcpip(&str, u32, &str, u32);
        server_channel_open_forwarded_streamlocal(&str);
        server_channel_open_forwarded_tcpip(&str, u32, &str, u32);
        server_channel_open_session();
        server_channel_open_unknown();
        server_channel_open_x11(&str, u32);
    }
}
