//! The key, the one that is to come, and the one that was.

use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use vm_autoscale_config::{Access, read_checked};

use crate::disk::cannot;
use crate::error::Error;
use crate::import::shown;

/// Beside each other in one directory.
pub(super) struct Files {
    pub(super) key: PathBuf,
    pub(super) new: PathBuf,
    pub(super) old: PathBuf,
}

/// How far it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing was begun.
    Fresh,
    /// There is a new key, and the old one is in use.
    New,
    /// The new one is in use, and the old one may still be let in.
    Old,
}

impl Files {
    pub(super) fn new(key: &Path) -> Self {
        let beside = |end: &str| {
            let mut name = key.as_os_str().to_owned();
            name.push(end);
            PathBuf::from(name)
        };
        Self { key: key.to_owned(), new: beside(".new"), old: beside(".old") }
    }

    /// # Errors
    /// A directory cannot be looked into.
    pub(super) fn step(&self) -> Result<Step, Error> {
        let is_there = |path: &Path| path.try_exists().map_err(|source| cannot(path, source));
        Ok(match (is_there(&self.new)?, is_there(&self.old)?) {
            (true, _) => Step::New,
            (false, true) => Step::Old,
            (false, false) => Step::Fresh,
        })
    }

    /// Makes the new key: whole, or not at all.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn make(&self) -> Result<(), Error> {
        let (private, _) = crate::key::fresh()?;
        write(&self.new, private.as_bytes(), 0o600)
    }

    /// Puts the new key in the place of the old one. There is a whole key at every instant, and the
    /// old one has a name until it is forgotten.
    ///
    /// # Errors
    /// The directory cannot be written, or an older key than the old one is in the way.
    pub(super) fn swap(&self) -> Result<(), Error> {
        match fs::hard_link(&self.key, &self.old) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => self.is_same()?,
            done => done.map_err(|source| cannot(&self.old, source))?,
        }
        sync(&self.key)?;
        fs::rename(&self.new, &self.key).map_err(|source| cannot(&self.key, source))?;
        sync(&self.key)
    }

    /// Removes the old key, and mends the public half that may lie beside.
    ///
    /// # Errors
    /// A file cannot be written.
    pub(super) fn forget(&self) -> Result<(), Error> {
        let public = Self::new(&self.key).public();
        if public.is_file() {
            let key = crate::nodes::identity(&self.key)?;
            let line = key.public_key().to_openssh();
            let line =
                line.map_err(|error| Error::failed(error.to_string(), "please report it"))?;
            write(&public, format!("{}\n", line.trim_end()).as_bytes(), 0o644)?;
        }
        fs::remove_file(&self.old).map_err(|source| cannot(&self.old, source))?;
        sync(&self.key)
    }

    fn public(&self) -> PathBuf {
        let mut name = self.key.as_os_str().to_owned();
        name.push(".pub");
        name.into()
    }

    /// An earlier run was ended between the two halves of the swap.
    fn is_same(&self) -> Result<(), Error> {
        let read = |path: &Path| {
            read_checked(path, Access::Private).map_err(vm_autoscale_config::Error::from)
        };
        if *read(&self.key)? == *read(&self.old)? {
            return Ok(());
        }
        let old = shown(&self.old);
        Err(Error::failed(
            format!("{old} is in the way: it is no key that is in use"),
            format!("see whether a node still lets it in, then rm {old}"),
        ))
    }
}

fn directory(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("/"))
}

fn write(path: &Path, bytes: &[u8], mode: u32) -> Result<(), Error> {
    let io = |source| cannot(path, source);
    let mut file = tempfile::Builder::new()
        .prefix(".key-")
        .permissions(fs::Permissions::from_mode(mode))
        .tempfile_in(directory(path))
        .map_err(io)?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(io)?;
    file.persist(path).map_err(|error| io(error.error))?;
    sync(path)
}

fn sync(path: &Path) -> Result<(), Error> {
    let directory = directory(path);
    File::open(directory).and_then(|it| it.sync_all()).map_err(|source| cannot(directory, source))
}

#[cfg(test)]
mod tests {
    use std::fs::{read, read_dir};

    use super::*;

    fn files() -> (tempfile::TempDir, Files) {
        let directory = tempfile::tempdir().unwrap();
        let files = Files::new(&directory.path().join("id_ed25519"));
        write(&files.key, b"first", 0o600).unwrap();
        (directory, files)
    }

    #[test]
    fn a_new_key_is_one_that_the_helper_takes_and_that_nobody_else_reads() {
        let (_directory, files) = files();
        assert_eq!(files.step().unwrap(), Step::Fresh);
        files.make().unwrap();
        assert_eq!(files.step().unwrap(), Step::New);
        assert!(crate::nodes::identity(&files.new).unwrap().algorithm().is_ed25519());
        assert_eq!(read(&files.key).unwrap(), b"first");
    }

    /// Ended after any of its steps and repeated, it comes to the same.
    #[test]
    fn an_interrupted_swap_is_finished_by_the_next() {
        for ended_after in 0..3 {
            let (directory, files) = files();
            files.make().unwrap();
            let new = read(&files.new).unwrap();
            if ended_after > 0 {
                fs::hard_link(&files.key, &files.old).unwrap();
            }
            if ended_after > 1 {
                fs::rename(&files.new, &files.key).unwrap();
            } else {
                assert_eq!(files.step().unwrap(), Step::New);
                assert_eq!(read(&files.key).unwrap(), b"first");
                files.swap().unwrap();
            }
            assert_eq!(files.step().unwrap(), Step::Old);
            assert_eq!(
                (read(&files.key).unwrap(), read(&files.old).unwrap()),
                (new, b"first".into())
            );
            write(&files.public(), b"first.pub", 0o644).unwrap();
            files.forget().unwrap();
            assert_eq!(files.step().unwrap(), Step::Fresh);
            assert!(read(files.public()).unwrap().starts_with(b"ssh-ed25519 "));
            assert_eq!(read_dir(directory.path()).unwrap().count(), 2);
        }
    }

    #[test]
    fn another_key_is_never_lost_in_a_swap() {
        let (_directory, files) = files();
        files.make().unwrap();
        write(&files.old, b"other", 0o600).unwrap();
        let error = files.swap().unwrap_err().to_string();
        assert!(error.contains("id_ed25519.old is in the way"), "{error}");
        assert_eq!(read(&files.old).unwrap(), b"other");
        assert_eq!(files.step().unwrap(), Step::New);
    }
}
