//! A connection that counts what comes in before anybody is logged in, and that dies as its node
//! does: without a word, until the node is back and knows nothing of it.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::watch;

use crate::Lab;
use crate::lab::Power;

pub(super) struct Counted {
    stream: TcpStream,
    lab: Lab,
    authenticated: Arc<AtomicBool>,
    /// When the connection was taken.
    was: Power,
    power: watch::Receiver<Power>,
    /// Ready when the node has come back.
    back: Pin<Box<dyn Future<Output = ()> + Send>>,
}

/// The stream, and the flag that ends the counting.
pub(super) fn counted(
    stream: TcpStream,
    lab: Lab,
    power: watch::Receiver<Power>,
) -> (Counted, Arc<AtomicBool>) {
    let authenticated = Arc::new(AtomicBool::new(false));
    let (was, mut changes) = (*power.borrow(), power.clone());
    let back = Box::pin(async move {
        // Only a lab that is gone has no power to watch.
        let _ = changes.wait_for(|now| now.boots != was.boots).await;
    });
    let flag = Arc::clone(&authenticated);
    (Counted { stream, lab, authenticated: flag, was, power, back }, authenticated)
}

impl Counted {
    /// Whether the node is there: else silence, and after its return a reset.
    fn alive(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let now = *self.power.borrow();
        if now.up && now.boots == self.was.boots {
            return Poll::Ready(Ok(()));
        }
        self.back.as_mut().poll(cx).map(|()| Err(io::ErrorKind::ConnectionReset.into()))
    }
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(self.alive(cx))?;
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buf);
        let got = buf.filled().len() - before;
        if got > 0 && !self.authenticated.load(Ordering::Relaxed) {
            let got = u64::try_from(got).unwrap_or(u64::MAX);
            self.lab.count(|stats| stats.pre_auth_bytes += got);
        }
        polled
    }
}

impl AsyncWrite for Counted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.alive(cx))?;
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
