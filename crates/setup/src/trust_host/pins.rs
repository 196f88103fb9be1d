//! The file of known hosts: read as the helper reads it, and written whole.

use std::io::Write as _;
use std::net::SocketAddr;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use russh::keys::{PublicKey, parse_public_key_base64};
use vm_autoscale_config::{Access, check_directories, read_checked};
use vm_autoscale_ssh::known_hosts::KnownHosts;

use crate::disk::cannot;
use crate::error::Error;
use crate::import::shown;

/// What the file was when it was read.
pub(super) struct File {
    pub(super) path: PathBuf,
    /// `None` where there is none yet.
    text: Option<String>,
}

/// A key that is pinned for a node, and could be trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pinned {
    /// Counted from 1.
    pub(super) line: usize,
    pub(super) key: PublicKey,
    /// Whether its line names that node and nobody else.
    alone: bool,
}

impl File {
    /// # Errors
    /// Others can write it, or it cannot be read. One that is missing is empty.
    pub(super) fn read(path: &Path) -> Result<Self, Error> {
        let text = match read_checked(path, Access::NotWritable) {
            Ok(text) => Some(text.to_string()),
            Err(error) if error.is_missing() => {
                check_directories(path).map_err(vm_autoscale_config::Error::from)?;
                None
            }
            Err(error) => return Err(vm_autoscale_config::Error::from(error).into()),
        };
        Ok(Self { path: path.to_owned(), text })
    }

    pub(super) fn hosts(&self) -> KnownHosts {
        KnownHosts::parse(&self.path, self.text())
    }

    /// The keys that could be trusted at that address.
    pub(super) fn of(&self, address: SocketAddr) -> Vec<Pinned> {
        let lines = (1..).zip(self.text().split('\n'));
        lines.filter_map(|(line, text)| pinned(line, text, address)).collect()
    }

    /// Takes lines out and puts keys in; all other lines stay as they are.
    ///
    /// # Errors
    /// A line names other hosts too, somebody changed the file meanwhile, or it cannot be written.
    pub(super) fn replace(
        &self,
        address: SocketAddr,
        remove: &[Pinned],
        add: &[PublicKey],
    ) -> Result<(), Error> {
        if let Some(shared) = remove.iter().find(|pinned| !pinned.alone) {
            let (line, path) = (shared.line, shown(&self.path));
            return Err(Error::failed(
                format!("line {line} of {path} names other hosts, too, and was not changed"),
                format!("take the node out of that line yourself: editor +{line} {path}"),
            ));
        }
        let out: Vec<usize> = remove.iter().map(|pinned| pinned.line).collect();
        let lines = add.iter().map(|key| line(address, key)).collect::<Result<Vec<_>, _>>()?;
        self.write(&edited(self.text(), &out, &lines))
    }

    fn text(&self) -> &str {
        self.text.as_deref().unwrap_or_default()
    }

    /// Beside and then renamed: whoever reads it has the whole of the old or of the new one.
    fn write(&self, text: &str) -> Result<(), Error> {
        let failed = |source| cannot(&self.path, source);
        let directory = self.path.parent().unwrap_or(Path::new("/"));
        let mode = self.path.metadata().map_or(0o600, |metadata| metadata.mode() & 0o777);
        let mut file = tempfile::Builder::new()
            .prefix(".known_hosts-")
            .permissions(std::fs::Permissions::from_mode(mode))
            .tempfile_in(directory)
            .map_err(failed)?;
        file.write_all(text.as_bytes()).map_err(failed)?;
        // What the umask took away.
        let permissions = std::fs::Permissions::from_mode(mode);
        file.as_file().set_permissions(permissions).map_err(failed)?;
        file.as_file().sync_all().map_err(failed)?;
        if Self::read(&self.path)?.text != self.text {
            let what = format!("{} was changed meanwhile, and not by us", shown(&self.path));
            return Err(Error::failed(what, "run this again"));
        }
        file.persist(&self.path).map_err(|error| failed(error.error))?;
        std::fs::File::open(directory).and_then(|it| it.sync_all()).map_err(failed)
    }
}

/// The line by itself decides, by the rules that the helper has.
fn pinned(line: usize, text: &str, address: SocketAddr) -> Option<Pinned> {
    let hosts = KnownHosts::parse(Path::new(""), text);
    if hosts.algorithms(&address.ip(), address.port()).is_empty() {
        return None;
    }
    let mut words = text.split_whitespace();
    let names = words.next()?;
    let key = parse_public_key_base64(words.nth(1)?).ok()?;
    let alone = names.starts_with('|') || names.eq_ignore_ascii_case(&name(address));
    Some(Pinned { line, key, alone })
}

/// The node, as the file calls it.
fn name(address: SocketAddr) -> String {
    match (address.ip(), address.port()) {
        (ip, 22) => ip.to_string(),
        (ip, port) => format!("[{ip}]:{port}"),
    }
}

fn line(address: SocketAddr, key: &PublicKey) -> Result<String, Error> {
    let bare = PublicKey::new(key.key_data().clone(), "").to_openssh();
    let bare = bare.map_err(|error| Error::failed(error.to_string(), "please report it"))?;
    Ok(format!("{} {}\n", name(address), bare.trim_end()))
}

/// The text without those lines, and with others at its end.
fn edited(text: &str, out: &[usize], add: &[String]) -> String {
    let kept = (1..).zip(text.split_inclusive('\n')).filter(|(line, _)| !out.contains(line));
    let mut edited: String = kept.map(|(_, text)| text).collect();
    if !edited.is_empty() && !edited.ends_with('\n') {
        edited.push('\n');
    }
    edited.extend(add.iter().map(String::as_str));
    edited
}

#[cfg(test)]
pub(crate) mod tests;
