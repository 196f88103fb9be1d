//! Opening a file first and judging what was opened, so that nothing is swapped in between.

use std::fs::{File, OpenOptions};
use std::io::Read as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use nix::fcntl::OFlag;
use zeroize::Zeroizing;

use crate::{Error, MAX_FILE, check_directories};

/// Who may touch a file, beside its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Others may read it: policy, known hosts.
    NotWritable,
    /// Nobody else may even read it: keys, passwords.
    Private,
    /// The same, but root may also read one that belongs to another user.
    PrivateOfAnyone,
}

/// Reads a file that power rests on: owned by the uid that this program runs as or by root, not a
/// symlink, with no more access for others than `access` says, and in directories where others
/// cannot swap it for another one. The text is wiped when dropped.
///
/// # Errors
/// Any of these does not hold, it is no UTF-8, or longer than [`MAX_FILE`].
pub fn read_checked(path: &Path, access: Access) -> Result<Zeroizing<String>, Error> {
    text(path, &read_checked_bytes(path, access)?)
}

/// As [`read_checked`], whatever the bytes are.
///
/// # Errors
/// As [`read_checked`].
pub fn read_checked_bytes(path: &Path, access: Access) -> Result<Zeroizing<Vec<u8>>, Error> {
    // Without O_NONBLOCK a FIFO would be waited for, before it can be judged.
    let flags = (OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK).bits();
    let open = OpenOptions::new().read(true).custom_flags(flags).open(path);
    let file = open.map_err(|source| match source.raw_os_error() {
        Some(code) if nix::errno::Errno::from_raw(code) == nix::errno::Errno::ELOOP => {
            Error::Access {
                path: path.to_owned(),
                problem: "is a symbolic link".to_owned(),
                help: "name the file itself".to_owned(),
            }
        }
        _ => Error::Io { path: path.to_owned(), source },
    })?;
    let metadata = file.metadata().map_err(|source| Error::Io { path: path.to_owned(), source })?;
    judge(path, &metadata, access)?;
    // Where others' files may be read, so may files in their directories.
    if access != Access::PrivateOfAnyone {
        check_directories(path)?;
    }
    read_bounded(path, file, MAX_FILE)
}

/// Reads a file of which nothing is demanded but its length.
///
/// # Errors
/// It cannot be read, or is longer than [`MAX_FILE`].
pub fn read_plain_bytes(path: &Path) -> Result<Zeroizing<Vec<u8>>, Error> {
    let file = File::open(path).map_err(|source| Error::Io { path: path.to_owned(), source })?;
    read_bounded(path, file, MAX_FILE)
}

/// The same of a regular file; a link to one is followed. `most` is how long it may be.
///
/// # Errors
/// It cannot be read, is no regular file, or longer.
pub fn read_regular_bytes(path: &Path, most: u64) -> Result<Zeroizing<Vec<u8>>, Error> {
    let io = |source| Error::Io { path: path.to_owned(), source };
    let mut open = OpenOptions::new();
    let open = open.read(true).custom_flags(OFlag::O_NONBLOCK.bits()).open(path);
    let file = open.map_err(io)?;
    if !file.metadata().map_err(io)?.is_file() {
        return refuse(path, "is not a regular file", "name a file");
    }
    read_bounded(path, file, most)
}

pub(crate) fn refuse<T>(
    path: &Path,
    problem: impl Into<String>,
    help: impl Into<String>,
) -> Result<T, Error> {
    Err(Error::Access { path: path.to_owned(), problem: problem.into(), help: help.into() })
}

fn judge(path: &Path, metadata: &std::fs::Metadata, access: Access) -> Result<(), Error> {
    let (own, name) = (nix::unistd::geteuid(), path.display());
    if !metadata.is_file() {
        return refuse(path, "is not a regular file", "name the file itself");
    }
    if !is_trusted(metadata.uid(), own.as_raw(), access) {
        let problem = format!(
            "belongs to uid {}, not to uid {own} that this program runs as",
            metadata.uid()
        );
        return refuse(path, problem, format!("chown {own} {name}"));
    }
    let (what, mend) = match access {
        Access::NotWritable => ("writable", "go-w"),
        Access::Private | Access::PrivateOfAnyone => ("accessible", "go="),
    };
    let (owner, group) = (metadata.uid(), metadata.gid());
    if metadata.mode() & forbidden(owner, group, own.as_raw(), access) != 0 {
        let problem = format!("is {what} by others (mode {:o})", metadata.mode() & 0o7777);
        return refuse(path, problem, format!("chmod {mend} {name}"));
    }
    Ok(())
}

/// Whether what that user writes may be read. Root has everyone's files in its hand anyway, and
/// reads what it likes; what it may be told by others is a matter of the purpose, which is in
/// `access`.
fn is_trusted(owner: u32, own: u32, access: Access) -> bool {
    owner == own || owner == 0 || (own == 0 && access == Access::PrivateOfAnyone)
}

/// The bits of the mode that must not be set.
fn forbidden(owner: u32, group: u32, own: u32, access: Access) -> u32 {
    match access {
        Access::NotWritable => 0o022,
        // Root let us read its file. systemd 257 gives a credential to a unit's user so, by an
        // access list: what looks like the right of root's group is that list's mask.
        Access::Private if own != 0 && (owner, group) == (0, 0) => 0o037,
        Access::Private | Access::PrivateOfAnyone => 0o077,
    }
}

fn read_bounded(path: &Path, file: File, most: u64) -> Result<Zeroizing<Vec<u8>>, Error> {
    // As long as it is at once: one that had to grow would leave copies behind.
    let length = file.metadata().map_or(0, |metadata| metadata.len().min(most));
    let room = usize::try_from(length).unwrap_or_default().saturating_add(64);
    let mut bytes = Zeroizing::new(Vec::with_capacity(room));
    let read = file.take(most.saturating_add(1)).read_to_end(&mut bytes);
    read.map_err(|source| Error::Io { path: path.to_owned(), source })?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > most) {
        return Err(Error::TooLong { path: path.to_owned(), limit: most });
    }
    Ok(bytes)
}

fn text(path: &Path, bytes: &[u8]) -> Result<Zeroizing<String>, Error> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let problem = format!("byte {} is not part of any UTF-8 character", error.valid_up_to());
        let source = std::io::Error::new(std::io::ErrorKind::InvalidData, problem);
        Error::Io { path: path.to_owned(), source }
    })?;
    Ok(Zeroizing::new(text.to_owned()))
}

#[cfg(test)]
mod tests;
