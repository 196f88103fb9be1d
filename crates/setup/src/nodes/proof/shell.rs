//! Whether the key opens a shell.

use std::path::Path;

use crate::error::Error;
use crate::nodes::Site;
use crate::program::{program, run};

/// As the gate refuses.
const REFUSED: i32 = 126;

/// What a shell says to the key; nothing where there is none. By the OpenSSH client: our own way
/// can send no other lines than the helper's commands.
pub(super) fn shell(site: &Site, key: &Path, pins: &Path) -> Result<Option<String>, Error> {
    let mut ssh = program("ssh", 30);
    ssh.args(["-F", "none", "-T", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes"]);
    ssh.args(["-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none", "-o", "ConnectTimeout=10"]);
    ssh.args(["-o", "PreferredAuthentications=publickey", "-o", "GlobalKnownHostsFile=none"]);
    ssh.arg("-o").arg(format!("UserKnownHostsFile={}", pins.display()));
    ssh.arg("-i").arg(key).arg("-p").arg(site.address.port().to_string());
    ssh.arg("-l").arg(&site.user).arg("--").arg(site.address.ip().to_string()).arg("id");
    let output = run(ssh, b"").map_err(|error| match error {
        Error::Failed { what, .. } if what.starts_with("there is no program") => Error::failed(
            "there is no OpenSSH client here to try with whether `id` is refused",
            "apt install openssh-client",
        ),
        other => other,
    })?;
    let code = output.status.code().unwrap_or(-1);
    if code == REFUSED && output.stdout.is_empty() {
        return Ok(None);
    }
    Ok(Some(format!("`id` was not refused there (exit {code}, where the gate says {REFUSED})")))
}
