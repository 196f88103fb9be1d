//! `rotate-key`: another key for the nodes.

use std::process::ExitCode;

use crate::error::Error;

#[derive(Debug, clap::Args)]
pub(crate) struct RotateKey {}

pub(crate) fn run(_: &RotateKey) -> Result<ExitCode, Error> {
    Err(Error::Usage("not there yet".to_owned()))
}
