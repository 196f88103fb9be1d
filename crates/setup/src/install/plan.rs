//! From what is there and what is to be there to what is done.

use std::collections::BTreeMap;

use super::judge::{Verdict, judge};
use super::seen::{Seen, beside};
use super::wanted::{Fate, Item, Wanted, above};
use crate::disk::Is;
use crate::paths;
use crate::record::Record;
use crate::step::{Owned, Step};
use crate::units::{HELPER, SCHEDULER, SOCKET};

/// What is done, in order, and what is said besides.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) steps: Vec<Step>,
    pub(crate) notes: Vec<String>,
}

/// A second one after the steps of the first is empty.
pub(crate) fn plan(wanted: &Wanted, seen: &Seen) -> Plan {
    let mut record = seen.record.clone();
    let mut files = Plan::default();
    for item in &wanted.items {
        file(item, seen, &mut record, &mut files);
    }
    key(seen, &mut files.steps);
    let (first, later): (Vec<_>, Vec<_>) = directories(wanted, seen, &mut record)
        .into_iter()
        .partition(|(path, _)| above(paths::RECORD).any(|it| it == path));
    accounts(seen, &mut record);

    // What is about to be made is known before it is made.
    let steps = first.into_iter().map(|(_, step)| step).collect();
    let mut plan = Plan { steps, notes: files.notes };
    if record != seen.record {
        plan.steps.push(Step::Note(Box::new(record.clone())));
    }
    if seen.groups.len() < 3 || seen.users.len() < 2 {
        plan.steps.push(Step::Accounts);
    }
    plan.steps.extend(later.into_iter().map(|(_, step)| step));
    let is_unit = |path: &str| path.starts_with("/usr/") || path == paths::NODES;
    let is_changed = |step: &Step| matches!(step, Step::Put(path, ..) if is_unit(path));
    let is_new = files.steps.iter().any(is_changed);
    plan.steps.append(&mut files.steps);
    systemd(wanted, seen, is_new, &mut record, &mut plan);
    let before = record.clone();
    offered(wanted, &mut record);
    record.installed = installed(wanted);
    record.version.clone_from(&wanted.version);
    if record != before || record.enabled != seen.record.enabled {
        plan.steps.push(Step::Note(Box::new(record)));
    }
    plan
}

/// What is done about one file.
fn file(item: &Item, seen: &Seen, record: &mut Record, plan: &mut Plan) {
    let known = record.files.get(&item.path);
    let (path, new) = (item.path.clone(), beside(&item.path));
    let verdict = judge(item, seen, known);
    let put = |path: String| {
        item.content.clone().map(|(content, _)| Step::Put(path, content, item.owned))
    };
    match verdict {
        Verdict::InPlace => {}
        Verdict::Give => plan.steps.push(Step::Give(path, item.owned)),
        Verdict::Put => plan.steps.extend(put(path)),
        Verdict::Beside | Verdict::Lies => {
            if verdict == Verdict::Beside {
                plan.steps.extend(put(new.clone()));
            }
            if !seen.has(&path, item.owned) {
                plan.steps.push(Step::Give(path.clone(), item.owned));
            }
            plan.notes.push(format!(
                "{path} was edited and stays as it is; the new one lies beside it:\n    diff {path} {new}"
            ));
        }
    }
    if let (Fate::Yours | Fate::Once, Some((_, sha))) = (item.fate, &item.content)
        && item.example.is_none()
        && (verdict == Verdict::Put || seen.sha(&item.path) == Some(sha))
    {
        record.files.entry(item.path.clone()).or_default().wrote(sha);
    }
}

fn key(seen: &Seen, steps: &mut Vec<Step>) {
    let owned = Owned::root(0o600);
    if !seen.found.contains_key(paths::KEY) {
        steps.push(Step::Key);
    } else if !seen.has(paths::KEY, owned) {
        steps.push(Step::Give(paths::KEY.to_owned(), owned));
    }
}

/// Those that are missing, and those of ours that have other rights; with their paths.
fn directories(wanted: &Wanted, seen: &Seen, record: &mut Record) -> Vec<(String, Step)> {
    let mut steps = Vec::new();
    // The record's own is made with it, and known by its name.
    let own = above(paths::RECORD).last().unwrap_or_default();
    for (path, owned) in wanted.directories.iter().filter(|(path, _)| *path != own) {
        if !seen.found.contains_key(path) {
            record.directories.insert(path.clone());
            steps.push((path.clone(), Step::Directory(path.clone(), *owned)));
            continue;
        }
        // One of ours may have been left half made by a run that was killed.
        let is_ours = owned.group == paths::USER || record.directories.contains(path);
        if is_ours && !seen.has(path, *owned) {
            steps.push((path.clone(), Step::Give(path.clone(), *owned)));
        }
    }
    steps
}

fn accounts(seen: &Seen, record: &mut Record) {
    if !seen.users.contains_key(paths::USER) {
        record.users.insert(paths::USER.to_owned());
    }
    for group in [paths::USER, paths::ADMINS] {
        if !seen.groups.contains_key(group) {
            record.groups.insert(group.to_owned());
        }
    }
}

fn systemd(wanted: &Wanted, seen: &Seen, is_new: bool, record: &mut Record, plan: &mut Plan) {
    let live = seen.live.unwrap_or_default();
    if seen.live.is_some() {
        if !seen.socket_directory {
            plan.steps.push(Step::run(&["systemd-tmpfiles", "--create", "vm-autoscale.conf"]));
        }
        if live.reload || is_new {
            plan.steps.push(Step::run(&["systemctl", "daemon-reload"]));
        }
    }
    if wanted.start_at_boot && !record.enabled {
        match (seen.enabled, seen.systemctl) {
            (true, _) => record.enabled = true,
            (false, true) => {
                record.enabled = true;
                plan.steps.push(Step::Enable);
            }
            (false, false) => plan.notes.push(format!(
                "there is no systemctl here; on the booted machine type\n    \
                 systemctl enable {SOCKET} {SCHEDULER}"
            )),
        }
    }
    if live.stale || live.running && (is_new || live.reload) {
        plan.steps.push(Step::run(&["systemctl", "try-restart", HELPER, SCHEDULER]));
    }
}

/// Of what dpkg put there, dpkg knows what it was.
fn installed(wanted: &Wanted) -> BTreeMap<String, String> {
    let ours = wanted.items.iter().filter(|item| item.fate == Fate::Ours);
    ours.filter_map(|item| Some((item.path.clone(), item.content.as_ref()?.1.clone()))).collect()
}

/// What is there now need not be laid beside what the administrator makes of it.
fn offered(wanted: &Wanted, record: &mut Record) {
    for item in wanted.items.iter().filter(|item| item.fate == Fate::Yours) {
        let shas = item.content.iter().map(|(_, sha)| sha).chain(&item.example);
        for sha in shas {
            record.files.entry(item.path.clone()).or_default().offered(sha);
        }
    }
}

impl Seen {
    /// The SHA-256 of the file that is there.
    pub(crate) fn sha(&self, path: &str) -> Option<&String> {
        match &self.found.get(path)?.kind {
            Is::File(sha) => Some(sha),
            _ => None,
        }
    }

    /// Whether what is there belongs to whom it is to belong to.
    pub(crate) fn has(&self, path: &str, owned: Owned) -> bool {
        self.found.get(path).is_some_and(|found| {
            let rights = found.rights;
            rights.mode == owned.mode
                && self.users.get(owned.user) == Some(&rights.uid)
                && self.groups.get(owned.group) == Some(&rights.gid)
        })
    }
}
