//! `vm-autoscale-broker`: what the helper becomes once root's files are read. It holds the SSH keys
//! and is the only one who can touch a VM.
//!
//! It hears one user on a Unix socket, checks each typed request against rules of its own, and
//! turns it into one command out of a closed set on one node. What it may do at all is the `match`
//! in `broker.rs`.

mod audit;
mod broker;
mod complaints;
mod error;
mod ledger;
mod orders;
mod process;
mod replies;
mod server;
mod socket;
mod stream;

use std::process::ExitCode;
use std::rc::Rc;

pub use orders::{Orders, Proof, User, Way};
pub use process::start_log;
use vm_autoscale_protocol::Sandbox;
pub use vm_autoscale_sandbox::harden;
use vm_autoscale_sandbox::{Needs, Reached, enter};

use crate::broker::Broker;
use crate::error::Error;
use crate::orders::directory_of;

/// The program.
#[must_use]
pub fn main() -> ExitCode {
    start_log();
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::from(error.exit_code())
        }
    }
}

fn run() -> Result<(), Error> {
    harden().map_err(Error::Harden)?;
    let orders = Orders::read(process::stdin().map_err(Error::Harden)?).map_err(Error::Orders)?;
    process::forget_stdin().map_err(Error::Harden)?;
    let needs = orders.needs();
    let broker = Broker::new(orders)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Error::Runtime)?;
    tokio::task::LocalSet::new().block_on(&runtime, serve(broker, needs))
}

/// Listens, and gives up what listening alone needed.
async fn serve(mut broker: Broker, mut needs: Needs) -> Result<(), Error> {
    let (listener, own) = socket::listener(&broker)?;
    needs.socket = own.then(|| directory_of(&broker.socket));
    let Reached { landlock, seccomp, bounding_set_empty } =
        enter(&needs).map_err(Error::Sandbox)?;
    broker.sandbox = Sandbox { landlock, seccomp, bounding_set_empty };
    tracing::info!("sandbox: {}", broker.sandbox);
    server::serve(Rc::new(broker), (listener, own)).await
}
