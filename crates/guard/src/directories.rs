//! Who may swap a file for another one: whoever may write one of the directories on its path.

use std::ffi::OsString;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Component, Path, PathBuf};

use nix::unistd::geteuid;

use crate::Error;
use crate::files::refuse;

/// As many as the kernel follows.
const MAX_LINKS: u32 = 40;
/// Where it is set nobody renames or removes what belongs to others.
const STICKY: u32 = 0o1000;

/// Judges each directory on the way to a file, that of each symbolic link on it included: it must
/// belong to root or to the uid that this program runs as, and nobody else may write it, unless
/// it is sticky.
///
/// # Errors
/// One of them does not, or cannot be looked at.
pub fn check_directories(path: &Path) -> Result<(), Error> {
    let io = |path: &Path, source| Error::Io { path: path.to_owned(), source };
    let whole = std::path::absolute(path).map_err(|source| io(path, source))?;
    let mut left = parts(whole.parent().unwrap_or(&whole));
    let (mut at, mut links) = (PathBuf::from("/"), 0);
    judge(&at, &std::fs::symlink_metadata(&at).map_err(|source| io(&at, source))?)?;
    while let Some(part) = left.pop() {
        if part == ".." {
            at.pop();
            continue;
        }
        let next = at.join(part);
        let metadata = std::fs::symlink_metadata(&next).map_err(|source| io(&next, source))?;
        if !metadata.is_symlink() {
            judge(&next, &metadata)?;
            at = next;
            continue;
        }
        links += 1;
        if links > MAX_LINKS {
            return refuse(&next, "leads through too many symbolic links", "name the file itself");
        }
        judge_owner(&next, &metadata)?;
        let target = std::fs::read_link(&next).map_err(|source| io(&next, source))?;
        if target.is_absolute() {
            at = PathBuf::from("/");
        }
        left.extend(parts(&target));
    }
    Ok(())
}

/// The last one first.
fn parts(path: &Path) -> Vec<OsString> {
    let named = path.components().filter_map(|part| match part {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        _ => None,
    });
    let mut parts: Vec<_> = named.collect();
    parts.reverse();
    parts
}

fn judge(path: &Path, metadata: &Metadata) -> Result<(), Error> {
    judge_owner(path, metadata)?;
    let mode = metadata.mode();
    if mode & 0o022 == 0 || mode & STICKY != 0 {
        return Ok(());
    }
    let problem = format!(
        "is a directory that others can write (mode {:o}), so that they can put another file there",
        mode & 0o7777
    );
    refuse(path, problem, format!("chmod go-w {}", path.display()))
}

fn judge_owner(path: &Path, metadata: &Metadata) -> Result<(), Error> {
    let (own, owner) = (geteuid(), metadata.uid());
    if owner == 0 || owner == own.as_raw() {
        return Ok(());
    }
    let problem = format!("belongs to uid {owner}, who can put another file there");
    refuse(path, problem, format!("chown {own} {}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::fs::{Permissions, create_dir, set_permissions, write};
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;
    use crate::{Access, read_checked};

    fn said(path: &Path) -> String {
        check_directories(path).map_or_else(|error| error.to_string(), |()| "good".to_owned())
    }

    /// A directory with one in it.
    fn two() -> (tempfile::TempDir, PathBuf) {
        let outer = tempfile::tempdir().unwrap();
        let inner = outer.path().join("inner");
        create_dir(&inner).unwrap();
        write(inner.join("file"), "x").unwrap();
        set_permissions(inner.join("file"), Permissions::from_mode(0o600)).unwrap();
        (outer, inner)
    }

    #[test]
    fn a_directory_that_others_can_write_makes_a_file_untrusted() {
        let (outer, inner) = two();
        let file = inner.join("file");
        for (mode, good) in [(0o755, true), (0o775, false), (0o757, false), (0o1777, true)] {
            for directory in [outer.path(), &inner] {
                set_permissions(directory, Permissions::from_mode(mode)).unwrap();
                assert_eq!(said(&file) == "good", good, "{mode:o} {}", said(&file));
                assert_eq!(read_checked(&file, Access::NotWritable).is_ok(), good);
                let any = read_checked(&file, Access::PrivateOfAnyone);
                assert!(any.is_ok(), "an administrator's look at somebody's file");
                set_permissions(directory, Permissions::from_mode(0o700)).unwrap();
            }
        }
        assert!(said(&outer.path().join("none/file")).contains("No such file"));
    }

    /// The way through a link is the link's own way and that of what it names.
    #[test]
    fn a_link_is_as_good_as_where_it_stands_and_where_it_leads() {
        let (outer, inner) = two();
        let (other, elsewhere) = two();
        let (link, loops) = (elsewhere.join("link"), elsewhere.join("loops"));
        symlink(&inner, &link).unwrap();
        symlink("loops", &loops).unwrap();
        let file = link.join("../inner/file");
        assert_eq!(said(&file), "good");
        assert!(said(&loops.join("file")).contains("too many"));
        for directory in [outer.path(), &inner, other.path(), &elsewhere] {
            set_permissions(directory, Permissions::from_mode(0o777)).unwrap();
            let named = format!("{}: is a directory that others", directory.display());
            assert!(said(&file).starts_with(&named), "{}", said(&file));
            set_permissions(directory, Permissions::from_mode(0o700)).unwrap();
        }
    }

    #[test]
    fn somebody_elses_directory_is_not_trusted() {
        let (_outer, inner) = two();
        if nix::unistd::chown(&inner, Some(1.into()), None).is_err() {
            // Who cannot give a directory away finds one of root's above every file, which is good.
            assert_eq!(said(&inner.join("file")), "good");
            return;
        }
        assert!(said(&inner.join("file")).contains("belongs to uid 1"));
    }
}
