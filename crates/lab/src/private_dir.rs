//! The directory that a lab has to itself.

use std::fs::{self, DirBuilder, Metadata, OpenOptions, Permissions};
use std::os::unix::fs::{
    DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _,
};
use std::path::{Path, PathBuf};

use crate::Error;

/// By it a lab knows a directory that one has served from before.
const MARKER: &str = ".vm-autoscale-lab";

/// Makes the directory, only for the owner, and says where it is. One that is there already is
/// taken only where it is ours and empty, or a lab's: anybody else's is left as it is.
pub(crate) fn private_dir(dir: &Path) -> Result<PathBuf, Error> {
    let failed = || Error::io(dir.display());
    if dir.symlink_metadata().is_err() {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(dir);
        made.map_err(failed())?;
    }
    let dir = dir.canonicalize().map_err(failed())?;
    let there = dir.metadata().map_err(failed())?;
    check(&dir, &there)?;
    if there.mode() & 0o7777 != 0o700 {
        fs::set_permissions(&dir, Permissions::from_mode(0o700)).map_err(failed())?;
    }
    let marker = dir.join(MARKER);
    let mut options = OpenOptions::new();
    let options = options.write(true).create(true).truncate(false).mode(0o600);
    options.open(&marker).map_err(Error::io(marker.display()))?;
    Ok(dir)
}

fn check(dir: &Path, there: &Metadata) -> Result<(), Error> {
    let refused = |why: &str| {
        let text = format!("{}: {why}: name one that is new, empty or a lab's", dir.display());
        Err(Error::Usage(text))
    };
    if !there.is_dir() {
        return refused("no directory");
    }
    let own = fs::metadata("/proc/self").map_err(Error::io("/proc/self"))?;
    if there.uid() != own.uid() {
        return refused("belongs to somebody else");
    }
    if dir.join(MARKER).symlink_metadata().is_ok_and(|marker| marker.is_file()) {
        return Ok(());
    }
    let mut entries = fs::read_dir(dir).map_err(Error::io(dir.display()))?;
    if entries.next().is_some() { refused("has something else in it") } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(dir: &Path) -> u32 {
        dir.metadata().unwrap().mode() & 0o7777
    }

    #[test]
    fn only_what_is_empty_or_a_lab_s_is_taken() {
        let all = tempfile::tempdir().unwrap();
        let new = all.path().join("a/b");
        assert_eq!(private_dir(&new).unwrap(), new.canonicalize().unwrap());
        fs::write(new.join("known_hosts"), "").unwrap();
        private_dir(&new).unwrap();
        let home = all.path().join("home");
        fs::create_dir(&home).unwrap();
        fs::set_permissions(&home, Permissions::from_mode(0o755)).unwrap();
        fs::write(home.join("letter"), "").unwrap();
        let error = private_dir(&home).unwrap_err().to_string();
        assert!(error.contains("home: has something else in it: "), "{error}");
        assert_eq!((mode(&home), home.join(MARKER).exists()), (0o755, false));
        fs::remove_file(home.join("letter")).unwrap();
        private_dir(&home).unwrap();
        assert_eq!(mode(&home), 0o700);
        let file = all.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(private_dir(&file).unwrap_err().to_string().contains("no directory"));
    }

    #[test]
    fn nobody_else_s_is_taken() {
        let proc = Path::new("/proc/1");
        let own = fs::metadata("/proc/self").unwrap().uid();
        if proc.metadata().unwrap().uid() != own {
            let error = private_dir(proc).unwrap_err().to_string();
            assert!(error.contains("belongs to somebody else"), "{error}");
        }
    }
}
