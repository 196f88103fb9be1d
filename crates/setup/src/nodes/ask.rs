//! A question on the terminal.

use std::io::{BufRead as _, IsTerminal as _, Read as _, Write as _};

use crate::error::Error;

/// Whether the administrator types `yes`. Asked on standard error: standard output is the answer's.
///
/// # Errors
/// There is no terminal; `instead` is what to type without one.
pub(crate) fn confirmed(question: &str, instead: &str) -> Result<bool, Error> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        return Err(Error::failed(
            "there is no terminal to ask on, and nothing was changed",
            instead,
        ));
    }
    let mut told = std::io::stderr().lock();
    write!(told, "{question} Type yes: ").and_then(|()| told.flush()).map_err(Error::Output)?;
    let mut line = String::new();
    stdin.lock().take(16).read_line(&mut line).map_err(Error::Output)?;
    Ok(line.trim() == "yes")
}

/// What is not the answer, on standard error.
pub(crate) fn note(text: &str) {
    // Where nobody reads it, the answer still comes.
    drop(writeln!(std::io::stderr(), "{text}"));
}
