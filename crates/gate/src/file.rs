//! Reading the one file that the gate heeds: opened first, and judged by what was opened.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Read};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};

use nix::errno::Errno;
use nix::fcntl::OFlag;

/// Longer than any that a person writes, in bytes.
const MOST: u64 = 64 * 1024;

/// Its text; `None` where there is no such file.
///
/// # Errors
/// It cannot be read, or somebody else than root could have written it.
pub(crate) fn read(path: &str) -> Result<Option<String>, String> {
    // Without O_NONBLOCK a FIFO would be waited for, before it can be judged.
    let flags = (OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK).bits();
    let file = match OpenOptions::new().read(true).custom_flags(flags).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) if error.raw_os_error().map(Errno::from_raw) == Some(Errno::ELOOP) => {
            return Err(format!("{path} is a symbolic link"));
        }
        Err(error) => return Err(format!("{path}: {error}")),
    };
    let metadata = file.metadata().map_err(|error| format!("{path}: {error}"))?;
    let (uid, mode) = (metadata.uid(), metadata.mode() & 0o7777);
    let judged = judge(metadata.is_file(), uid, mode);
    judged.and_then(|()| text(file)).map(Some).map_err(|problem| format!("{path} {problem}"))
}

/// Whether only root can have written it.
fn judge(regular: bool, uid: u32, mode: u32) -> Result<(), String> {
    match uid {
        _ if !regular => Err("is not a regular file".to_owned()),
        0 if mode & 0o022 == 0 => Ok(()),
        0 => Err(format!("is writable by others (mode {mode:o})")),
        other => Err(format!("belongs to uid {other}, not to root")),
    }
}

fn text(file: impl Read) -> Result<String, String> {
    let mut text = String::new();
    let read = file.take(MOST + 1).read_to_string(&mut text);
    read.map_err(|error| format!("cannot be read: {error}"))?;
    let fits = u64::try_from(text.len()).is_ok_and(|length| length <= MOST);
    if fits { Ok(text) } else { Err(format!("is longer than {MOST} bytes")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// That a link, and a file as it is opened, are judged so is shown by the end-to-end tests.
    #[test]
    fn only_what_root_alone_writes_is_believed() {
        for mode in [0o600, 0o644, 0o444] {
            assert_eq!(judge(true, 0, mode), Ok(()));
        }
        for (regular, uid, mode) in
            [(false, 0, 0o644), (true, 1000, 0o600), (true, 0, 0o664), (true, 0, 0o646)]
        {
            assert!(judge(regular, uid, mode).is_err(), "{uid} {mode:o}");
        }
    }

    #[test]
    fn no_file_is_no_limit_and_anything_else_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
        assert_eq!(read(&path("none")), Ok(None));
        std::fs::write(path("file"), "").unwrap();
        std::os::unix::fs::symlink(path("none"), path("link")).unwrap();
        assert!(read(&path("link")).unwrap_err().ends_with("link is a symbolic link"));
        assert!(read(&path("file/x")).is_err(), "what is no directory says nothing");
        nix::unistd::mkfifo(path("fifo").as_str(), nix::sys::stat::Mode::S_IRUSR).unwrap();
        assert!(read(&path("fifo")).unwrap_err().ends_with("is not a regular file"));
        assert!(text(std::io::repeat(b'#')).unwrap_err().starts_with("is longer than"));
        assert!(text(&b"\xff"[..]).unwrap_err().starts_with("cannot be read"));
    }
}
