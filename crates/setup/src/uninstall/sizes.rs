//! The sizes that VMs had before vm-autoscale, as its journal knows them.

use crate::error::Error;
use crate::paths;
use crate::program::{done, program};

const SECONDS: u32 = 120;

/// A `qm set` line for each value that is another one by our changes. They are for the
/// administrator: setup holds no right over VMs.
///
/// # Errors
/// The program or its journal cannot be read.
pub(crate) fn before() -> Result<Vec<String>, Error> {
    let mut sizes = program(paths::SCHEDULER, SECONDS);
    sizes.args(["sizes-before", "--config", paths::CONFIG]);
    let text = done(sizes)?;
    Ok(text.lines().map(vm_autoscale_config::visible).collect())
}

/// What is said of them, where nothing else is done yet.
pub(crate) fn first(lines: &[String]) -> Error {
    let what = format!(
        "by our changes, as far back as the journal goes, VMs have other sizes than before; nothing \
         was done yet. To give them back, type on the nodes:\n{}",
        lines.iter().map(|line| format!("    {line}\n")).collect::<Vec<_>>().concat().trim_end()
    );
    let help = "systemctl stop vm-autoscale, type these lines, then run this again with --yes";
    Error::failed(what, help)
}
