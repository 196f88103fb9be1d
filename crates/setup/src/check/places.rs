//! Directories, keys and secrets, what was left lying, and how much room there is.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use nix::sys::statvfs::statvfs;

use super::accounts::Accounts;
use super::codes::{DIRECTORIES, KEYS, LEFT_OVER, SECRETS, SPACE};
use super::entry::{Entry, Is, Want, is_kind, rights};
use super::finding::{Finding, State};
use crate::paths::{ETC, LOGS, STATE, USER};

/// More entries than anybody has.
const MOST: usize = 1000;
const MIB: u64 = 1024 * 1024;
/// With less nothing that counts is written down any more.
const FULL: u64 = MIB;
const LITTLE: u64 = 64 * MIB;

/// What is at the places of ours that no list of files names.
#[derive(Debug, Clone, Default)]
pub(super) struct Places {
    /// Of the directories, those that are there.
    pub(super) directories: BTreeMap<&'static str, Entry>,
    /// What is in /etc/vm-autoscale, not deeper.
    pub(super) etc: BTreeMap<String, Entry>,
    /// The keys that helper.yaml names.
    pub(super) keys: BTreeMap<String, Option<Entry>>,
    /// Bytes that are free for users and that there are.
    pub(super) space: BTreeMap<&'static str, (u64, u64)>,
}

pub(super) fn gather(keys: &[PathBuf]) -> Places {
    let name = |path: &Path| path.display().to_string();
    let all = [ETC, STATE, LOGS];
    let entries = std::fs::read_dir(ETC).into_iter().flatten().flatten().take(MOST);
    let space = |at: &'static str| {
        let found = statvfs(at).ok()?;
        let bytes = |blocks: u64| blocks.saturating_mul(found.fragment_size());
        Some((at, (bytes(found.blocks_available()), bytes(found.blocks()))))
    };
    Places {
        directories: all.iter().filter_map(|at| Some((*at, Entry::at(Path::new(at))?))).collect(),
        etc: entries.filter_map(|it| Some((name(&it.path()), Entry::at(&it.path())?))).collect(),
        keys: keys.iter().map(|key| (name(key), Entry::at(key))).collect(),
        space: all.into_iter().filter_map(space).collect(),
    }
}

pub(super) fn judge(places: &Places, accounts: &Accounts) -> Vec<Finding> {
    let mut found =
        DIRECTORIES.unless(directories(places, accounts), format!("{ETC}, {STATE}, {LOGS}"));
    let news = places.etc.keys().filter(|path| is_kind(path, "new")).map(|new| {
        let old = new.trim_end_matches(".new");
        let help = format!("diff -u {old} {new}   (then remove the one that you do not want)");
        LEFT_OVER.warning(format!("{new} was laid beside an edited file"), help)
    });
    found.extend(LEFT_OVER.unless(news.collect(), "nothing"));
    found.extend(
        KEYS.unless(keys(places, accounts), format!("{} for root alone", places.keys.len())),
    );
    found.extend(SECRETS.unless(secrets(places), "for nobody else"));
    let full = places.space.iter().filter_map(|(at, space)| full(at, *space));
    found.extend(SPACE.unless(full.collect(), "enough"));
    found
}

/// Those of the state and the logs are made when the scheduler is first started.
fn directories(places: &Places, accounts: &Accounts) -> Vec<Finding> {
    let mut wrong = Vec::new();
    if !places.directories.contains_key(ETC) {
        wrong.push(DIRECTORIES.error(format!("{ETC} is missing"), "vm-autoscale-setup install"));
    }
    let wants = [(ETC, "root", USER), (STATE, USER, USER), (LOGS, USER, USER)];
    for (path, user, group) in wants {
        let Some(entry) = places.directories.get(path) else { continue };
        let want = Want { is: Is::Directory, mode: 0o750, user, group };
        wrong.extend(rights(DIRECTORIES, path, *entry, &want, accounts));
    }
    wrong
}

fn keys(places: &Places, accounts: &Accounts) -> Vec<Finding> {
    let want = Want { is: Is::File, mode: 0o600, user: "root", group: "root" };
    let wrong = places.keys.iter().filter_map(|(path, entry)| {
        let Some(entry) = entry else {
            let help = "vm-autoscale-setup install   (it makes one where none is)";
            return Some(KEYS.error(format!("{path}, which helper.yaml names, is missing"), help));
        };
        // One that root may not write either is as good.
        let wrong = rights(KEYS, path, *entry, &want, accounts);
        wrong.filter(|finding| finding.state == State::Error)
    });
    wrong.collect()
}

/// Also copies of secrets under names of their own.
fn secrets(places: &Places) -> Vec<Finding> {
    let secret = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or_default();
        (name.contains(".env") || name.starts_with("id_")) && !is_kind(name, "pub")
    };
    let open = places
        .etc
        .iter()
        .filter(|(path, entry)| secret(path) && entry.is == Is::File && entry.mode & 0o077 != 0);
    let told = open.map(|(path, entry)| {
        let said = format!("{path} can be read by others (mode {:04o})", entry.mode);
        SECRETS.error(said, format!("chmod 0600 {path}   (and change what is in it)"))
    });
    told.collect()
}

fn full(at: &str, (free, all): (u64, u64)) -> Option<Finding> {
    let said = format!("{at} is on a disk with {} MiB free of {} MiB", free / MIB, all / MIB);
    let help = format!("df -h {at}   (then: du -xhd1 / | sort -h)");
    match free {
        ..FULL => Some(SPACE.error(said, help)),
        _ if free < LITTLE || free < all / 100 => Some(SPACE.warning(said, help)),
        _ => None,
    }
}
