//! `authorize`: letting the helper's key in at a node.

use std::process::ExitCode;

use crate::error::Error;

#[derive(Debug, clap::Args)]
pub(crate) struct Authorize {}

pub(crate) fn run(_: &Authorize) -> Result<ExitCode, Error> {
    Err(Error::Usage("not there yet".to_owned()))
}
