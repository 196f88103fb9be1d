//! `trust-host`: pinning a node's host keys.

use std::process::ExitCode;

use crate::error::Error;

#[derive(Debug, clap::Args)]
pub(crate) struct TrustHost {}

pub(crate) fn run(_: &TrustHost) -> Result<ExitCode, Error> {
    Err(Error::Usage("not there yet".to_owned()))
}
