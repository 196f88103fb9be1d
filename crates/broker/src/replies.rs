//! The way back to the asker.

use std::io::ErrorKind;
use std::os::fd::AsRawFd as _;
use std::time::Duration;

use nix::sys::socket::{MsgFlags, recv};
use serde::Serialize;
use tokio::io::{AsyncWriteExt as _, Interest};
use tokio::net::UnixStream;
use tokio::net::unix::OwnedWriteHalf;
use tokio::time::timeout;
use vm_autoscale_protocol::{HelperError, Reply, encode};

/// For a reply to be taken.
const PATIENCE: Duration = Duration::from_secs(5);

/// Writes to one connection.
pub(crate) struct Replies {
    write: OwnedWriteHalf,
    /// Whether half a reply is out, or nobody takes one: nothing can follow.
    broken: bool,
}

/// Nobody takes the reply.
pub(crate) struct Gone;

impl Replies {
    pub(crate) fn new(write: OwnedWriteHalf) -> Self {
        Self { write, broken: false }
    }

    pub(crate) fn is_broken(&self) -> bool {
        self.broken
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
        let Ok(bytes) = encode(reply) else { return Err(Gone) };
        let written = timeout(PATIENCE, self.write.write_all(&bytes)).await;
        self.broken = !matches!(written, Ok(Ok(())));
        if self.broken { Err(Gone) } else { Ok(()) }
    }
}

/// Returns when the asker is not there any more.
pub(crate) async fn hung_up(stream: &UnixStream) {
    let flags = MsgFlags::MSG_PEEK;
    loop {
        let readable = stream.readable().await;
        let peek = || Ok(recv(stream.as_raw_fd(), &mut [0], flags)?);
        match readable.and_then(|()| stream.try_io(Interest::READABLE, peek)) {
            // Another request already: it has its turn after this one.
            Ok(1..) => std::future::pending().await,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Ok(0) | Err(_) => return,
        }
    }
}
