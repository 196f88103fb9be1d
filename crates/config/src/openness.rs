//! Whether others can read or write a file without secrets.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use crate::Problem;

/// Warns of a file without secrets that others can read or write all the same.
/// What cannot be looked at is said by whoever reads it.
#[must_use]
pub fn too_open(path: &Path) -> Option<Problem> {
    let mode = std::fs::metadata(path).ok()?.mode();
    let (what, fix) = match mode {
        mode if mode & 0o022 != 0 => ("writable", "go-w,o="),
        mode if mode & 0o004 != 0 => ("readable", "o="),
        _ => return None,
    };
    let problem = format!("is {what} by others (mode {:o})", mode & 0o7777);
    let rule = "only root changes it, and only root and the scheduler read it (mode 0640)";
    let help = format!("chmod {fix} {}", path.display());
    Some(Problem::of_file(path, problem).rule(rule).help(help).warning())
}
