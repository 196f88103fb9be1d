//! One SSH session.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use russh::keys::PublicKey;
use russh::server::{
    Auth, ChannelOpenHandle, Handle, Handler, Msg, PublicKeyOffer, Session as Connection,
    VerifiedPublicKey,
};
use russh::{Channel, ChannelId, ChannelOpenFailure, Pty};

use super::At;

/// Sessions that a connection may have open at once, by OpenSSH's default (`MaxSessions`).
const MOST_SESSIONS: usize = 10;

/// The stream of standard error.
const STDERR: u32 = 1;

/// The open channels of a connection; one that is answered counts no more.
#[derive(Debug, Clone, Default)]
struct Open(Arc<Mutex<HashSet<ChannelId>>>);

impl Open {
    fn all(&self) -> MutexGuard<'_, HashSet<ChannelId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether there was room for it.
    fn add(&self, channel: ChannelId) -> bool {
        let mut all = self.all();
        all.len() < MOST_SESSIONS && all.insert(channel)
    }
}

pub(super) struct Session {
    at: At,
    authenticated: Arc<AtomicBool>,
    open: Open,
}

impl Session {
    pub(super) fn new(at: At, authenticated: Arc<AtomicBool>) -> Self {
        Self { at, authenticated, open: Open::default() }
    }

    fn judge(&self, user: &str, key: &PublicKey) -> Auth {
        let lab = &self.at.lab;
        let own = lab.client_key().public_key().key_data() == key.key_data();
        self.admit(user, own || lab.lets_in(key))
    }

    /// As on a node, key and password are root's.
    fn admit(&self, user: &str, proven: bool) -> Auth {
        self.at.lab.count(|stats| stats.auth_requests += 1);
        let open = !self.at.lab.trouble(&self.at.node).locked_out;
        if open && proven && user == "root" { Auth::Accept } else { Auth::reject() }
    }

    /// Every request that would want more than a line executed.
    fn refuse(&self, channel: ChannelId, connection: &mut Connection) -> Result<(), russh::Error> {
        self.at.lab.count(|stats| stats.refused += 1);
        connection.channel_failure(channel)
    }
}

impl Handler for Session {
    type Error = russh::Error;

    async fn auth_publickey_offered(
        &mut self,
        user: &str,
        offer: PublicKeyOffer<'_>,
    ) -> Result<Auth, Self::Error> {
        Ok(self.judge(user, offer.public_key))
    }

    async fn auth_publickey(
        &mut self,
        user: &str,
        key: VerifiedPublicKey<'_>,
    ) -> Result<Auth, Self::Error> {
        Ok(self.judge(user, key.public_key))
    }

    async fn auth_password(&mut self, user: &str, password: &str) -> Result<Auth, Self::Error> {
        let known = super::password(&self.at.lab.client_key()) == password;
        Ok(self.admit(user, known))
    }

    async fn auth_succeeded(&mut self, _connection: &mut Connection) -> Result<(), Self::Error> {
        self.authenticated.store(true, Ordering::Relaxed);
        let node = self.at.node.clone();
        self.at.lab.count(|stats| {
            stats.logins += 1;
            *stats.logins_by_node.entry(node).or_default() += 1;
        });
        Ok(())
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _connection: &mut Connection,
    ) -> Result<(), Self::Error> {
        if self.open.add(channel.id()) {
            reply.accept().await;
        } else {
            reply.reject(ChannelOpenFailure::ConnectFailed).await;
        }
        Ok(())
    }

    async fn channel_close(
        &mut self,
        channel: ChannelId,
        _connection: &mut Connection,
    ) -> Result<(), Self::Error> {
        self.open.all().remove(&channel);
        Ok(())
    }

    async fn exec_request(
        &mut self,
        channel: ChannelId,
        line: &[u8],
        connection: &mut Connection,
    ) -> Result<(), Self::Error> {
        self.at.lab.count(|stats| stats.execs += 1);
        connection.channel_success(channel)?;
        let line = String::from_utf8_lossy(line).into_owned();
        let end = (channel, self.open.clone());
        tokio::spawn(answer(self.at.clone(), line, end, connection.handle()));
        Ok(())
    }

    async fn pty_request(
        &mut self,
        channel: ChannelId,
        _term: &str,
        _columns: u32,
        _rows: u32,
        _width: u32,
        _height: u32,
        _modes: &[(Pty, u32)],
        connection: &mut Connection,
    ) -> Result<(), Self::Error> {
        self.refuse(channel, connection)
    }

    async fn shell_request(
        &mut self,
        channel: ChannelId,
        connection: &mut Connection,
    ) -> Result<(), Self::Error> {
        self.refuse(channel, connection)
    }

    async fn subsystem_request(
        &mut self,
        channel: ChannelId,
        _name: &str,
        connection: &mut Connection,
    ) -> Result<(), Self::Error> {
        self.refuse(channel, connection)
    }

    async fn x11_request(
        &mut self,
        channel: ChannelId,
        _single_connection: bool,
        _protocol: &str,
        _cookie: &str,
        _screen: u32,
        connection: &mut Connection,
    ) -> Result<(), Self::Error> {
        self.refuse(channel, connection)
    }

    async fn agent_request(
        &mut self,
        _channel: ChannelId,
        _connection: &mut Connection,
    ) -> Result<bool, Self::Error> {
        self.at.lab.count(|stats| stats.refused += 1);
        Ok(false)
    }

    async fn env_request(
        &mut self,
        channel: ChannelId,
        _name: &str,
        _value: &str,
        connection: &mut Connection,
    ) -> Result<(), Self::Error> {
        // ssh sends its locale unasked; a server that does not want it says no.
        connection.channel_failure(channel)
    }
}

/// Executes the line and sends what it printed; a client that has gone away misses it.
async fn answer(at: At, line: String, (channel, open): (ChannelId, Open), to: Handle) {
    let answer = at.lab.execute_on(&at.node, &line).await;
    if !answer.stdout.is_empty() {
        let _ = to.data(channel, answer.stdout.into_bytes()).await;
    }
    if !answer.stderr.is_empty() {
        let _ = to.extended_data(channel, STDERR, answer.stderr.into_bytes()).await;
    }
    let _ = to.exit_status_request(channel, u32::from(answer.exit)).await;
    let _ = to.eof(channel).await;
    open.all().remove(&channel);
    let _ = to.close(channel).await;
}
