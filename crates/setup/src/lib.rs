//! `vm-autoscale-setup`: what is done once. Today it imports an older program's configuration.

mod args;
mod error;
mod import;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;

use crate::args::{Args, Command};
use crate::error::Error;

/// The program.
#[must_use]
pub fn main() -> ExitCode {
    let Command::Import(arguments) = Args::parse().command;
    match import::run(&arguments).and_then(|text| say(&text)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let code = error.exit_code();
            complain(error);
            ExitCode::from(code)
        }
    }
}

fn say(text: &str) -> Result<(), Error> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(Error::Output)
}

/// On standard error. Where that is gone, the exit code still says it.
fn complain(error: Error) {
    match error {
        Error::Config(error) => error.into_report().tell(),
        other => drop(writeln!(std::io::stderr(), "error: {other}")),
    }
}
