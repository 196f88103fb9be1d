//! A command's way to the node.

use std::rc::Rc;

use russh::Channel;
use russh::client::Msg;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::time::timeout;
use vm_autoscale_node::NodeCommand;
use vm_autoscale_protocol::{HelperError, NodeState};

use super::patience::Patience;
use super::{CHANGES, Link, READS};
use crate::at_work::AtWork;
use crate::run::{Heard, Sent};
use crate::session::{NoChannel, Session};

impl Link {
    /// Sends a command; what is heard of it.
    pub(super) async fn send(
        self: &Rc<Self>,
        command: &NodeCommand,
        limit: usize,
        patience: Patience,
        wanted: impl Fn() -> bool,
    ) -> Result<mpsc::Receiver<Heard>, HelperError> {
        let is_change = command.is_change();
        let at_work = command.changes().map(|vmid| AtWork::on(&self.busy, vmid));
        let ready = async {
            let turn = self.turn(is_change).await?;
            let (session, channel) = self.channel().await?;
            Ok((turn, session, channel))
        };
        let late = || self.unreachable("busy or slow: nothing was sent within the time for it");
        let ready = timeout(patience.ready, ready).await.unwrap_or_else(|_| Err(late()));
        let (turn, session, channel) = ready?;
        // Opening took its time: the key may be revoked by now, or nobody wait any more.
        self.still_trusted(&session).await?;
        if !wanted() {
            return Err(self.unreachable("nobody waits for it any more; nothing was sent"));
        }
        let sent = channel.exec(true, command.line()).await;
        sent.map_err(|why| self.unreachable(&why.to_string()))?;
        let (to, heard) = mpsc::channel(4);
        let (health, Patience { end: patience, after, .. }) = (self.health.clone(), patience);
        let sent =
            Sent { channel, session, turn, limit, is_change, at_work, health, patience, after };
        tokio::task::spawn_local(sent.listen(to));
        Ok(heard)
    }

    /// Waits for a place, but not for one of a command that does not end.
    async fn turn(&self, is_change: bool) -> Result<OwnedSemaphorePermit, HelperError> {
        let (turns, places) =
            if is_change { (&self.changes, CHANGES) } else { (&self.reads, READS) };
        if self.health.is_full(is_change, places) {
            return Err(self.unreachable("earlier commands hang there, or may; nothing was sent"));
        }
        let busy = |_| self.unreachable("busy; nothing was sent");
        turns.clone().acquire_owned().await.map_err(busy)
    }

    /// A channel of the session as it is, or of a new one.
    async fn channel(self: &Rc<Self>) -> Result<(Rc<Session>, Channel<Msg>), HelperError> {
        let fails = |why: &NoChannel| {
            self.fails(NodeState::Unreachable, self.unreachable(&why.to_string()))
        };
        let session = self.session().await?;
        let why = match session.channel().await {
            Ok(channel) => return Ok((session, channel)),
            Err(why) => why,
        };
        self.drop_session(&session).await;
        if let NoChannel::Silent = why {
            // Another session would wait for the same node: the next to ask opens one.
            return Err(fails(&why));
        }
        // It died since it was last used: a new one tells.
        let session = self.session().await?;
        let channel = session.channel().await.map_err(|why| fails(&why))?;
        Ok((session, channel))
    }
}
