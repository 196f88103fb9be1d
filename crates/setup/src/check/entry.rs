//! What is at a path, and what should be.

use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::Path;

use super::accounts::Accounts;
use super::finding::{Code, Finding};

/// What mends an installation.
pub(super) const AGAIN: &str = "vm-autoscale-setup install";

/// What is at a path. A link is one; it is not followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) is: Is,
    pub(super) mode: u32,
    pub(super) uid: u32,
    pub(super) gid: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Is {
    File,
    Directory,
    Socket,
    Other,
}

impl Entry {
    pub(super) fn at(path: &Path) -> Option<Self> {
        let found = std::fs::symlink_metadata(path).ok()?;
        let kind = found.file_type();
        let is = match () {
            () if kind.is_file() => Is::File,
            () if kind.is_dir() => Is::Directory,
            () if kind.is_socket() => Is::Socket,
            () => Is::Other,
        };
        Some(Self { is, mode: found.mode() & 0o7777, uid: found.uid(), gid: found.gid() })
    }
}

/// By its name.
pub(super) fn is_kind(path: &str, extension: &str) -> bool {
    Path::new(path).extension().is_some_and(|found| found == extension)
}

/// What a path should be.
pub(super) struct Want<'a> {
    pub(super) is: Is,
    pub(super) mode: u32,
    pub(super) user: &'a str,
    pub(super) group: &'a str,
}

/// Whether it is not so; nothing is said of an owner that does not exist, which is said elsewhere.
pub(super) fn rights(
    code: Code,
    path: &str,
    entry: Entry,
    want: &Want<'_>,
    accounts: &Accounts,
) -> Option<Finding> {
    let Want { is, mode, user, group } = *want;
    if entry.is != is {
        let help = format!("ls -ld {path}   (move it away, then: {AGAIN})");
        return Some(code.error(format!("{path} is something else than it should be"), help));
    }
    let differs = |want: Option<u32>, has: u32| want.is_some_and(|want| want != has);
    if differs(accounts.uid(user), entry.uid) || differs(accounts.gid(group), entry.gid) {
        let said = format!("{path} belongs to {}:{}, not to {user}:{group}", entry.uid, entry.gid);
        return Some(code.error(said, format!("chown {user}:{group} {path}")));
    }
    (entry.mode != mode).then(|| {
        let said = format!("{path} has mode {:04o}, not {mode:04o}", entry.mode);
        // One who can do less than he may is no danger, but may miss it.
        let more = entry.mode & !mode != 0;
        let help = format!("chmod {mode:04o} {path}");
        if more { code.error(said, help) } else { code.warning(said, help) }
    })
}
