//! The way back to the asker.

use std::io::ErrorKind;
use std::os::fd::AsRawFd as _;
use std::time::Duration;

use nix::sys::socket::{MsgFlags, recv};
use serde::Serialize;
use tokio::io::{AsyncWriteExt as _, Interest};
use tokio::net::UnixStream;
use tokio::net::unix::OwnedWriteHalf;
use tokio::time::{Instant, timeout_at};
use vm_autoscale_protocol::{HelperError, Reply, encode};

/// For a reply to be taken.
const PATIENCE: Duration = Duration::from_secs(5);
/// For all replies to one request, from the first one on: what is still to be said is held as long.
const ALL: Duration = Duration::from_secs(15);

/// Writes to one connection.
pub(crate) struct Replies {
    write: OwnedWriteHalf,
    /// Whether half a reply is out, or nobody takes one: nothing can follow.
    broken: bool,
    /// Until when all replies to the request have to be taken whose first one is out.
    until: Option<Instant>,
}

/// Nobody takes the reply.
pub(crate) struct Gone;

impl Replies {
    pub(crate) fn new(write: OwnedWriteHalf) -> Self {
        Self { write, broken: false, until: None }
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
        let now = Instant::now();
        let until = *self.until.get_or_insert(now + ALL);
        let written = timeout_at(until.min(now + PATIENCE), self.write.write_all(&bytes)).await;
        self.broken = !matches!(written, Ok(Ok(())));
        self.until = self.until.filter(|_| reply.continues);
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

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt as _;
    use tokio::time::sleep;

    use super::*;

    /// More than a socket's buffer holds.
    const LONG: usize = 1024 * 1024;

    /// Takes `count` long replies, one every so many seconds; how many it got.
    async fn take(stream: &mut UnixStream, count: usize, every: u64) -> usize {
        for taken in 0..count {
            sleep(Duration::from_secs(every)).await;
            let mut one = Vec::new();
            let whole = encode(&Reply::of(&"x".repeat(LONG), true).unwrap()).unwrap().len();
            let read = (&mut *stream).take(whole.try_into().unwrap()).read_to_end(&mut one).await;
            if read.unwrap() < whole {
                return taken;
            }
        }
        count
    }

    async fn send(mut out: Replies, count: usize) -> Option<Replies> {
        for _ in 0..count {
            out.send(&"x".repeat(LONG), true).await.ok()?;
        }
        Some(out)
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_reader_has_one_time_for_all_replies_to_a_request() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let out = Replies::new(ours.into_split().1);
        let (out, taken) = tokio::join!(send(out, 64), take(&mut theirs, 64, 4));
        assert!(out.is_none() && (2..5).contains(&taken), "{taken}");
    }

    #[tokio::test(start_paused = true)]
    async fn the_next_request_has_its_own_time() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let mut out = Replies::new(ours.into_split().1);
        for _ in 0..3 {
            let (sent, taken) = tokio::join!(send(out, 3), take(&mut theirs, 3, 4));
            assert_eq!(taken, 3);
            out = sent.unwrap();
            out.last(&()).await;
            let mut last = [0; 100];
            assert!(theirs.read(&mut last).await.unwrap() > 0);
        }
    }
}
