//! `changes.json`: the last changes, kept where a restart does not take them.

use std::fs::{DirBuilder, OpenOptions, remove_file, rename};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::time::{ClockId, clock_gettime};
use vm_autoscale_guard::{Access, check_directories, read_checked};
use vm_autoscale_policy::Changes;

/// Time since the machine was started, also while it slept: the same for the next process.
pub(crate) fn boot_time() -> Duration {
    clock_gettime(ClockId::CLOCK_BOOTTIME).map(Duration::from).unwrap_or_default()
}

pub(crate) struct Ledger(PathBuf);

impl Ledger {
    /// The one in that directory. It is systemd that makes it; elsewhere it is made here.
    pub(crate) fn of(directory: &Path) -> Self {
        match DirBuilder::new().mode(0o700).create(directory) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => tracing::error!("{}: {error}: nothing is changed", directory.display()),
        }
        Self(directory.join("changes.json"))
    }

    /// What an earlier process wrote, and what it leaves of the rates. Where that cannot be
    /// believed they are taken for used up.
    pub(crate) fn read(&self, now: Duration) -> Changes {
        self.believed(now).unwrap_or_else(|why| {
            tracing::error!("{why}: nothing is changed for a minute");
            Changes::unknown(now)
        })
    }

    fn believed(&self, now: Duration) -> Result<Changes, String> {
        let text = match read_checked(&self.0, Access::NotWritable) {
            Ok(text) => text,
            Err(error) if error.is_missing() => return Ok(Changes::default()),
            Err(error) => return Err(error.problem()),
        };
        let changes: Changes = serde_json::from_str(&text)
            .map_err(|error| format!("{}: {error}", self.0.display()))?;
        if changes.is_ahead(now) {
            return Err(format!("{}: changes that are yet to come", self.0.display()));
        }
        Ok(changes)
    }

    /// The file is the new one or the old one, whenever this ends.
    pub(crate) fn write(&self, changes: &Changes) -> io::Result<()> {
        check_directories(&self.0).map_err(|error| io::Error::other(error.problem()))?;
        let new = self.0.with_extension("json.new");
        // A process that was killed left one.
        match remove_file(&new) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
        file.write_all(&serde_json::to_vec(changes)?)?;
        drop(file);
        rename(&new, &self.0)
    }
}

#[cfg(test)]
mod tests;
