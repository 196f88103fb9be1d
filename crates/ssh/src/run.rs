//! One command on one channel, to its end.

use std::rc::Rc;
use std::time::Duration;

use russh::client::Msg;
use russh::{Channel, ChannelMsg};
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::time::sleep;

use crate::at_work::AtWork;
use crate::health::{Health, Kept};
use crate::session::Session;

/// What is heard of a command, in this order: data, then one of the others.
pub(crate) enum Heard {
    Data(Vec<u8>),
    /// The exit code (none when the node sent none: nobody knows how it ended) and the end of
    /// what it complained about.
    End(Option<u32>, Vec<u8>),
    /// The node does not run it.
    NotRun,
    /// The answer is longer than the limit.
    TooLong,
}

/// A command that was sent.
pub(crate) struct Sent {
    pub(crate) channel: Channel<Msg>,
    /// Kept open for as long as the channel is.
    pub(crate) session: Rc<Session>,
    /// Kept until the channel ends, whoever still waits for it: a node on which commands hang is
    /// given no more of them.
    pub(crate) turn: OwnedSemaphorePermit,
    /// Most bytes that it may write.
    pub(crate) limit: usize,
    pub(crate) is_change: bool,
    /// The VM that it changes, until its end is seen or its session lost.
    pub(crate) at_work: Option<AtWork>,
    pub(crate) health: Rc<Health>,
    /// After so long it hangs.
    pub(crate) patience: Duration,
    /// So long its place is kept where its session is lost: it may go on, and a node that loses
    /// sessions would be given ever more commands.
    pub(crate) after: Duration,
}

/// What came so far.
#[derive(Default)]
struct Came {
    exit: Option<u32>,
    stderr: Vec<u8>,
    length: usize,
    not_run: bool,
    too_long: bool,
}

impl Sent {
    /// Listens to the end, passing on what comes for as long as someone listens.
    pub(crate) async fn listen(mut self, to: mpsc::Sender<Heard>) {
        let (mut came, mut hung) = (Came::default(), None::<Kept>);
        let late = sleep(self.patience);
        tokio::pin!(late);
        // A change is left to end by itself: a closed pipe could stop `qm` half-way.
        while self.is_change || !came.too_long {
            tokio::select! {
                message = self.channel.wait() => match message {
                    Some(message) => came.take(message, &to, self.limit).await,
                    None => break,
                },
                () = &mut late, if hung.is_none() => {
                    hung = Some(self.health.keeps(self.is_change, true));
                }
            }
        }
        if came.too_long && !self.is_change {
            // The node is not heard any further. russh tells no end of a channel that it was told
            // to close, so that nobody knows when this one comes.
            let _ = self.channel.close().await;
        }
        let Self { channel, session, turn, health, is_change, at_work, after, .. } = self;
        // Before anybody hears of the end: what follows from it may be the next change.
        drop((channel, session, at_work));
        let lost = came.exit.is_none() && !came.not_run;
        let kept = lost.then(|| (turn, kept(hung.take(), &health, is_change)));
        if came.exit.is_some() {
            health.answered();
        }
        drop(hung);
        let _ = to.send(Heard::End(came.exit, came.stderr)).await;
        if kept.is_some() {
            sleep(after).await;
        }
    }
}

/// The one place of a command whose session is lost: one that hung has kept its own already.
fn kept(hung: Option<Kept>, health: &Rc<Health>, is_change: bool) -> Kept {
    hung.unwrap_or_else(|| health.keeps(is_change, false))
}

impl Came {
    async fn take(&mut self, message: ChannelMsg, to: &mpsc::Sender<Heard>, limit: usize) {
        let heard = match message {
            ChannelMsg::Data { data } if self.fits(&data, limit) => Heard::Data(data.to_vec()),
            ChannelMsg::ExtendedData { data, .. } if self.fits(&data, limit) => {
                return keep_end(&mut self.stderr, &data);
            }
            ChannelMsg::Data { .. } | ChannelMsg::ExtendedData { .. } => Heard::TooLong,
            ChannelMsg::Failure => {
                self.not_run = true;
                Heard::NotRun
            }
            ChannelMsg::ExitStatus { exit_status } => {
                self.exit = Some(exit_status);
                return;
            }
            _ => return,
        };
        // The end is waited for even where nobody wants to hear of it.
        let _ = to.send(heard).await;
    }

    fn fits(&mut self, data: &[u8], limit: usize) -> bool {
        self.length = self.length.saturating_add(data.len());
        self.too_long = self.length > limit;
        !self.too_long
    }
}

/// The last 16 KiB of what was complained about.
fn keep_end(stderr: &mut Vec<u8>, data: &[u8]) {
    const KEPT: usize = 16 * 1024;
    stderr.extend_from_slice(data);
    stderr.drain(..stderr.len().saturating_sub(KEPT));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_hung_and_was_lost_keeps_one_place() {
        let health = Rc::new(Health::new("pve1".try_into().unwrap()));
        let hung = kept(Some(health.keeps(true, true)), &health, true);
        assert!(health.is_full(true, 1) && !health.is_full(true, 2));
        let lost = kept(None, &health, true);
        assert!(health.is_full(true, 2) && !health.is_full(true, 3));
        drop((hung, lost));
        assert!(!health.is_full(true, 1));
    }
}
