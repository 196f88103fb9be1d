//! The files that are set up: this machine's, or those of an image.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use nix::unistd::{Group, User};

use crate::disk::cannot;
use crate::error::Error;

/// No machine of ours has more accounts than fit into this.
const MOST: u64 = 4 * 1024 * 1024;

/// Where `/` of the machine is.
#[derive(Debug, Clone)]
pub(crate) struct Root {
    dir: PathBuf,
    live: bool,
}

impl Root {
    /// This machine, or an image that is unpacked in a directory.
    ///
    /// # Errors
    /// There is no such directory.
    pub(crate) fn new(image: Option<&Path>) -> Result<Self, Error> {
        let Some(image) = image else { return Ok(Self { dir: "/".into(), live: true }) };
        let dir = image.canonicalize().map_err(|source| cannot(image, source))?;
        if dir.is_dir() {
            return Ok(Self { dir, live: false });
        }
        let what = format!("{}: is no directory", crate::import::shown(image));
        Err(Error::failed(what, "name the directory with --root that the image is unpacked in"))
    }

    /// Whether it is this machine, whose systemd can be told.
    pub(crate) fn is_live(&self) -> bool {
        self.live
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// A path of the machine, as this program finds it.
    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.dir.join(path.trim_start_matches('/'))
    }

    /// A user's number there; `None` where there is no such user.
    ///
    /// # Errors
    /// The accounts cannot be read.
    pub(crate) fn uid(&self, name: &str) -> Result<Option<u32>, Error> {
        if self.live {
            let user = User::from_name(name).map_err(|errno| unknown("user", name, errno))?;
            return Ok(user.map(|user| user.uid.as_raw()));
        }
        self.number("/etc/passwd", name)
    }

    /// The same of a group.
    ///
    /// # Errors
    /// The accounts cannot be read.
    pub(crate) fn gid(&self, name: &str) -> Result<Option<u32>, Error> {
        if self.live {
            let group = Group::from_name(name).map_err(|errno| unknown("group", name, errno))?;
            return Ok(group.map(|group| group.gid.as_raw()));
        }
        self.number("/etc/group", name)
    }

    fn number(&self, file: &str, name: &str) -> Result<Option<u32>, Error> {
        if name == "root" {
            return Ok(Some(0));
        }
        let path = self.at(file);
        let mut text = String::new();
        match File::open(&path) {
            Ok(file) => file.take(MOST).read_to_string(&mut text).map_err(|e| cannot(&path, e))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(cannot(&path, error)),
        };
        let mut lines = text.lines().map(|line| line.split(':'));
        let line = lines.find_map(|mut line| (line.next() == Some(name)).then_some(line));
        Ok(line.and_then(|mut line| line.nth(1)?.parse().ok()))
    }
}

fn unknown(what: &str, name: &str, errno: nix::Error) -> Error {
    let help = format!("see that `getent passwd {name}` works, then run this again");
    Error::failed(format!("whether there is a {what} {name} cannot be told: {errno}"), help)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_has_accounts_of_its_own() {
        let image = tempfile::tempdir().unwrap();
        let root = Root::new(Some(image.path())).unwrap();
        assert_eq!(root.uid("root").unwrap(), Some(0));
        assert_eq!(root.uid("daemon").unwrap(), None);
        std::fs::create_dir(root.at("/etc")).unwrap();
        let text = "root:x:0:0::/root:/bin/sh\nvm-autoscale:x:997:996::/:/bin/false\n";
        std::fs::write(root.at("/etc/passwd"), text).unwrap();
        std::fs::write(root.at("/etc/group"), "vm-autoscale:!:996:\n").unwrap();
        assert_eq!(root.uid("vm-autoscale").unwrap(), Some(997));
        assert_eq!(root.gid("vm-autoscale").unwrap(), Some(996));
        assert_eq!(root.gid("vm-autoscale-admin").unwrap(), None);
        assert_eq!(Root::new(None).unwrap().uid("root").unwrap(), Some(0));
        assert!(Root::new(Some(&root.at("/etc/passwd"))).is_err());
        assert!(Root::new(Some(&root.at("/none"))).is_err());
    }
}
