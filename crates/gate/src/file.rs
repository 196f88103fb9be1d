//! Reading the one file that the gate heeds.

use std::path::Path;

use vm_autoscale_guard::{Access, Error, check_directories, read_checked};

/// Its text; `None` where there is no such file, and nobody else can have taken it away.
///
/// # Errors
/// It cannot be read, or somebody else than the user that the gate runs as, root, could have
/// written it.
pub(crate) fn read(path: &Path) -> Result<Option<String>, String> {
    match read_checked(path, Access::NotWritable) {
        Ok(text) => Ok(Some((*text).clone())),
        Err(error) if error.is_missing() => match check_directories(path) {
            Err(error @ Error::Access { .. }) => Err(error.problem()),
            _ => Ok(None),
        },
        Err(error) => Err(error.problem()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{Permissions, create_dir, set_permissions, write};
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    /// What makes a file one of others is tried where it is judged, in `guard`.
    #[test]
    fn no_file_is_no_limit_unless_others_can_take_it_away() {
        let dir = tempfile::tempdir().unwrap();
        let own = dir.path().join("own");
        create_dir(&own).unwrap();
        let path = own.join("gate.conf");
        assert_eq!(read(&path), Ok(None));
        write(&path, "read_only yes\n").unwrap();
        set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        assert_eq!(read(&path).unwrap().as_deref(), Some("read_only yes\n"));
        set_permissions(&path, Permissions::from_mode(0o666)).unwrap();
        assert!(read(&path).unwrap_err().contains("is writable by others"));
        std::fs::remove_file(&path).unwrap();
        set_permissions(&own, Permissions::from_mode(0o777)).unwrap();
        assert!(read(&path).unwrap_err().contains("others can write"));
        assert_eq!(read(&dir.path().join("none/gate.conf")), Ok(None));
    }
}
