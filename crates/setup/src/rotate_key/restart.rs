//! The helper reads its keys when it starts.

use crate::error::Error;
use crate::program::{done, program, run};

const UNIT: &str = "vm-autoscale-helper.service";

/// Starts it anew where it runs; whether it did.
///
/// # Errors
/// It runs, and does not start again.
pub(super) fn restart() -> Result<bool, Error> {
    let mut active = program("systemctl", 20);
    active.args(["is-active", "--quiet", UNIT]);
    // Where there is no systemd, it runs nothing.
    if !run(active, b"").is_ok_and(|output| output.status.success()) {
        return Ok(false);
    }
    let mut restart = program("systemctl", 200);
    restart.args(["restart", UNIT]);
    done(restart).map(|_| true).map_err(|error| {
        Error::failed(
            format!("the helper did not start with the new key, and the old one stays: {error}"),
            format!("journalctl -u {UNIT} -n 20, then run this again"),
        )
    })
}
