//! `vm-autoscale-helper`: holds the SSH keys and is the only one who can touch a VM.
//!
//! A broker: it hears one user on a Unix socket, checks each typed request against rules of its
//! own (`helper.yaml`), and turns it into one command out of a closed set on one node. What it may
//! do at all is the `match` in `broker.rs`.

mod args;
mod broker;
mod error;
mod health;
pub mod known_hosts;
mod link;
mod login;
mod pins;
mod policy;
mod process;
mod rates;
mod replies;
mod run;
mod seen;
mod server;
mod session;
mod socket;
mod stream;
mod validate;

use std::process::ExitCode;
use std::rc::Rc;

use vm_autoscale_config::HelperConfig;

use crate::args::{Args, Parsed};
use crate::broker::Broker;
use crate::error::Error;

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
    process::start_log();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::from(error.exit_code())
        }
    }
}

fn run(args: &Args) -> Result<(), Error> {
    process::harden()?;
    let config = HelperConfig::read(&args.config)?;
    let broker = Rc::new(Broker::new(config, args.env_file.as_deref())?);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Error::Runtime)?;
    tokio::task::LocalSet::new().block_on(&runtime, server::serve(broker))
}
