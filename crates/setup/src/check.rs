//! `check`: the installation's own doctor.

use std::process::ExitCode;

use crate::error::Error;

#[derive(Debug, clap::Args)]
pub(crate) struct Check {}

pub(crate) fn run(_: &Check) -> Result<ExitCode, Error> {
    Err(Error::Usage("not there yet".to_owned()))
}
