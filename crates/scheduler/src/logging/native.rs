//! journald's own protocol, in which every field can be asked for: `journalctl VMID=101`.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd as _;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;

use tracing::Level;

use super::entry::Entry;

const SOCKET: &str = "/run/systemd/journal/socket";
/// What `journalctl --identifier` knows it by.
const IDENTIFIER: &str = "vm-autoscale";

/// Sends one datagram for each thing that is written.
#[derive(Debug)]
pub(super) struct Journald {
    socket: UnixDatagram,
    path: PathBuf,
}

impl Journald {
    /// Where systemd has standard error end in the journal, and journald can be reached.
    pub(super) fn behind_stderr() -> Option<Self> {
        let stream = std::env::var("JOURNAL_STREAM").ok()?;
        let stderr = File::from(io::stderr().as_fd().try_clone_to_owned().ok()?);
        // Whoever redirects the stream of a service wants its lines there.
        is_stream(&stream, &stderr).then(|| Self::at(SOCKET.into()).ok()).flatten()
    }

    pub(super) fn at(path: PathBuf) -> io::Result<Self> {
        let socket = UnixDatagram::unbound()?;
        socket.connect(&path)?;
        Ok(Self { socket, path })
    }
}

impl Write for Journald {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sent = self.socket.send(bytes);
        // A journald that was started anew may listen on another socket of that name.
        if sent.is_err() && self.socket.connect(&self.path).is_ok() {
            return self.socket.send(bytes);
        }
        sent
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Whether this is the stream that systemd tells of: its device and inode.
pub(super) fn is_stream(told: &str, file: &File) -> bool {
    file.metadata().is_ok_and(|is| told == format!("{}:{}", is.dev(), is.ino()))
}

/// An entry as journald takes it. Lengths stand before values: nothing in them ends a field.
pub(super) fn datagram(entry: &Entry) -> Vec<u8> {
    let mut bytes = Vec::new();
    field(&mut bytes, "PRIORITY", priority(entry.level));
    field(&mut bytes, "SYSLOG_IDENTIFIER", IDENTIFIER);
    field(&mut bytes, "MESSAGE", &entry.body());
    for (name, value) in &entry.fields.0 {
        field(&mut bytes, &name.to_ascii_uppercase(), value);
    }
    bytes
}

fn field(bytes: &mut Vec<u8>, name: &str, value: &str) {
    bytes.extend_from_slice(name.as_bytes());
    bytes.push(b'\n');
    let length = u64::try_from(value.len()).unwrap_or_default();
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(value.as_bytes());
    bytes.push(b'\n');
}

fn priority(level: Level) -> &'static str {
    match level {
        Level::ERROR => "3",
        Level::WARN => "4",
        Level::INFO => "6",
        Level::DEBUG | Level::TRACE => "7",
    }
}
