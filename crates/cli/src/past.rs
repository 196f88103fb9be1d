//! The past, of the daemon, or of its journal where that tells more or no daemon answers.

use std::io::Write as _;

use vm_autoscale_scheduler::Source;
use vm_autoscale_scheduler::past::{Past, PastOrder, fetch_past, read_past};

use crate::args::{Args, Daemon};
use crate::files::{Places, places};
use crate::plain::harmless;
use crate::{Error, wait};

/// What is known of the past, and who said so.
///
/// # Errors
/// Neither the daemon nor the journal can be asked.
pub(crate) fn asked_or_read(
    args: &Args,
    daemon: &Daemon,
    order: &PastOrder,
) -> Result<(Past, Source), Error> {
    let Places { socket, journal } = places(args, daemon.control_socket.as_deref())?;
    let read = |path| read_past(path, order);
    match (wait(fetch_past(&socket, order))?, journal) {
        // It keeps its memory small; this program ends soon, if it may read the file.
        (Ok(past), Some(journal)) if past.truncated => {
            Ok((read(&journal).unwrap_or(past), Source::Daemon))
        }
        (Ok(past), _) => Ok((past, Source::Daemon)),
        // Also where it is one of before, which tells nothing of the past.
        (Err(missed), Some(journal)) if [1, 6].contains(&missed.exit_code()) => {
            read(&journal).map(|past| (past, Source::Journal)).map_err(|why| {
                let why = harmless(&why.to_string());
                // Where standard error is gone, the exit code says enough.
                let _ = writeln!(std::io::stderr(), "nor can be read what it noted: {why}");
                missed.into()
            })
        }
        (Err(missed), _) => Err(missed.into()),
    }
}
