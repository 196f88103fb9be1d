//! A connection that counts what comes in before anybody is logged in.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::Lab;

pub(super) struct Counted {
    stream: TcpStream,
    lab: Lab,
    authenticated: Arc<AtomicBool>,
}

/// The stream, and the flag that ends the counting.
pub(super) fn counted(stream: TcpStream, lab: Lab) -> (Counted, Arc<AtomicBool>) {
    let authenticated = Arc::new(AtomicBool::new(false));
    (Counted { stream, lab, authenticated: Arc::clone(&authenticated) }, authenticated)
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
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
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
