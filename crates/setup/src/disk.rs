//! Files that are written whole or not at all, and what is said where that cannot be done.

use std::fmt::Write as _;
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::{
    DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown, lchown,
};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::error::Error;
use crate::import::shown;

/// Who a file belongs to, and who else may touch it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rights {
    pub(crate) mode: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

/// What is at a path; links are not followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) kind: Is,
    pub(crate) rights: Rights,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Is {
    /// With its content's SHA-256.
    File(String),
    Directory,
    Link,
    Other,
}

/// Looks.
///
/// # Errors
/// It cannot be looked at or, a file, not be read.
pub(crate) fn look(path: &Path) -> Result<Option<Found>, Error> {
    let metadata = match path.symlink_metadata() {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(cannot(path, error)),
    };
    let kind = match metadata.file_type() {
        kind if kind.is_file() => {
            let file = File::open(path).map_err(|source| cannot(path, source))?;
            Is::File(sha256(file).map_err(|source| cannot(path, source))?)
        }
        kind if kind.is_dir() => Is::Directory,
        kind if kind.is_symlink() => Is::Link,
        _ => Is::Other,
    };
    let mode = metadata.mode() & 0o7777;
    Ok(Some(Found { kind, rights: Rights { mode, uid: metadata.uid(), gid: metadata.gid() } }))
}

/// In hexadecimal digits.
///
/// # Errors
/// It cannot be read.
pub(crate) fn sha256(mut from: impl Read) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut piece = vec![0; 64 * 1024];
    loop {
        match from.read(&mut piece)? {
            0 => break,
            count => hash.update(piece.get(..count).unwrap_or_default()),
        }
    }
    let mut text = String::new();
    for byte in hash.finalize() {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    Ok(text)
}

/// Where a file is written before it has its name. Always the same, so that what a killed run left
/// is gone with the next one.
pub(crate) fn unfinished(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.vm-autoscale-setup"))
}

/// Writes a file beside its place, and gives it its name when it is whole and on the disk.
///
/// # Errors
/// It cannot be written.
pub(crate) fn put(path: &Path, from: &mut dyn Read, rights: Rights) -> Result<(), Error> {
    let beside = unfinished(path);
    let written = write(&beside, from, rights).and_then(|()| fs::rename(&beside, path));
    written.and_then(|()| sync_parent(path)).map_err(|source| {
        // Room for others, where the disk is full.
        let _ = fs::remove_file(&beside);
        cannot(path, source)
    })
}

fn write(path: &Path, from: &mut dyn Read, rights: Rights) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    io::copy(from, &mut file)?;
    // In this order: changing the owner takes some bits of the mode away.
    fchown(&file, Some(rights.uid), Some(rights.gid))?;
    file.set_permissions(Permissions::from_mode(rights.mode))?;
    file.sync_all()
}

/// Makes a directory, in one that is there.
///
/// # Errors
/// It cannot be made.
pub(crate) fn make_directory(path: &Path, rights: Rights) -> Result<(), Error> {
    let made = match DirBuilder::new().mode(0o700).create(path) {
        // Of a killed run.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        made => made,
    };
    made.map_err(|source| cannot(path, source))?;
    give(path, rights)?;
    sync_parent(path).map_err(|source| cannot(path, source))
}

/// Gives what is there its owner and mode.
///
/// # Errors
/// It cannot be changed.
pub(crate) fn give(path: &Path, rights: Rights) -> Result<(), Error> {
    let given = lchown(path, Some(rights.uid), Some(rights.gid))
        .and_then(|()| fs::set_permissions(path, Permissions::from_mode(rights.mode)));
    given.map_err(|source| cannot(path, source))
}

/// Takes a file away; one that is gone is no error.
///
/// # Errors
/// It cannot be removed.
pub(crate) fn remove(path: &Path) -> Result<(), Error> {
    gone(path, fs::remove_file(path))
}

/// The same of a directory with all that is in it.
///
/// # Errors
/// It cannot be removed.
pub(crate) fn remove_tree(path: &Path) -> Result<(), Error> {
    gone(path, fs::remove_dir_all(path))
}

/// The same of a directory, if there is nothing in it.
///
/// # Errors
/// It cannot be removed.
pub(crate) fn remove_empty(path: &Path) -> Result<(), Error> {
    match fs::remove_dir(path) {
        Err(error) if error.kind() == ErrorKind::DirectoryNotEmpty => Ok(()),
        removed => gone(path, removed),
    }
}

fn gone(path: &Path, removed: io::Result<()>) -> Result<(), Error> {
    match removed {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed.and_then(|()| sync_parent(path)).map_err(|source| cannot(path, source)),
    }
}

fn sync_parent(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |parent| File::open(parent)?.sync_all())
}

/// What happened to a file, and what to type.
pub(crate) fn cannot(path: &Path, source: io::Error) -> Error {
    let name = shown(path);
    let (what, help) = match source.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => (
            "there is no room left for it",
            format!(
                "df -h {name}, or of the directory that is to hold it; make room, then run this again"
            ),
        ),
        ErrorKind::ReadOnlyFilesystem => (
            "its file system is read-only",
            format!("findmnt --target {name} names it; mount -o remount,rw, then run this again"),
        ),
        ErrorKind::NotADirectory => (
            "a file stands where a directory on the way must be",
            format!("namei -l {name} shows which; move it away, then run this again"),
        ),
        ErrorKind::PermissionDenied => (
            "even root may not",
            format!("lsattr -d {name} shows whether it is immutable (chattr -i)"),
        ),
        _ => return Error::Write { path: path.to_owned(), source },
    };
    Error::failed(format!("{name}: {what}"), help)
}
