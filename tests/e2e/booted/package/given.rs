//! A machine with two releases of the package, neither of them installed.

use std::path::{Path, PathBuf};

use vm_autoscale_tests::programs::command;

use crate::booted::site::Site;
use crate::packages::{made, package};

pub(super) const OLD: &str = "/tmp/old.deb";
pub(super) const NEW: &str = "/tmp/new.deb";
/// What the newer package has at the end of two conffiles.
pub(super) const LINE: &str = "# A line of the newer release.";

/// With both packages on it.
pub(super) fn machine(untested: &str) -> Option<Site> {
    let made = made(untested)?;
    let site = Site::boot(untested)?;
    let old = package(made, ".deb");
    let dir = tempfile::tempdir().unwrap();
    site.machine.copy(&old, OLD, "0644").unwrap();
    site.machine.copy(&newer(&old, dir.path()), NEW, "0644").unwrap();
    Some(site)
}

/// A later release: other programs by their bytes, and other conffiles.
fn newer(old: &Path, dir: &Path) -> PathBuf {
    let script = format!(
        "set -e; cd \"$1\"; dpkg-deb --raw-extract \"$2\" tree; \
         sed -i 's/^Version: .*/&.1/' tree/DEBIAN/control; \
         for file in tree/usr/*bin/* tree/usr/libexec/vm-autoscale/*; do echo >>$file; done; \
         for file in config.yaml helper.env; do echo '{LINE}' >>tree/etc/vm-autoscale/$file; done; \
         dpkg-deb -Znone --root-owner-group --build tree new.deb"
    );
    let mut made = command("sh");
    let made = made.args(["-c", &script, "sh"]).arg(dir).arg(old).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    dir.join("new.deb")
}
