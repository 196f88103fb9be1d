//! One command on one channel, to its end.

use std::rc::Rc;

use russh::client::Msg;
use russh::{Channel, ChannelMsg};
use tokio::sync::{OwnedSemaphorePermit, mpsc};

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
    /// Most bytes of standard output.
    pub(crate) limit: usize,
    /// A change is left to end by itself: a closed pipe could stop `qm` half-way.
    pub(crate) is_change: bool,
}

impl Sent {
    /// Listens to the end, passing on what comes for as long as someone listens.
    pub(crate) async fn listen(mut self, to: mpsc::Sender<Heard>) {
        let (mut exit, mut stderr, mut length) = (None, Vec::new(), 0_usize);
        while let Some(message) = self.channel.wait().await {
            match message {
                ChannelMsg::Data { data } => {
                    length = length.saturating_add(data.len());
                    let wanted = if length > self.limit {
                        let _ = to.send(Heard::TooLong).await;
                        false
                    } else {
                        to.send(Heard::Data(data.to_vec())).await.is_ok()
                    };
                    if !wanted && !self.is_change {
                        // Its end is seen all the same, by the channel's.
                        let _ = self.channel.close().await;
                    }
                }
                ChannelMsg::ExtendedData { data, .. } => keep_end(&mut stderr, &data),
                ChannelMsg::ExitStatus { exit_status } => exit = Some(exit_status),
                ChannelMsg::Failure => {
                    let _ = to.send(Heard::NotRun).await;
                }
                _ => {}
            }
        }
        drop((self.turn, self.session));
        let _ = to.send(Heard::End(exit, stderr)).await;
    }
}

/// The last 16 KiB of what was complained about.
fn keep_end(stderr: &mut Vec<u8>, data: &[u8]) {
    const KEPT: usize = 16 * 1024;
    stderr.extend_from_slice(data);
    stderr.drain(..stderr.len().saturating_sub(KEPT));
}
