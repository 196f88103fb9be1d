//! `vm-autoscale-setup`: what is done once, or seldom, as root.

mod args;
mod authorize;
mod check;
mod disk;
mod error;
mod import;
mod install;
mod key;
mod manifest;
mod nodes;
mod paths;
mod program;
#[cfg_attr(not(test), expect(dead_code, reason = "install calls it"))]
mod reach;
mod record;
mod root;
mod rotate_key;
mod step;
mod told;
mod trust_host;
mod uninstall;
mod units;

use std::io::Write as _;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

use crate::args::{Args, Command};
use crate::error::Error;

/// The command line, of which the man pages and completions are made.
#[doc(hidden)]
#[must_use]
pub fn command() -> clap::Command {
    Args::command()
}

/// The program.
#[must_use]
pub fn main() -> ExitCode {
    let done = match Args::parse().command {
        Command::Install(arguments) => install::run(&arguments),
        Command::TrustHost(arguments) => trust_host::run(&arguments),
        Command::Authorize(arguments) => authorize::run(&arguments),
        Command::RotateKey(arguments) => rotate_key::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Uninstall(arguments) => uninstall::run(&arguments),
        Command::Import(arguments) => {
            import::run(&arguments).and_then(|text| say(&text)).map(|()| ExitCode::SUCCESS)
        }
    };
    match done {
        Ok(code) => code,
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
