//! What is to be on the machine in the end.

use std::collections::{BTreeMap, BTreeSet};

use super::answers::Answers;
use super::policy::{EXAMPLE, policy};
use super::reach;
use super::release::Release;
use crate::disk::sha256;
use crate::error::Error;
use crate::manifest::{self, Kind, Shipped};
use crate::paths;
use crate::root::Root;
use crate::step::{Content, Owned};
use crate::units::UNIT_LINKS;

/// A file that is to be there.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) path: String,
    pub(crate) owned: Owned,
    pub(crate) fate: Fate,
    /// What it is to hold, with its SHA-256; `None` where dpkg wrote it.
    pub(crate) content: Option<(Content, String)>,
    /// The SHA-256 of the release's own text, where something else was made of it.
    pub(crate) example: Option<String>,
}

/// What becomes of one that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is replaced.
    Ours,
    /// It is kept once it was edited.
    Yours,
    /// It is kept in any case.
    Once,
}

/// All of it.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(crate) items: Vec<Item>,
    pub(crate) directories: BTreeMap<String, Owned>,
    pub(crate) version: String,
    pub(crate) start_at_boot: bool,
}

/// The directories that have more said of them than that they are there.
const OWN: [(&str, Owned); 3] = [
    (paths::ETC, Owned { mode: 0o750, user: "root", group: paths::USER }),
    (paths::STATE, Owned { mode: 0o750, user: paths::USER, group: paths::USER }),
    (paths::LOGS, Owned { mode: 0o750, user: paths::USER, group: paths::USER }),
];
const AUDIT_FROM: &str = "deploy/audit/vm-autoscale.rules";

/// # Errors
/// A file of the release cannot be read, or the answers make no valid helper.yaml.
pub(crate) fn wanted(release: &Release, answers: &Answers, root: &Root) -> Result<Wanted, Error> {
    let mut items = Vec::new();
    for shipped in manifest::all()? {
        if release.is_dpkgs() && shipped.kind != Kind::Yours {
            continue;
        }
        items.push(item(release, answers, &shipped)?);
    }
    let known = (Content::Text(String::new()), sha256(&b""[..]).unwrap_or_default());
    items.push(Item {
        path: paths::KNOWN_HOSTS.to_owned(),
        owned: Owned::root(0o600),
        fate: Fate::Once,
        content: Some(known),
        example: None,
    });
    items.push(reach::item());
    items.extend(audit(release, answers, root)?);
    let directories = directories(items.iter().map(|item| item.path.as_str()));
    Ok(Wanted {
        items,
        directories,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        start_at_boot: answers.start_at_boot.unwrap_or(true),
    })
}

fn item(release: &Release, answers: &Answers, shipped: &Shipped) -> Result<Item, Error> {
    let own = release.content(shipped.from)?;
    let made = if shipped.to == paths::POLICY { policy(answers)? } else { None };
    let (content, example) = match made {
        Some(text) => {
            let sha = sha256(text.as_bytes()).unwrap_or_default();
            let example = own.map_or_else(|| sha256(EXAMPLE.as_bytes()).ok(), |(_, sha)| Some(sha));
            (Some((Content::Text(text), sha)), example)
        }
        None => (own, None),
    };
    Ok(Item {
        path: shipped.to.to_owned(),
        owned: Owned { mode: shipped.mode, user: shipped.user, group: shipped.group },
        fate: if shipped.kind == Kind::Yours { Fate::Yours } else { Fate::Ours },
        content,
        example,
    })
}

/// The rules for auditd, where they are asked for, or were once.
fn audit(release: &Release, answers: &Answers, root: &Root) -> Result<Option<Item>, Error> {
    let asked = answers.audit == Some(true);
    if asked && !root.at("/etc/audit/rules.d").is_dir() {
        let what = "there is no /etc/audit/rules.d to put the rules for auditd into";
        return Err(Error::failed(what, "apt install auditd, or leave --audit out"));
    }
    if !asked && !root.at(paths::AUDIT).exists() || release.is_dpkgs() {
        return Ok(None);
    }
    Ok(Some(Item {
        path: paths::AUDIT.to_owned(),
        owned: Owned::root(0o640),
        fate: Fate::Yours,
        content: release.content(AUDIT_FROM)?,
        example: None,
    }))
}

/// All that files are put into, those on the way included, the outer ones first.
pub(crate) fn directories<'a>(files: impl Iterator<Item = &'a str>) -> BTreeMap<String, Owned> {
    let mut paths: BTreeSet<&str> = files.flat_map(above).collect();
    for own in OWN {
        paths.extend(above(own.0).chain([own.0]));
    }
    // For the links by which units start at boot; what is below it, systemctl makes and removes.
    paths.extend(above(UNIT_LINKS).chain([UNIT_LINKS]));
    paths.extend(above(paths::RECORD));
    let owned = |path: &str| {
        let own = OWN.iter().find(|(own, _)| *own == path);
        own.map_or(Owned::root(0o755), |(_, owned)| *owned)
    };
    paths.into_iter().map(|path| (path.to_owned(), owned(path))).collect()
}

/// The directories that a path is in, but for the root.
pub(crate) fn above(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').filter_map(|(at, _)| path.get(..at)).filter(|it| !it.is_empty())
}
