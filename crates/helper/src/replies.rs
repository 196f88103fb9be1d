//! The way back to the asker.

use std::os::fd::AsRawFd as _;
use std::time::Duration;

use nix::sys::socket::{MsgFlags, recv};
use serde::Serialize;
use tokio::io::AsyncWriteExt as _;
use tokio::net::unix::OwnedWriteHalf;
use tokio::time::timeout;
use vm_autoscale_protocol::{HelperError, Reply, encode};

/// For a reply to be taken.
const PATIENCE: Duration = Duration::from_secs(5);

/// Writes to one connection.
pub(crate) struct Replies {
    write: OwnedWriteHalf,
    /// Whether a part of the answer to this request is out.
    begun: bool,
    /// Whether half a reply is out, or nobody takes one: nothing can follow.
    broken: bool,
}

/// Nobody takes the reply.
pub(crate) struct Gone;

impl Replies {
    pub(crate) fn new(write: OwnedWriteHalf) -> Self {
        Self { write, begun: false, broken: false }
    }

    /// Another request: nothing of its answer is out.
    pub(crate) fn begin(&mut self) {
        self.begun = false;
    }

    pub(crate) fn is_broken(&self) -> bool {
        self.broken
    }

    /// Whether a part of the answer is out already.
    pub(crate) fn has_begun(&self) -> bool {
        self.begun
    }

    /// Whether the asker has not hung up.
    pub(crate) fn is_there(&self) -> bool {
        let flags = MsgFlags::MSG_PEEK | MsgFlags::MSG_DONTWAIT;
        !matches!(recv(self.write.as_ref().as_raw_fd(), &mut [0], flags), Ok(0))
    }

    /// The last or only reply. What was done is done, whether it is heard of or not.
    pub(crate) async fn last<T: Serialize>(&mut self, values: &T) {
        let _ = self.send(values, false).await;
    }

    pub(crate) async fn send<T: Serialize>(
        &mut self,
        values: &T,
        continues: bool,
    ) -> Result<(), Gone> {
        match Reply::of(values, continues) {
            Ok(reply) => self.write(&reply).await,
            Err(_) => Err(Gone),
        }
    }

    pub(crate) async fn error(&mut self, error: &HelperError) {
        if !self.broken {
            let _ = self.write(&error.to_reply()).await;
        }
    }

    async fn write(&mut self, reply: &Reply) -> Result<(), Gone> {
        self.begun = true;
        let Ok(bytes) = encode(reply) else { return Err(Gone) };
        let written = timeout(PATIENCE, self.write.write_all(&bytes)).await;
        self.broken = !matches!(written, Ok(Ok(())));
        if self.broken { Err(Gone) } else { Ok(()) }
    }
}
