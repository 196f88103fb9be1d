use std::fs::{Permissions, set_permissions, write};
use std::os::unix::fs::{PermissionsExt as _, symlink};

use super::*;

#[test]
fn others_and_links_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("key");
    write(&path, "x").unwrap();
    for (mode, not_writable, private) in
        [(0o600, true, true), (0o644, true, false), (0o660, false, false), (0o602, false, false)]
    {
        set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        assert_eq!(read_checked(&path, Access::NotWritable).is_ok(), not_writable, "{mode:o}");
        assert_eq!(read_checked(&path, Access::Private).is_ok(), private, "{mode:o}");
    }
    let link = dir.path().join("link");
    symlink(&path, &link).unwrap();
    let message = read_checked(&link, Access::NotWritable).unwrap_err().to_string();
    assert!(message.contains("symbolic link"), "{message}");
    assert!(read_checked(dir.path(), Access::NotWritable).is_err());
    assert!(read_checked(&dir.path().join("none"), Access::Private).unwrap_err().is_missing());
}

#[test]
fn endless_files_end() {
    assert!(matches!(read_plain_bytes(Path::new("/dev/zero")), Err(Error::TooLong { .. })));
}

#[test]
fn only_root_and_only_for_a_look_reads_what_belongs_to_another_user() {
    for access in [Access::NotWritable, Access::Private, Access::PrivateOfAnyone] {
        assert!(is_trusted(0, 0, access) && is_trusted(7, 7, access));
        assert_eq!(is_trusted(7, 0, access), access == Access::PrivateOfAnyone);
        assert!(is_trusted(0, 7, access) && !is_trusted(8, 7, access));
    }
}

/// As systemd 257 gives them: root's, mode 0440, and an access list.
#[test]
fn a_credential_may_look_as_if_roots_group_could_read_it() {
    let refuses =
        |mode: u32, owner, group, own| mode & forbidden(owner, group, own, Access::Private) != 0;
    assert!(!refuses(0o440, 0, 0, 7));
    // To others, to be written, of another group, of somebody else, or for root, who needs no list.
    for (mode, owner, group, own) in
        [(0o444, 0, 0, 7), (0o460, 0, 0, 7), (0o440, 0, 7, 7), (0o440, 7, 0, 7), (0o440, 0, 0, 0)]
    {
        assert!(refuses(mode, owner, group, own), "{mode:o} {owner}:{group} for {own}");
    }
    assert_eq!(forbidden(0, 0, 7, Access::NotWritable), 0o022);
    assert_eq!(forbidden(0, 0, 7, Access::PrivateOfAnyone), 0o077);
}

/// Opening one would wait for a writer.
#[test]
fn pipes_are_refused_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("pipe");
    nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRUSR).unwrap();
    let message = read_checked(&path, Access::Private).unwrap_err().to_string();
    assert!(message.contains("not a regular file"), "{message}");
}
