//! The shipped files: there, of the right owner, and as they were installed.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::accounts::Accounts;
use super::codes::{CHANGED, MISSING, RIGHTS};
use super::entry::{AGAIN, Entry, Is, Want, is_kind, rights};
use super::finding::Finding;
use super::heard::Heard;
use crate::error::Error;
use crate::manifest::{Kind, Shipped};
use crate::paths::RECORD;

/// What a record may have.
const LONGEST: u64 = 1024 * 1024;

/// What is there of the shipped files.
#[derive(Debug, Clone, Default)]
pub(super) struct Files {
    pub(super) shipped: Vec<Shipped>,
    pub(super) found: BTreeMap<String, Entry>,
    /// SHA-256 of what is there.
    pub(super) sums: BTreeMap<String, String>,
    /// And of what was installed, where that was written down.
    pub(super) record: BTreeMap<String, String>,
    /// What dpkg says is not as it was installed; nothing where it does not know the package.
    pub(super) dpkg: Option<Vec<String>>,
}

pub(super) fn gather() -> Result<Files, Error> {
    let shipped = crate::manifest::all()?;
    let at = |file: &Shipped| {
        let entry = Entry::at(Path::new(file.to)).or_else(|| compressed(file.to))?;
        Some((file.to.to_owned(), entry))
    };
    let found: BTreeMap<String, Entry> = shipped.iter().filter_map(at).collect();
    let ours = shipped.iter().filter(|file| file.kind == Kind::Ours).map(|file| file.to);
    let regular = ours.filter(|to| found.get(*to).is_some_and(|entry| entry.is == Is::File));
    let words: Vec<&str> = std::iter::once("--").chain(regular).collect();
    let sums = Heard::of("sha256sum", &words, 60).out;
    let dpkg = Heard::of("dpkg-query", &["--show", "vm-autoscale"], 10).is_well();
    let dpkg = dpkg.then(|| changed(&Heard::of("dpkg", &["--verify", "vm-autoscale"], 60).out));
    Ok(Files { shipped, found, sums: listed(&sums), record: record(), dpkg })
}

/// Those are in a Debian package as every man page there is.
fn compressed(page: &str) -> Option<Entry> {
    let is_page = page.starts_with("/usr/share/man/");
    is_page.then(|| Entry::at(Path::new(&format!("{page}.gz")))).flatten()
}

/// `SUM  PATH` a line.
fn listed(text: &str) -> BTreeMap<String, String> {
    let words = text.lines().filter_map(|line| line.split_once("  "));
    words.map(|(sum, path)| (path.to_owned(), sum.to_owned())).collect()
}

/// Of `dpkg --verify`: `??5??????   /usr/bin/x`, with a letter before a conffile's path.
fn changed(text: &str) -> Vec<String> {
    let paths = text.lines().filter_map(|line| line.split_once('/'));
    paths.map(|(_, path)| format!("/{path}")).collect()
}

/// One that is not there, or not understood, says nothing.
fn record() -> BTreeMap<String, String> {
    let short = std::fs::metadata(RECORD).is_ok_and(|file| file.len() <= LONGEST);
    let text = short.then(|| std::fs::read_to_string(RECORD).ok()).flatten();
    text.map(|text| recorded(&text)).unwrap_or_default()
}

pub(super) fn recorded(text: &str) -> BTreeMap<String, String> {
    let Ok(Value::Object(record)) = serde_json::from_str(text) else { return BTreeMap::new() };
    let inner = record.get("installed").and_then(Value::as_object);
    let pairs = inner.unwrap_or(&record).iter();
    let sum =
        |value: &Value| Some(value.as_str().or_else(|| value.get("sha256")?.as_str())?.to_owned());
    pairs.filter_map(|(path, value)| Some((path.clone(), sum(value)?))).collect()
}

pub(super) fn judge(files: &Files, accounts: &Accounts) -> Vec<Finding> {
    let count = files.shipped.len();
    let missing: Vec<Finding> = files.shipped.iter().filter_map(|it| missing(files, it)).collect();
    let wrong = files.shipped.iter().filter_map(|file| {
        let entry = files.found.get(file.to)?;
        let want = Want { is: Is::File, mode: file.mode, user: file.user, group: file.group };
        rights(RIGHTS, file.to, *entry, &want, accounts)
    });
    let mut found = MISSING.unless(missing, format!("all {count}"));
    found
        .extend(RIGHTS.unless(wrong.collect(), format!("as shipped, {} files", files.found.len())));
    found.extend(edited(files));
    found
}

fn missing(files: &Files, file: &Shipped) -> Option<Finding> {
    if files.found.contains_key(file.to) {
        return None;
    }
    let said = format!("{} is missing", file.to);
    let needed = file.kind == Kind::Ours || is_kind(file.to, "yaml");
    Some(if needed { MISSING.error(said, AGAIN) } else { MISSING.warning(said, AGAIN) })
}

fn edited(files: &Files) -> Vec<Finding> {
    let ours = files.shipped.iter().filter(|file| file.kind == Kind::Ours);
    let there: Vec<&str> =
        ours.map(|it| it.to).filter(|to| files.found.contains_key(*to)).collect();
    let known = |to: &&&str| files.record.contains_key(**to) || files.dpkg.is_some();
    let unknown = there.iter().filter(|to| !known(to)).count();
    let mut wrong: Vec<Finding> = there
        .iter()
        .filter(|to| is_edited(files, to))
        .map(|to| {
            let said = format!("{to} is not what was installed");
            CHANGED.error(said, format!("{AGAIN}   (of a release that you trust)"))
        })
        .collect();
    if unknown > 0 {
        let said = format!("of {unknown} files it is not known what they were when installed");
        wrong.push(CHANGED.warning(said, AGAIN));
    }
    CHANGED.unless(wrong, format!("{} files", there.len()))
}

fn is_edited(files: &Files, to: &str) -> bool {
    match (&files.dpkg, files.record.get(to)) {
        // Its files are dpkg's by now, whoever installed them once.
        (Some(changed), _) => changed.iter().any(|path| path == to),
        (None, Some(was)) => files.sums.get(to) != Some(was),
        (None, None) => false,
    }
}
