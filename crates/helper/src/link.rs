//! The way to one node: its one session, kept alive, and who may use it at a time.

use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, Semaphore, mpsc};
use tokio::time::{Instant, timeout};
use vm_autoscale_protocol::HelperError;
use vm_autoscale_proxmox::{NodeCommand, NodeName};

use crate::known_hosts::KnownHosts;
use crate::login::Login;
use crate::pins::{Pins, Stamp};
use crate::run::{Heard, Sent};
use crate::session::{Failure, Session};

/// Reading files takes milliseconds: a node that does not answer by then is passed over.
const FILES: Duration = Duration::from_secs(8);
/// Perl takes a second, on a busy node several.
const READ: Duration = Duration::from_secs(30);
/// 10 s for the lock, 21 s for a DIMM that stays, 33 s for three vCPUs, and as much again.
const CHANGE: Duration = Duration::from_secs(180);
/// A change that had to wait longer was decided on what is old by now.
const QUEUE: Duration = Duration::from_secs(5);
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
    reads: Arc<Semaphore>,
    changes: Arc<Semaphore>,
}

#[derive(Default)]
struct State {
    session: Option<Rc<Session>>,
    failures: u32,
    /// When the next attempt may be, by the pins of then: other pins deserve one at once.
    not_before: Option<(Instant, Stamp)>,
}

/// A command that ran to its end.
pub(crate) struct Ended {
    pub(crate) exit: u32,
    pub(crate) stderr: Vec<u8>,
}

/// Whoever asked takes no more of the answer.
pub(crate) struct Unwanted;

impl Link {
    pub(crate) fn new(
        name: NodeName,
        address: SocketAddr,
        login: Rc<Login>,
        pins: Rc<Pins>,
    ) -> Self {
        let (reads, changes) = (Arc::new(Semaphore::new(1)), Arc::new(Semaphore::new(2)));
        Self { name, address, login, pins, state: Mutex::default(), reads, changes }
    }

    pub(crate) fn name(&self) -> &NodeName {
        &self.name
    }

    /// Runs a command, if it is `wanted` still when its turn comes; its standard output, at most
    /// `limit` bytes, goes to `take` as it comes.
    pub(crate) async fn run(
        &self,
        command: &NodeCommand,
        limit: usize,
        wanted: impl Fn() -> bool,
        mut take: impl AsyncFnMut(Vec<u8>) -> Result<(), Unwanted>,
    ) -> Result<Ended, HelperError> {
        let mut answer = self.send(command, limit, wanted).await?;
        let heard = async {
            while let Some(heard) = answer.recv().await {
                match heard {
                    Heard::Data(data) => {
                        let gone = |_| self.unreachable("nobody waits for the answer");
                        take(data).await.map_err(gone)?;
                    }
                    Heard::End(Some(exit), stderr) => return Ok(Ended { exit, stderr }),
                    Heard::End(None, _) => break,
                    Heard::NotRun => return Err(self.unreachable("the node runs no command")),
                    Heard::TooLong => return Err(self.too_large(limit)),
                }
            }
            Err(self.lost(command, "the connection ended before the command did"))
        };
        let late = || self.lost(command, "no end of the command in time");
        timeout(patience(command), heard).await.unwrap_or_else(|_| Err(late()))
    }

    /// Sends a command; what is heard of it.
    async fn send(
        &self,
        command: &NodeCommand,
        limit: usize,
        wanted: impl Fn() -> bool,
    ) -> Result<mpsc::Receiver<Heard>, HelperError> {
        let is_change = command.is_change();
        let (turns, queue) =
            if is_change { (&self.changes, QUEUE) } else { (&self.reads, patience(command)) };
        let busy = || self.unreachable("busy: earlier commands have not ended; nothing was sent");
        let turn = timeout(queue, turns.clone().acquire_owned()).await.map_err(|_| busy())?;
        let turn = turn.map_err(|_| busy())?;
        let mut session = self.session().await?;
        let mut opened = session.channel().await;
        if opened.is_err() {
            // It may have died since it was last used: a new one tells.
            self.drop_session(&session).await;
            session = self.session().await?;
            opened = session.channel().await;
        }
        let channel = opened.map_err(|why| self.unreachable(&why))?;
        // Opening took its time: the key may be revoked by now, or nobody wait any more.
        self.still_trusted(&session).await?;
        if !wanted() {
            return Err(self.unreachable("nobody waits for it any more; nothing was sent"));
        }
        let sent = channel.exec(true, command.line()).await;
        sent.map_err(|why| self.unreachable(&why.to_string()))?;
        let (to, heard) = mpsc::channel(4);
        let sent = Sent { channel, session, turn, limit, is_change };
        tokio::task::spawn_local(sent.listen(to));
        Ok(heard)
    }

    /// The session as it is, or a new one; never one whose key is not trusted now.
    async fn session(&self) -> Result<Rc<Session>, HelperError> {
        let mut state = self.state.lock().await;
        if state.session.take_if(|session| session.is_closed()).is_some() {
            tracing::info!(node = %self.name, "the session ended");
        }
        if let Some(session) = state.session.clone() {
            drop(state);
            self.still_trusted(&session).await?;
            return Ok(session);
        }
        let pins = self.pins.current().map_err(|error| self.host_key(&error))?;
        let waits = state.not_before.filter(|(_, stamp)| *stamp == pins.0);
        if let Some(wait) = waits.and_then(|(at, _)| at.checked_duration_since(Instant::now())) {
            let seconds = wait.as_secs() + 1;
            let why = format!("the last attempt failed, the next one is in {seconds} s");
            return Err(self.unreachable(&why));
        }
        self.open(&mut state, pins).await
    }

    /// Closes a session whose key is not trusted any more.
    async fn still_trusted(&self, session: &Rc<Session>) -> Result<(), HelperError> {
        let (stamp, hosts) = self.pins.current().map_err(|error| self.host_key(&error))?;
        let Err(refusal) = session.still_trusted(self.address, (stamp, &hosts)) else {
            return Ok(());
        };
        session.close().await;
        self.drop_session(session).await;
        Err(self.host_key(&refusal))
    }

    async fn open(
        &self,
        state: &mut State,
        pins: (Stamp, Rc<KnownHosts>),
    ) -> Result<Rc<Session>, HelperError> {
        let stamp = pins.0;
        match Session::open(self.address, &self.login, pins).await {
            Ok(session) => {
                tracing::info!(node = %self.name, address = %self.address, "logged in");
                let session = Rc::new(session);
                *state = State { session: Some(session.clone()), ..State::default() };
                Ok(session)
            }
            Err(failure) => {
                state.back_off(matches!(failure, Failure::Login(_)), stamp);
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

    fn too_large(&self, limit: usize) -> HelperError {
        let limit = u64::try_from(limit).unwrap_or(u64::MAX);
        HelperError::TooLarge { node: self.name.clone(), limit }
    }

    fn host_key(&self, why: &dyn std::fmt::Display) -> HelperError {
        HelperError::HostKey { node: self.name.clone(), message: why.to_string() }
    }
}

fn patience(command: &NodeCommand) -> Duration {
    match command {
        command if command.is_change() => CHANGE,
        NodeCommand::ReadCluster | NodeCommand::ReadConfigs(_) | NodeCommand::ReadPools => FILES,
        _ => READ,
    }
}

impl State {
    /// Waits longer after every failure, and never as long as another link does. A login that
    /// was refused is tried once a minute: nodes lock out who tries more often.
    fn back_off(&mut self, refused: bool, stamp: Stamp) {
        let wait = FIRST_WAIT.saturating_mul(1 << self.failures.min(6)).min(LAST_WAIT);
        self.failures = self.failures.saturating_add(1);
        let share = fastrand::f64().mul_add(0.5, 0.5);
        let wait = if refused { LAST_WAIT.mul_f64(share + 0.5) } else { wait.mul_f64(share) };
        self.not_before = Some((Instant::now() + wait, stamp));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(failures: u32, refused: bool) -> Duration {
        let mut state = State { failures, ..State::default() };
        let before = Instant::now();
        state.back_off(refused, Stamp::default());
        state.not_before.unwrap().0 - before
    }

    #[test]
    fn the_wait_doubles_up_to_a_minute() {
        for failures in 0..12 {
            let whole = Duration::from_secs(60.min(1 << failures));
            // Half of it at least; a little more than all of it, for the time that this takes.
            let wait = wait(failures, false);
            assert!(wait >= whole / 2 && wait <= whole + Duration::from_secs(1), "{wait:?}");
        }
    }

    #[test]
    fn a_refused_login_is_tried_once_a_minute() {
        assert!(wait(0, true) >= Duration::from_secs(60));
    }
}
