//! Lines over a socket, each of bounded length.

use std::io::{Error, ErrorKind};
use std::os::fd::AsRawFd as _;
use std::path::Path;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;

/// More than any answer has; QMP's longest here are some 10 KiB.
const MOST_BYTES: usize = 1 << 20;

/// One connection.
#[derive(Debug)]
pub(super) struct Lines {
    stream: BufReader<UnixStream>,
    /// What has come of the next line. Kept here, so that giving up on a line loses nothing.
    begun: Vec<u8>,
}

impl Lines {
    /// To a socket in a directory, whose path may be longer than a socket's address can be.
    pub(super) async fn connect(dir: &Path, name: &str) -> std::io::Result<Self> {
        let dir = std::fs::File::open(dir)?;
        let path = format!("/proc/self/fd/{}/{name}", dir.as_raw_fd());
        let stream = UnixStream::connect(path).await?;
        Ok(Self { stream: BufReader::new(stream), begun: Vec::new() })
    }

    pub(super) async fn send(&mut self, text: &str) -> std::io::Result<()> {
        self.stream.get_mut().write_all(text.as_bytes()).await
    }

    /// The next line without its end; that the other side has closed is an error.
    pub(super) async fn next(&mut self) -> std::io::Result<String> {
        loop {
            let came = self.stream.fill_buf().await?;
            if came.is_empty() {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            let end = came.iter().position(|byte| *byte == b'\n');
            let taken = end.map_or(came.len(), |end| end + 1);
            self.begun.extend(came.iter().take(taken));
            self.stream.consume(taken);
            if self.begun.len() > MOST_BYTES {
                return Err(Error::new(ErrorKind::InvalidData, "a line is too long"));
            }
            if end.is_some() {
                let line = std::mem::take(&mut self.begun);
                let line = String::from_utf8_lossy(&line);
                return Ok(line.trim_end_matches(['\r', '\n']).to_owned());
            }
        }
    }
}
