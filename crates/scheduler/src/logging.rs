//! The log: standard error, which systemd keeps, or a file a day.

use std::io::{IsTerminal as _, Write};
use std::path::Path;

use tracing_appender::non_blocking::{NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::EnvFilter;
use vm_autoscale_config::Logging;
use vm_autoscale_guard::Masked;

use crate::Error;

/// So many daily files are kept.
const KEPT: usize = 14;
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
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_target(false);
    let Some(file) = &logging.log_file else {
        let ansi = std::io::stderr().is_terminal();
        let (writer, guard) = unhurried(std::io::stderr());
        log.with_writer(writer).with_ansi(ansi).init();
        return Ok(LogGuard(guard));
    };
    let name = file.file_name().ok_or_else(|| of("is not a file".to_owned()))?.to_string_lossy();
    let (stem, suffix) = name.rsplit_once('.').unwrap_or((&name, "log"));
    let daily = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix(stem)
        .filename_suffix(suffix)
        .max_log_files(KEPT)
        .build(file.parent().unwrap_or(Path::new(".")))
        .map_err(|e| of(e.to_string()))?;
    let (writer, guard) = unhurried(daily);
    log.with_writer(writer).with_ansi(false).init();
    Ok(LogGuard(guard))
}

/// Nobody waits for what it writes, and no secret passes.
fn unhurried(to: impl Write + Send + 'static) -> (NonBlocking, WorkerGuard) {
    NonBlockingBuilder::default().buffered_lines_limit(WAITING).finish(Masked(to))
}
