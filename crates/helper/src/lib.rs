//! `vm-autoscale-helper`: reads root's files, says everything that is wrong with them, and becomes
//! the broker, which is the only one who can touch a VM.
//!
//! Two programs, so that what hears the scheduler and speaks to the nodes holds none of the code
//! that reads files, and what reads files hears nobody.

mod args;
mod become_broker;
mod error;
mod gather;
mod keys;
mod validate;

use std::process::ExitCode;

use vm_autoscale_broker::{harden, start_log};

use crate::args::{Args, Parsed};
use crate::error::Error;

#[doc(hidden)]
pub use crate::args::HELP;

/// The program.
#[must_use]
pub fn main() -> ExitCode {
    let args = match args::parse(std::env::args_os().skip(1)) {
        Parsed::Run(args) => args,
        Parsed::Print(text) => return args::print(&text),
        Parsed::Wrong(text) => return args::complain(&text),
    };
    if args.validate_only {
        return validate::validate(&args);
    }
    start_log();
    match run(&args) {
        Ok(never) => match never {},
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::from(error.exit_code())
        }
    }
}

fn run(args: &Args) -> Result<std::convert::Infallible, Error> {
    harden()?;
    let orders = gather::orders(&args.config, args.env_file.as_deref())?;
    become_broker::become_broker(&orders)
}
