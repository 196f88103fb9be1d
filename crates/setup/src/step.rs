//! What is done to a machine, one thing after the other. Each is done again without harm, so that
//! whoever was interrupted begins anew.

mod accounts;

use std::fs::File;
use std::path::{Path, PathBuf};

use crate::disk::{self, Rights, cannot};
use crate::error::Error;
use crate::import::shown;
use crate::program::{done, program};
use crate::record::Record;
use crate::root::Root;
use crate::units::ENABLED;
use crate::{key, paths};

/// For what asks systemd: a daemon may take its time to stop.
const SYSTEMD: u32 = 150;

/// Who a file will belong to, by names: the user may not be there yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Owned {
    pub(crate) mode: u32,
    pub(crate) user: &'static str,
    pub(crate) group: &'static str,
}

/// What is written into a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Content {
    /// What another file has.
    File(PathBuf),
    Text(String),
}

/// One thing that is done. Paths are the machine's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// What is about to be made, or was made, is written down.
    Note(Box<Record>),
    Accounts,
    Directory(String, Owned),
    Put(String, Content, Owned),
    /// One for the nodes, with its public half.
    Key,
    /// Owner and mode of what is there.
    Give(String, Owned),
    /// A program of systemd's, with its arguments.
    Run(Vec<String>),
    /// The links by which the units start at boot.
    Enable,
    Disable,
    Remove(String),
    RemoveTree(String),
    RemoveEmpty(String),
    /// Users, then groups.
    RemoveAccounts(Vec<String>, Vec<String>),
}

impl Step {
    pub(crate) fn run(words: &[&str]) -> Self {
        Self::Run(words.iter().map(|&word| word.to_owned()).collect())
    }

    /// What it does, in words.
    pub(crate) fn sentence(&self, root: &Root) -> String {
        let at = |path: &str| shown(&root.at(path));
        let rights = |it: &Owned| format!("{:04o} {}:{}", it.mode, it.user, it.group);
        match self {
            Self::Note(_) => format!("note in {} what is ours", at(paths::RECORD)),
            Self::Accounts => {
                let (user, admins) = (paths::USER, paths::ADMINS);
                format!("make the user {user} and the groups {user} and {admins}")
            }
            Self::Directory(path, owned) => format!("make {}/ ({})", at(path), rights(owned)),
            Self::Put(path, _, owned) => format!("write {} ({})", at(path), rights(owned)),
            Self::Key => format!("make an ed25519 key, {} (0600 root:root)", at(paths::KEY)),
            Self::Give(path, owned) => format!("give {} to {}", at(path), rights(owned)),
            Self::Run(words) => words.join(" "),
            Self::Enable => switched(root, "enable").join(" "),
            Self::Disable => switched(root, "disable").join(" "),
            Self::Remove(path) => format!("remove {}", at(path)),
            Self::RemoveTree(path) => format!("remove {}/ with all that is in it", at(path)),
            Self::RemoveEmpty(path) => format!("remove {}/ if it is empty", at(path)),
            Self::RemoveAccounts(users, groups) => {
                let names: Vec<&str> = users.iter().chain(groups).map(String::as_str).collect();
                format!("remove the accounts {}", names.join(", "))
            }
        }
    }

    /// Does it.
    ///
    /// # Errors
    /// It does not work: all before it is done.
    pub(crate) fn apply(&self, root: &Root) -> Result<(), Error> {
        match self {
            Self::Note(record) => write_down(root, record),
            Self::Accounts => accounts::make(root),
            Self::Directory(path, owned) => {
                disk::make_directory(&root.at(path), owned.rights(root)?)
            }
            Self::Put(path, content, owned) => put(&root.at(path), content, owned.rights(root)?),
            Self::Key => key::make(root),
            Self::Give(path, owned) => disk::give(&root.at(path), owned.rights(root)?),
            Self::Run(words) => run(words),
            Self::Enable => run(&switched(root, "enable")),
            Self::Disable => run(&switched(root, "disable")),
            Self::Remove(path) => disk::remove(&root.at(path)),
            Self::RemoveTree(path) => disk::remove_tree(&root.at(path)),
            Self::RemoveEmpty(path) => disk::remove_empty(&root.at(path)),
            Self::RemoveAccounts(users, groups) => accounts::remove(root, users, groups),
        }
    }
}

impl Owned {
    pub(crate) const fn root(mode: u32) -> Self {
        Self { mode, user: "root", group: "root" }
    }

    /// By numbers.
    ///
    /// # Errors
    /// There is no such account.
    pub(crate) fn rights(&self, root: &Root) -> Result<Rights, Error> {
        let missing = |what: &str, name: &str| {
            let help = format!("getent {what} {name} finds none: see why, then run this again");
            Error::failed(format!("there is no {what} entry for {name}"), help)
        };
        let uid = root.uid(self.user)?.ok_or_else(|| missing("passwd", self.user))?;
        let gid = root.gid(self.group)?.ok_or_else(|| missing("group", self.group))?;
        Ok(Rights { mode: self.mode, uid, gid })
    }
}

fn put(path: &Path, content: &Content, rights: Rights) -> Result<(), Error> {
    match content {
        Content::Text(text) => disk::put(path, &mut text.as_bytes(), rights),
        Content::File(from) => {
            let mut file = File::open(from).map_err(|source| cannot(from, source))?;
            disk::put(path, &mut file, rights)
        }
    }
}

fn write_down(root: &Root, record: &Record) -> Result<(), Error> {
    let path = root.at(paths::RECORD);
    if let Some(directory) = path.parent() {
        disk::make_directory(directory, Rights { mode: 0o700, uid: 0, gid: 0 })?;
    }
    let rights = Rights { mode: 0o600, uid: 0, gid: 0 };
    disk::put(&path, &mut record.text().as_bytes(), rights)
}

fn switched(root: &Root, how: &str) -> Vec<String> {
    let image = (!root.is_live()).then(|| format!("--root={}", root.dir().display()));
    let units = ENABLED.iter().map(|(unit, _)| (*unit).to_owned());
    let words = ["systemctl".to_owned()].into_iter().chain(image);
    words.chain([how.to_owned()]).chain(units).collect()
}

fn run(words: &[String]) -> Result<(), Error> {
    let Some((name, arguments)) = words.split_first() else { return Ok(()) };
    let mut command = program(name, SYSTEMD);
    command.args(arguments);
    done(command).map(drop)
}
