//! The known-hosts file, read again whenever it changed.

use std::cell::RefCell;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::rc::Rc;

use vm_autoscale_guard::{Access, Error, read_checked};

use crate::known_hosts::KnownHosts;

/// The pinned keys.
pub struct Pins {
    path: PathBuf,
    current: RefCell<Option<(Stamp, Rc<KnownHosts>)>>,
}

/// What tells one content of a file from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Pins {
    /// Nothing is read yet.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self { path, current: RefCell::default() }
    }

    /// The file as it is now. It must belong to the uid that the helper runs as and be writable
    /// by nobody else, at every reading.
    ///
    /// # Errors
    /// It is missing, or does not.
    pub fn current(&self) -> Result<(Stamp, Rc<KnownHosts>), Error> {
        let stamp = self.stamp()?;
        let mut current = self.current.borrow_mut();
        match &*current {
            Some((known, hosts)) if *known == stamp => Ok((stamp, hosts.clone())),
            _ => {
                let text = read_checked(&self.path, Access::NotWritable)?;
                let hosts = Rc::new(KnownHosts::parse(&self.path, &text));
                *current = Some((stamp, hosts.clone()));
                Ok((stamp, hosts))
            }
        }
    }

    fn stamp(&self) -> Result<Stamp, Error> {
        let of = |source| Error::Io { path: self.path.clone(), source };
        let metadata = std::fs::symlink_metadata(&self.path).map_err(of)?;
        Ok(Stamp {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        })
    }
}

#[cfg(test)]
impl Stamp {
    pub(crate) fn of_size(size: u64) -> Self {
        Self { size, ..Self::default() }
    }
}
