//! What is on the machine before.

use std::collections::BTreeMap;
use std::path::Path;

use vm_autoscale_config::{FileError, check_directories};

use super::wanted::{Fate, Wanted};
use crate::disk::{Found, Is, look};
use crate::error::Error;
use crate::import::shown;
use crate::record::Record;
use crate::root::Root;
use crate::units::{self, Live};
use crate::{disk, paths};

/// All that the plan goes by.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// What is at each path that is of interest, by the machine's paths.
    pub(crate) found: BTreeMap<String, Found>,
    /// The numbers of the accounts that are there.
    pub(crate) users: BTreeMap<&'static str, u32>,
    pub(crate) groups: BTreeMap<&'static str, u32>,
    pub(crate) record: Record,
    /// Whether the units are set to start at boot.
    pub(crate) enabled: bool,
    /// Whether there is a systemctl.
    pub(crate) systemctl: bool,
    /// Whether the scheduler can pass through the directory of the helper's socket.
    pub(crate) socket_directory: bool,
    /// What systemd says; `None` of an image.
    pub(crate) live: Option<Live>,
    /// For the end of it: which directories are there, the outer ones first, and what is in them,
    pub(crate) directories: Vec<(String, Vec<String>)>,
    /// what a killed run left,
    pub(crate) unfinished: Vec<String>,
    /// and what is in /run.
    pub(crate) run: Vec<String>,
}

impl Seen {
    /// Looks, and refuses what must not be there; with what is to be said of the record.
    ///
    /// # Errors
    /// Something stands in the way, or cannot be looked at.
    pub(crate) fn look(root: &Root, wanted: &Wanted) -> Result<(Self, Option<String>), Error> {
        let (record, complaint) = Record::read(root);
        let mut seen = Self { record, ..Self::default() };
        for path in wanted.directories.keys() {
            // The directory itself is judged below, with who may write it.
            if let Some(found) = followed(root, path)? {
                seen.found.insert(path.clone(), found);
            }
        }
        for item in &wanted.items {
            way(root, &item.path)?;
            seen.look_at(root, &item.path)?;
            if item.fate == Fate::Yours {
                seen.look_at(root, &beside(&item.path))?;
            }
        }
        for path in [paths::KEY, paths::PUBLIC_KEY] {
            seen.look_at(root, path)?;
        }
        seen.accounts(root)?;
        let socket = look(&root.at(paths::SOCKETS))?;
        let group = seen.groups.get(paths::USER);
        seen.socket_directory = socket.is_some_and(|it| Some(&it.rights.gid) == group);
        seen.enabled = units::are_enabled(root);
        seen.systemctl = units::can_be_told();
        seen.live = if root.is_live() { Some(units::live()?) } else { None };
        Ok((seen, complaint))
    }

    /// Which of the accounts are there.
    ///
    /// # Errors
    /// That cannot be told.
    pub(crate) fn accounts(&mut self, root: &Root) -> Result<(), Error> {
        for user in ["root", paths::USER] {
            self.users.extend(root.uid(user)?.map(|uid| (user, uid)));
        }
        for group in ["root", paths::USER, paths::ADMINS] {
            self.groups.extend(root.gid(group)?.map(|gid| (group, gid)));
        }
        Ok(())
    }

    fn look_at(&mut self, root: &Root, path: &str) -> Result<(), Error> {
        let Some(found) = look(&root.at(path))? else { return Ok(()) };
        let name = shown(&root.at(path));
        let what = match found.kind {
            Is::Directory => "is a directory, and a file must be there",
            Is::Other => "is no file, and a file must be there",
            // Where one of ours stands in a /usr that somebody laid out of links, it is replaced.
            Is::Link if path.starts_with(paths::ETC) => "is a symbolic link, which nobody reads",
            _ => {
                self.found.insert(path.to_owned(), found);
                return Ok(());
            }
        };
        Err(Error::failed(
            format!("{name} {what}"),
            format!("mv {name} {name}.old, then run this again"),
        ))
    }
}

/// Where the new one of a file is laid that was edited.
pub(crate) fn beside(path: &str) -> String {
    format!("{path}.new")
}

/// A directory, if need be behind a link; ours are none.
fn followed(root: &Root, path: &str) -> Result<Option<Found>, Error> {
    let at = root.at(path);
    let Some(found) = look(&at)? else { return Ok(None) };
    let name = shown(&at);
    let help = format!("mv {name} {name}.old, then run this again");
    match found.kind {
        Is::Directory => Ok(Some(found)),
        Is::Link if path == paths::ETC => {
            Err(Error::failed(format!("{name} is a symbolic link"), help))
        }
        Is::Link => {
            let real = at.canonicalize().map_err(|source| disk::cannot(&at, source))?;
            if !real.starts_with(root.dir()) {
                let what = format!("{name} leads out of {}", shown(root.dir()));
                return Err(Error::failed(what, "make it a relative link, then run this again"));
            }
            let behind = look(&real)?.filter(|found| found.kind == Is::Directory);
            behind
                .map(Some)
                .ok_or_else(|| Error::failed(format!("{name} leads to no directory"), help))
        }
        _ => Err(Error::failed(format!("{name} is a file, and a directory must be there"), help)),
    }
}

/// Whoever may write a directory on the way may put another file there, as root's.
fn way(root: &Root, path: &str) -> Result<(), Error> {
    match check_directories(&root.at(path)) {
        Ok(()) => Ok(()),
        Err(error) if error.is_missing() => Ok(()),
        Err(error) => Err(refused(error)),
    }
}

fn refused(error: FileError) -> Error {
    match error {
        FileError::Access { path, problem, help } => {
            Error::failed(format!("{}: {problem}", shown(Path::new(&path))), help)
        }
        FileError::Io { path, source } => disk::cannot(&path, source),
        other @ FileError::TooLong { .. } => Error::failed(other.to_string(), "look at it"),
    }
}
