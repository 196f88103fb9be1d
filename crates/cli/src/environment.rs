//! Which variables a command knows.

use std::io::ErrorKind;
use std::path::Path;

use vm_autoscale_config::{EnvFile, Environment, Error, FileError};

use crate::args::{Args, Command};

/// Read where no other file is named.
const DEFAULT: &str = "/etc/vm-autoscale/scheduler.env";

/// The process's variables and those of the env file.
///
/// # Errors
/// The file is named and missing, or it is not what an env file must be.
pub(crate) fn environment(args: &Args) -> Result<Environment, Error> {
    // The daemon's values decide what it does. Root's look at them decides nothing, so that the
    // file may be the daemon's user's.
    let is_daemon = matches!(args.command, Some(Command::Run)) && !args.validate_only;
    let read = if is_daemon { EnvFile::read } else { EnvFile::inspect };
    match &args.env_file {
        Some(path) => Ok(Environment::of_process().with_file(read(path)?)),
        None => unnamed(Path::new(DEFAULT), is_daemon, read),
    }
}

fn unnamed(
    path: &Path,
    is_daemon: bool,
    read: fn(&Path) -> Result<EnvFile, Error>,
) -> Result<Environment, Error> {
    let known = Environment::of_process();
    match read(path) {
        Ok(file) => Ok(known.with_file(file)),
        Err(error) if error.is_missing() => Ok(known),
        // Others may ask for the status all the same.
        Err(Error::File(FileError::Io { source, .. }))
            if source.kind() == ErrorKind::PermissionDenied && !is_daemon =>
        {
            Ok(known.without_file(path))
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{Permissions, set_permissions, write};
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn the_usual_file_may_be_missing_and_must_be_private() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("scheduler.env");
        let of = || unnamed(&path, true, EnvFile::read);
        assert_eq!(of().unwrap().get("VM_AUTOSCALE_TEST"), None);
        write(&path, "VM_AUTOSCALE_TEST=1\n").unwrap();
        set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        assert_eq!(of().unwrap().get("VM_AUTOSCALE_TEST"), Some("1"));
        set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        assert!(of().unwrap_err().to_string().contains("accessible by others"));
    }

    #[test]
    fn who_may_not_read_the_usual_file_goes_without_it_but_for_the_daemon() {
        let denied = |path: &Path| {
            let source = ErrorKind::PermissionDenied.into();
            Err(FileError::Io { path: path.to_owned(), source }.into())
        };
        assert!(unnamed(Path::new("x"), false, denied).is_ok());
        assert!(unnamed(Path::new("x"), true, denied).is_err());
    }
}
