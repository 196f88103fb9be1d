//! Whether a line is executed.

use std::ffi::OsStr;

use vm_autoscale_node::NodeCommand;

use crate::limits::Limits;

const NONE: &str = "not a command of vm-autoscale; there is no shell here";

/// The command, or in one line why nothing is executed. The limits are read for a change only:
/// without a `gate.conf` that can be believed nothing is changed, and all is read.
pub(crate) fn verdict(
    line: &OsStr,
    limits: impl FnOnce() -> Result<Limits, String>,
) -> Result<NodeCommand, String> {
    let command = line.to_str().and_then(|line| NodeCommand::parse(line).ok()).ok_or(NONE)?;
    if command.is_change() {
        limits().map_err(|why| format!("no change: {why}"))?.check(&command)?;
    }
    Ok(command)
}

#[cfg(test)]
mod tests;
