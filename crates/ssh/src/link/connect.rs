//! The session of a link: opened when one is needed, and not too often.

use std::rc::Rc;
use std::time::Duration;

use tokio::time::{Instant, timeout};
use vm_autoscale_protocol::{HelperError, NodeState};

use super::Link;
use super::attempt::{Attempt, back_off};
use crate::known_hosts::KnownHosts;
use crate::pins::Stamp;
use crate::session::{Failure, Session};

/// For a new session to come; it goes on coming when nobody waits any more.
const COMING: Duration = Duration::from_secs(4);
/// The same where one is on its way already, or the node is in trouble: one that is well needs a
/// fraction of it, and nobody is kept waiting for one that is not.
const BRIEF: Duration = Duration::from_secs(1);

#[derive(Default)]
pub(super) struct State {
    session: Option<Rc<Session>>,
    last: Option<Attempt>,
}

impl Link {
    /// The session as it is, or a new one; never one whose key is not trusted now.
    pub(super) async fn session(self: &Rc<Self>) -> Result<Rc<Session>, HelperError> {
        let (trouble, is_coming) = (self.health.trouble(), self.state.try_lock().is_err());
        if let (Some(error), true) = (&trouble, is_coming) {
            return Err(error.clone());
        }
        let wait = if trouble.is_some() || is_coming { BRIEF } else { COMING };
        let link = self.clone();
        let coming = tokio::task::spawn_local(async move { link.connected().await });
        match timeout(wait, coming).await {
            Ok(Ok(connected)) => connected,
            _ => Err(trouble.unwrap_or_else(|| {
                self.fails(NodeState::Unreachable, self.unreachable("no session yet"))
            })),
        }
    }

    async fn connected(&self) -> Result<Rc<Session>, HelperError> {
        let mut state = self.state.lock().await;
        if state.session.take_if(|session| session.is_closed()).is_some() {
            tracing::info!(node = %self.name, "the session ended");
            self.health.unless_in_trouble(NodeState::Idle);
        }
        if let Some(session) = state.session.clone() {
            drop(state);
            self.still_trusted(&session).await?;
            return Ok(session);
        }
        let pins = self.pins.current().map_err(|error| self.distrusted(&error))?;
        let last = state.last.as_ref().filter(|_| !self.health.is_proven());
        if let Some(attempt) = last.filter(|last| last.holds(pins.0, Instant::now())) {
            return Err(attempt.error.clone());
        }
        self.open(&mut state, pins).await
    }

    /// Closes a session whose key is not trusted any more.
    pub(super) async fn still_trusted(&self, session: &Rc<Session>) -> Result<(), HelperError> {
        let (stamp, hosts) = self.pins.current().map_err(|error| self.distrusted(&error))?;
        let Err(refusal) = session.still_trusted(self.address, (stamp, &hosts)) else {
            return Ok(());
        };
        session.close().await;
        self.drop_session(session).await;
        Err(self.distrusted(&refusal))
    }

    async fn open(
        &self,
        state: &mut State,
        pins: (Stamp, Rc<KnownHosts>),
    ) -> Result<Rc<Session>, HelperError> {
        let (stamp, tries) = (pins.0, self.health.tries());
        let opened = Session::open(self.address, &self.login, pins).await;
        let (kind, error) = match &opened {
            Ok(_) => (NodeState::Unreachable, self.unreachable("its sessions end at once")),
            Err(Failure::HostKey(refusal)) => (NodeState::HostKeyRefused, self.host_key(refusal)),
            Err(failure) => (failure.state(), self.unreachable(&failure.to_string())),
        };
        let refused = matches!(opened, Err(Failure::Login(_) | Failure::Cut));
        let not_before = Instant::now() + back_off(tries, refused);
        state.last = Some(Attempt { error: error.clone(), not_before, stamp, refused });
        let Ok(session) = opened else {
            return Err(self.fails(kind, error));
        };
        tracing::info!(node = %self.name, address = %self.address, "logged in");
        self.health.unless_in_trouble(NodeState::Up);
        let session = Rc::new(session);
        state.session = Some(session.clone());
        Ok(session)
    }

    pub(super) async fn drop_session(&self, broken: &Rc<Session>) {
        let mut state = self.state.lock().await;
        drop(state.session.take_if(|session| Rc::ptr_eq(session, broken)));
    }

    fn distrusted(&self, why: &dyn std::fmt::Display) -> HelperError {
        self.fails(NodeState::HostKeyRefused, self.host_key(why))
    }
}
