//! What comes back of a command.

use std::time::Duration;

use tokio::sync::mpsc::Receiver;
use tokio::time::{Instant, timeout_at};
use vm_autoscale_protocol::{HelperError, NodeState};
use vm_autoscale_proxmox::NodeCommand;

use super::{Ended, Link, Unwanted};
use crate::run::Heard;

impl Link {
    /// Hears an answer to its end. The first of it is to come by `until`, and then more of it
    /// within `silence` each.
    pub(super) async fn hear(
        &self,
        command: &NodeCommand,
        limit: usize,
        (mut until, silence): (Option<Instant>, Option<Duration>),
        mut answer: Receiver<Heard>,
        mut take: impl AsyncFnMut(Vec<u8>) -> Result<(), Unwanted>,
    ) -> Result<Ended, HelperError> {
        loop {
            let why = match next(&mut answer, until).await {
                Ok(Some(Heard::Data(data))) => {
                    let gone = |_| self.unreachable("nobody waits for the answer");
                    take(data).await.map_err(gone)?;
                    until = silence.map(|silence| Instant::now() + silence);
                    continue;
                }
                Ok(Some(Heard::End(Some(exit), stderr))) => return Ok(Ended { exit, stderr }),
                Ok(Some(Heard::NotRun)) => {
                    return Err(self.unreachable("the node runs no command"));
                }
                Ok(Some(Heard::TooLong)) => return Err(self.too_large(limit)),
                Ok(Some(Heard::End(None, _)) | None) => {
                    "the connection ended before the command did"
                }
                Err(Silent) => "it took the command and says nothing",
            };
            return Err(self.fails(NodeState::Unreachable, self.lost(command, why)));
        }
    }
}

struct Silent;

async fn next(
    answer: &mut Receiver<Heard>,
    until: Option<Instant>,
) -> Result<Option<Heard>, Silent> {
    match until {
        Some(until) => timeout_at(until, answer.recv()).await.map_err(|_| Silent),
        None => Ok(answer.recv().await),
    }
}
