//! The log: systemd's journal with fields of its own (`journalctl VMID=101`), standard error, or a
//! file that is rotated.

use std::io::{IsTerminal as _, Write};
use std::path::{Path, PathBuf};

use tracing_appender::non_blocking::{NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Registry};
use vm_autoscale_config::{LogFormat, Logging};

use crate::Error;

mod entry;
mod lines;
mod native;
mod rotated;
use lines::{Lines, Shape};
use native::Journald;
use rotated::Rotated;

/// So many lines wait for whoever takes them, a start's line on each of some thousand VMs among
/// them. Their places are in memory from the start: the appender's own 128,000 would be 4 MiB.
const WAITING: usize = 16 * 1024;

/// Writes what is still on its way when it is dropped.
#[derive(Debug)]
pub struct LogGuard(#[expect(dead_code, reason = "held to be dropped")] WorkerGuard);

/// Starts the log. A full disk or a journald that stands still loses lines and never holds anything
/// up: a thread of its own writes them.
///
/// # Errors
/// A level that is none, or a file that cannot be written.
pub fn start_log(logging: &Logging) -> Result<LogGuard, Error> {
    let level = logging.level.as_deref().unwrap_or("info").to_lowercase();
    let path = logging.log_file.as_deref().unwrap_or(Path::new("standard error"));
    let of = |problem: String| Error::Log { path: path.to_owned(), problem };
    let filter = EnvFilter::try_new(&level).map_err(|e| of(format!("`logging.level`: {e}")))?;
    let (shape, (writer, guard)) = place(logging, path).map_err(|e| of(e.to_string()))?;
    Registry::default().with(filter).with(Lines { shape, writer }).init();
    Ok(LogGuard(guard))
}

/// Where lines go, and what they look like there.
fn place(logging: &Logging, path: &Path) -> std::io::Result<(Shape, (NonBlocking, WorkerGuard))> {
    if logging.log_file.is_some() {
        let shape = shape(logging.format, false);
        let file = Rotated::open(PathBuf::from(path), logging.max_size_mb, logging.keep)?;
        return Ok((shape, unhurried(file)));
    }
    // Whoever wants a format wants its lines, also in the journal.
    let journald = logging.format.is_none().then(Journald::behind_stderr).flatten();
    if let Some(journald) = journald {
        return Ok((Shape::Native, unhurried(journald)));
    }
    let ansi = std::io::stderr().is_terminal();
    Ok((shape(logging.format, ansi), unhurried(std::io::stderr())))
}

fn shape(format: Option<LogFormat>, ansi: bool) -> Shape {
    match format {
        Some(LogFormat::Json) => Shape::Json,
        Some(LogFormat::Text) | None => Shape::Text { ansi },
    }
}

/// Nobody waits for what it writes.
fn unhurried(to: impl Write + Send + 'static) -> (NonBlocking, WorkerGuard) {
    NonBlockingBuilder::default().buffered_lines_limit(WAITING).finish(to)
}

#[cfg(test)]
pub(crate) mod tests;
