//! The way to one node: its one session, kept alive, and who may use it at a time.

use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::{Mutex, Semaphore};
use tokio::time::{Instant, timeout};
use vm_autoscale_protocol::HelperError;
use vm_autoscale_proxmox::{NodeCommand, NodeName};

use crate::known_hosts::KnownHosts;
use crate::login::Login;
use crate::pins::{Pins, Stamp};
use crate::session::{Failure, Lost, Session};

/// Reading files takes milliseconds: a node that does not answer by then is passed over.
const FILES: Duration = Duration::from_secs(8);
/// Perl takes a second, on a busy node several.
const READ: Duration = Duration::from_secs(30);
/// 10 s for the lock, 21 s for a DIMM that stays, 33 s for three vCPUs, and as much again.
const CHANGE: Duration = Duration::from_secs(180);
/// Back-off after a session that did not come about: doubled from the first to the last.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LAST_WAIT: Duration = Duration::from_secs(60);

/// One node.
pub(crate) struct Link {
    name: NodeName,
    address: SocketAddr,
    login: Rc<Login>,
    pins: Rc<Pins>,
    state: Mutex<State>,
    /// A read never waits for a change: each has its own channels.
    reads: Semaphore,
    changes: Semaphore,
}

#[derive(Default)]
struct State {
    session: Option<Rc<Session>>,
    failures: u32,
    not_before: Option<Instant>,
}

/// A command that ran to its end.
pub(crate) struct Ended {
    pub(crate) exit: u32,
    pub(crate) stderr: Vec<u8>,
}

impl Link {
    pub(crate) fn new(
        name: NodeName,
        address: SocketAddr,
        login: Rc<Login>,
        pins: Rc<Pins>,
    ) -> Self {
        let state = Mutex::default();
        Self {
            name,
            address,
            login,
            pins,
            state,
            reads: Semaphore::new(1),
            changes: Semaphore::new(2),
        }
    }

    pub(crate) fn name(&self) -> &NodeName {
        &self.name
    }

    /// Runs a command; its standard output, at most `limit` bytes, goes to `take` as it comes.
    pub(crate) async fn run(
        &self,
        command: &NodeCommand,
        limit: u64,
        mut take: impl AsyncFnMut(&[u8]) -> Result<(), Lost>,
    ) -> Result<Ended, HelperError> {
        let (channels, patience) = match command {
            command if command.is_change() => (&self.changes, CHANGE),
            NodeCommand::ReadCluster | NodeCommand::ReadConfigs(_) => (&self.reads, FILES),
            _ => (&self.reads, READ),
        };
        let _turn = channels.acquire().await;
        let line = command.line();
        let mut session = self.session().await?;
        for may_retry in [true, false] {
            match timeout(patience, session.run(&line, limit, &mut take)).await {
                Ok(Ok((Some(exit), stderr))) => return Ok(Ended { exit, stderr }),
                Ok(Ok((None, _))) => {
                    return Err(self.lost(command, "the connection ended before the command did"));
                }
                Err(_) => {
                    // It may be half open. Changes that run on it are left to end.
                    self.drop_session(&session).await;
                    return Err(self.lost(command, "no end of the command in time"));
                }
                Ok(Err(Lost::TooLong(limit))) => {
                    return Err(HelperError::TooLarge { node: self.name.clone(), limit });
                }
                Ok(Err(Lost::Unwanted)) => {
                    return Err(self.unreachable("nobody waits for the answer"));
                }
                Ok(Err(Lost::BeforeSent(why))) => {
                    self.drop_session(&session).await;
                    if !may_retry {
                        return Err(self.unreachable(&why));
                    }
                    session = self.session().await?;
                }
            }
        }
        Err(self.unreachable("the node accepts sessions and no commands"))
    }

    /// The session as it is, or a new one; never one whose key is not trusted now.
    async fn session(&self) -> Result<Rc<Session>, HelperError> {
        let mut state = self.state.lock().await;
        let pins = self.pins.current().map_err(|error| self.host_key(&error))?;
        if state.session.take_if(|session| session.is_closed()).is_some() {
            tracing::info!(node = %self.name, "the session ended");
        }
        if let Some(session) = &state.session {
            match session.still_trusted(self.address, (pins.0, &pins.1)) {
                Ok(()) => return Ok(session.clone()),
                Err(refusal) => {
                    session.close().await;
                    state.session = None;
                    return Err(self.host_key(&refusal));
                }
            }
        }
        if let Some(wait) =
            state.not_before.and_then(|at| at.checked_duration_since(Instant::now()))
        {
            let seconds = wait.as_secs() + 1;
            return Err(self
                .unreachable(&format!("the last attempt failed, the next one is in {seconds} s")));
        }
        self.open(&mut state, pins).await
    }

    async fn open(
        &self,
        state: &mut State,
        pins: (Stamp, Rc<KnownHosts>),
    ) -> Result<Rc<Session>, HelperError> {
        match Session::open(self.address, &self.login, pins).await {
            Ok(session) => {
                tracing::info!(node = %self.name, address = %self.address, "logged in");
                let session = Rc::new(session);
                *state = State { session: Some(session.clone()), ..State::default() };
                Ok(session)
            }
            Err(failure) => {
                state.back_off();
                Err(match failure {
                    Failure::HostKey(refusal) => self.host_key(&refusal),
                    other => self.unreachable(&other.to_string()),
                })
            }
        }
    }

    async fn drop_session(&self, broken: &Rc<Session>) {
        let mut state = self.state.lock().await;
        drop(state.session.take_if(|session| Rc::ptr_eq(session, broken)));
    }

    /// The command was sent, and its end was not seen.
    fn lost(&self, command: &NodeCommand, message: &str) -> HelperError {
        if command.is_change() {
            return HelperError::Unknown { node: self.name.clone(), message: message.to_owned() };
        }
        self.unreachable(message)
    }

    fn unreachable(&self, message: &str) -> HelperError {
        HelperError::Unreachable { node: self.name.clone(), message: message.to_owned() }
    }

    fn host_key(&self, why: &dyn std::fmt::Display) -> HelperError {
        HelperError::HostKey { node: self.name.clone(), message: why.to_string() }
    }
}

impl State {
    /// Waits longer after every failure, and never as long as another link does.
    fn back_off(&mut self) {
        let wait = FIRST_WAIT.saturating_mul(1 << self.failures.min(6)).min(LAST_WAIT);
        self.failures = self.failures.saturating_add(1);
        self.not_before = Some(Instant::now() + wait.mul_f64(fastrand::f64().mul_add(0.5, 0.5)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_a_minute() {
        let mut state = State::default();
        for failures in 0..12_u32 {
            let before = Instant::now();
            state.back_off();
            let wait = state.not_before.unwrap() - before;
            let whole = Duration::from_secs(60.min(1 << failures));
            // Half of it at least; a little more than all of it, for the time that this takes.
            assert!(
                wait >= whole / 2 && wait <= whole + Duration::from_secs(1),
                "{failures}: {wait:?}"
            );
        }
    }
}
