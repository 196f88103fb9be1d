//! From what is there and what is known to be ours to what is removed.

use std::collections::BTreeSet;

use crate::install::seen::{Seen, beside};
use crate::manifest::{Kind, Shipped};
use crate::paths;
use crate::record::Known;
use crate::step::Step;
use crate::units::{HELPER, SCHEDULER, SOCKET, UNIT_LINKS};

/// How much goes.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Extent {
    /// Also what the administrator made of it, keys, the journal and the accounts.
    pub(crate) purge: bool,
    /// Not the files: they are dpkg's.
    pub(crate) packaged: bool,
}

/// What is done, in order, and what is left, with the reason.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(crate) steps: Vec<Step>,
    pub(crate) left: Vec<String>,
}

/// Nothing of a machine without us.
pub(crate) fn plan(shipped: &[Shipped], seen: &Seen, extent: Extent) -> Plan {
    let mut plan = Plan::default();
    stop(seen, &mut plan.steps);
    if !extent.packaged {
        for file in shipped {
            one(file, seen, extent, &mut plan);
        }
        written(paths::AUDIT, seen, extent, &mut plan);
    }
    // Never dpkg's: it is made of helper.yaml.
    written(paths::NODES, seen, extent, &mut plan);
    own(seen, extent, &mut plan);
    for path in seen.unfinished.iter().filter(|_| !extent.packaged) {
        plan.steps.push(Step::Remove(path.clone()));
    }
    plan.steps.extend(seen.run.iter().map(|path| Step::RemoveTree(path.clone())));
    if extent.purge {
        trees(seen, &mut plan.steps);
        accounts(seen, &mut plan);
    } else {
        kept(seen, &mut plan.left);
    }
    let is_unit = |step: &Step| matches!(step, Step::Remove(path) if path.contains("/systemd/"));
    let is_reloaded = seen.live.is_some_and(|live| live.reload);
    if seen.live.is_some() && (is_reloaded || plan.steps.iter().any(is_unit)) {
        plan.steps.push(Step::run(&["systemctl", "daemon-reload"]));
    }
    directories(seen, &mut plan.steps, false);
    record(seen, extent, &mut plan);
    directories(seen, &mut plan.steps, true);
    plan
}

fn stop(seen: &Seen, steps: &mut Vec<Step>) {
    if seen.live.is_some_and(|live| live.active) {
        steps.push(Step::run(&["systemctl", "stop", SCHEDULER, SOCKET, HELPER]));
    }
    if seen.enabled && seen.systemctl {
        steps.push(Step::Disable);
    }
}

/// One file of the release.
fn one(file: &Shipped, seen: &Seen, extent: Extent, plan: &mut Plan) {
    let path = file.to;
    if file.kind != Kind::Yours {
        if seen.found.contains_key(path) {
            plan.steps.push(Step::Remove(path.to_owned()));
        }
        return;
    }
    written(path, seen, extent, plan);
}

/// One of the administrator's, or the new one beside it.
fn yours(path: &str, seen: &Seen, extent: Extent, plan: &mut Plan) {
    let Some(sha) = seen.sha(path) else { return };
    if extent.purge && path.starts_with(paths::ETC) {
        // With its directory.
        return;
    }
    let of = path.strip_suffix(".new").unwrap_or(path);
    let known = seen.record.files.get(of);
    let is_ours = |known: &Known| known.is_ours(sha) || of != path && known.was_offered(sha);
    if extent.purge || known.is_some_and(is_ours) {
        plan.steps.push(Step::Remove(path.to_owned()));
    } else {
        plan.left.push(format!("{path}: it is yours by now (--purge removes it)"));
    }
}

/// One that install wrote, and the new one beside it.
fn written(path: &str, seen: &Seen, extent: Extent, plan: &mut Plan) {
    yours(path, seen, extent, plan);
    yours(&beside(path), seen, extent, plan);
}

/// What install made that no release holds.
fn own(seen: &Seen, extent: Extent, plan: &mut Plan) {
    if extent.purge || extent.packaged {
        return;
    }
    yours(paths::KNOWN_HOSTS, seen, extent, plan);
    if seen.found.contains_key(paths::KEY) {
        plan.left.push(format!("{}, .pub: nodes may still let the key in", paths::KEY));
    }
}

fn trees(seen: &Seen, steps: &mut Vec<Step>) {
    for path in [paths::ETC, paths::STATE, paths::LOGS] {
        if seen.found.contains_key(path) {
            steps.push(Step::RemoveTree(path.to_owned()));
        }
    }
}

/// Those that install made.
fn accounts(seen: &Seen, plan: &mut Plan) {
    let is_there =
        |name: &&str, of: &std::collections::BTreeMap<&'static str, u32>| of.contains_key(*name);
    let sort = |names: &[&'static str], there, made: &BTreeSet<String>| {
        let there = names.iter().copied().filter(|name| is_there(name, there));
        there.partition::<Vec<&str>, _>(|name| made.contains(*name))
    };
    let (users, foreign_users) = sort(&[paths::USER], &seen.users, &seen.record.users);
    let (groups, foreign_groups) =
        sort(&[paths::USER, paths::ADMINS], &seen.groups, &seen.record.groups);
    let owned = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect::<Vec<_>>();
    if !users.is_empty() || !groups.is_empty() {
        plan.steps.push(Step::RemoveAccounts(owned(users), owned(groups)));
    }
    for name in foreign_users {
        plan.left.push(format!("the user {name}: install did not make it (userdel {name})"));
    }
    for name in foreign_groups {
        plan.left.push(format!("the group {name}: install did not make it (groupdel {name})"));
    }
}

/// What stays without --purge, whoever made it.
fn kept(seen: &Seen, left: &mut Vec<String>) {
    for (path, why) in [
        (paths::STATE, "the journal (--purge removes it)"),
        (paths::LOGS, "logs (--purge removes them)"),
    ] {
        if seen.found.contains_key(path) {
            left.push(format!("{path}: {why}"));
        }
    }
    if seen.users.contains_key(paths::USER) {
        let (user, admins) = (paths::USER, paths::ADMINS);
        left.push(format!(
            "the user {user}, the groups {user} and {admins}: these files are theirs (--purge \
             removes them)"
        ));
    }
}

/// The inner ones first. Where others put something, it stays.
fn directories(seen: &Seen, steps: &mut Vec<Step>, of_record: bool) {
    let gone = |steps: &[Step], wanted: &str| {
        steps.iter().any(|step| {
            matches!(step, Step::Remove(path) | Step::RemoveTree(path) | Step::RemoveEmpty(path)
                if path == wanted)
        })
    };
    for (path, within) in seen.directories.iter().rev() {
        if of_record != paths::RECORD.starts_with(&format!("{path}/")) {
            continue;
        }
        let is_named = of_record && path.ends_with("/vm-autoscale-setup")
            || path.ends_with("/vm-autoscale") && !path.starts_with("/var/");
        let is_ours = is_named || seen.record.directories.contains(path);
        let is_kept = [paths::STATE, paths::LOGS].contains(&path.as_str());
        // What is in there, systemctl removes.
        let is_systemds = UNIT_LINKS.starts_with(path);
        let is_empty = is_systemds || within.iter().all(|name| gone(steps, name));
        if is_ours && !is_kept && is_empty && !gone(steps, path) {
            steps.push(Step::RemoveEmpty(path.clone()));
        }
    }
}

/// After all that is removed by it: a run that was interrupted still has it.
fn record(seen: &Seen, extent: Extent, plan: &mut Plan) {
    if !seen.found.contains_key(paths::RECORD) {
        return;
    }
    if extent.purge {
        plan.steps.push(Step::Remove(paths::RECORD.to_owned()));
        return;
    }
    if seen.record.enabled {
        // The next installation sets them to start again.
        let record = crate::record::Record { enabled: false, ..seen.record.clone() };
        plan.steps.push(Step::Note(Box::new(record)));
    }
    plan.left.push(format!("{}: by it the rest is known to be ours", paths::RECORD));
}
