//! `uninstall`: what install put there, away again.

use std::process::ExitCode;

use crate::error::Error;

#[derive(Debug, clap::Args)]
pub(crate) struct Uninstall {}

pub(crate) fn run(_: &Uninstall) -> Result<ExitCode, Error> {
    Err(Error::Usage("not there yet".to_owned()))
}
