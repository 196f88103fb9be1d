//! `install`: everything in its place, once or again.

use std::process::ExitCode;

use crate::error::Error;

#[derive(Debug, clap::Args)]
pub(crate) struct Install {}

pub(crate) fn run(_: &Install) -> Result<ExitCode, Error> {
    Err(Error::Usage("not there yet".to_owned()))
}
