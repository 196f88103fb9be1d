//! Writing new files whole and beside nothing: what is there is never touched.

use std::fs::{DirBuilder, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::Error;

/// Others read none of it: it names hosts and people.
const MODE: u32 = 0o640;

/// Refuses a directory in which one of these is already, before anything else is done.
pub(crate) fn are_free(directory: &Path, names: &[&str]) -> Result<(), Error> {
    let taken = names.iter().map(|name| directory.join(name));
    // A link to nothing is there, too.
    let taken = taken.into_iter().find(|path| path.symlink_metadata().is_ok());
    taken.map_or(Ok(()), |path| Err(Error::Exists(path)))
}

/// Writes all of them, or none where one of them cannot be written; their paths.
pub(crate) fn write(directory: &Path, files: &[(&str, String)]) -> Result<Vec<PathBuf>, Error> {
    let made = DirBuilder::new().recursive(true).mode(0o750).create(directory);
    made.map_err(|source| Error::Write { path: directory.to_owned(), source })?;
    let mut ready = Vec::new();
    for (name, text) in files {
        let path = directory.join(name);
        match prepare(directory, text) {
            Ok(file) => ready.push((path, file)),
            Err(source) => return Err(Error::Write { path, source }),
        }
    }
    let mut done: Vec<PathBuf> = Vec::new();
    for (path, file) in ready {
        if let Err(error) = file.persist_noclobber(&path) {
            // Of our own only: half an answer is none.
            for path in &done {
                let _ = std::fs::remove_file(path);
            }
            return Err(match error.error.kind() {
                std::io::ErrorKind::AlreadyExists => Error::Exists(path),
                _ => Error::Write { path, source: error.error },
            });
        }
        done.push(path);
    }
    Ok(done)
}

fn prepare(directory: &Path, text: &str) -> std::io::Result<NamedTempFile> {
    let mut file = NamedTempFile::new_in(directory)?;
    file.write_all(text.as_bytes())?;
    file.as_file().set_permissions(Permissions::from_mode(MODE))?;
    file.as_file().sync_all()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_overwritten_and_nothing_is_left_half_done() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("b"), "mine").unwrap();
        let files = [("a", "1".to_owned()), ("b", "2".to_owned())];
        let error = write(directory.path(), &files).unwrap_err();
        assert!(matches!(&error, Error::Exists(path) if path.ends_with("b")), "{error}");
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
        assert_eq!(std::fs::read_to_string(directory.path().join("b")).unwrap(), "mine");

        assert!(are_free(directory.path(), &["a"]).is_ok());
        std::os::unix::fs::symlink("nowhere", directory.path().join("c")).unwrap();
        assert!(are_free(directory.path(), &["a", "c"]).is_err());
        let paths = write(&directory.path().join("new/er"), &files).unwrap();
        let mode = std::fs::metadata(&paths[0]).unwrap().permissions().mode();
        assert_eq!((paths.len(), mode & 0o777), (2, MODE));
    }
}
