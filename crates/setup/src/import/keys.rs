//! Every key that the three Python programs have: what they did with it, and what becomes of it.
//! Known from their sources and changelog: fabriziosalmi/proxmox-vm-autoscale 0.1 to 1.7 and
//! `MatrixMagician`'s fork, in its version over SSH and the one over Proxmox's API.

mod hosts;
mod scaling;
mod service;
mod vms;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde::Serialize;

/// A program that a file may come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Tool {
    /// fabriziosalmi/proxmox-vm-autoscale.
    Original,
    /// The secure fork over SSH.
    SecureSsh,
    /// The secure fork over the API.
    SecureApi,
}

impl Tool {
    /// As it is told.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Original => "the original Python program",
            Self::SecureSsh => "the secure fork over SSH",
            Self::SecureApi => "the secure fork over the API",
        }
    }
}

/// What becomes of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Verdict {
    /// It is in a new file with the same meaning.
    Carried,
    /// Something else does its work.
    Replaced,
    /// Nothing does.
    Refused,
}

/// One key.
#[derive(Debug)]
pub(crate) struct Key {
    /// Where it stands; `[]` is any item of a list.
    pub(crate) path: &'static str,
    /// Who has it.
    pub(crate) tools: &'static [Tool],
    /// What they did with it.
    pub(crate) did: &'static str,
    /// What becomes of it.
    pub(crate) verdict: Verdict,
    /// By which key, or why.
    pub(crate) now: &'static str,
}

impl Key {
    /// Whether that program did not start without it, so that it had no default.
    pub(crate) fn is_demanded_by(&self, tool: Tool) -> bool {
        let is = |begin: &str| self.path.starts_with(begin);
        is("scaling_thresholds.")
            || match tool {
                Tool::Original => is("host_limits.") || self.path == "proxmox_hosts[].ssh_user",
                Tool::SecureSsh | Tool::SecureApi => is("scaling_limits."),
            }
    }
}

const ALL: &[Tool] = &[Tool::Original, Tool::SecureSsh, Tool::SecureApi];
const ORIGINAL: &[Tool] = &[Tool::Original];
const SSH: &[Tool] = &[Tool::Original, Tool::SecureSsh];
const API: &[Tool] = &[Tool::SecureApi];

const fn carried(
    path: &'static str,
    tools: &'static [Tool],
    did: &'static str,
    now: &'static str,
) -> Key {
    Key { path, tools, did, verdict: Verdict::Carried, now }
}

const fn replaced(
    path: &'static str,
    tools: &'static [Tool],
    did: &'static str,
    now: &'static str,
) -> Key {
    Key { path, tools, did, verdict: Verdict::Replaced, now }
}

const fn refused(
    path: &'static str,
    tools: &'static [Tool],
    did: &'static str,
    now: &'static str,
) -> Key {
    Key { path, tools, did, verdict: Verdict::Refused, now }
}

/// All of them.
pub(crate) fn all() -> impl Iterator<Item = &'static Key> {
    [scaling::KEYS, hosts::KEYS, vms::KEYS, service::KEYS].into_iter().flatten()
}

/// The same in orders in which they are found: an old file may be nothing but keys.
struct Index {
    by_path: BTreeMap<&'static str, &'static Key>,
    /// Every path that has keys below it.
    sections: BTreeSet<&'static str>,
    /// Every name on a path.
    names: BTreeSet<&'static str>,
}

static INDEX: LazyLock<Index> = LazyLock::new(|| {
    let joints = |path: &'static str| path.match_indices(['.', '[']).map(|(at, _)| at);
    Index {
        by_path: all().map(|key| (key.path, key)).collect(),
        sections: all()
            .flat_map(|key| joints(key.path).filter_map(|at| key.path.get(..at)))
            .collect(),
        names: all().flat_map(|key| key.path.split(['.', '[', ']'])).collect(),
    }
});

/// The key of that path.
pub(crate) fn find(path: &str) -> Option<&'static Key> {
    INDEX.by_path.get(path).copied()
}

/// `a[3].b` as `a[].b`.
pub(crate) fn general(path: &str) -> String {
    let mut parts = path.split('[');
    let mut general = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        general.push('[');
        general.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    general
}

/// Whether there are keys below that path.
pub(crate) fn is_section(path: &str) -> bool {
    INDEX.sections.contains(path)
}

/// Whether a key has that name, wherever it stands.
pub(crate) fn is_name(name: &str) -> bool {
    INDEX.names.contains(name)
}

/// The keys of a section that were most likely meant by one that is not known.
pub(crate) fn nearest(section: &str, key: &str) -> Option<&'static str> {
    const LONGEST: usize = 64;
    if key.len() > LONGEST {
        return None;
    }
    let below = all().filter_map(|known| {
        let rest = known.path.strip_prefix(section)?;
        let rest = rest.strip_prefix('.').unwrap_or(rest);
        rest.split(['.', '[']).next().filter(|name| !name.is_empty())
    });
    let key = key.to_ascii_lowercase().replace('-', "_");
    let near = below.map(|known| (strsim::osa_distance(&key, known), known));
    let allowed = (key.len() / 3).max(1);
    near.filter(|(distance, _)| *distance <= allowed).min_by_key(|(d, _)| *d).map(|(_, k)| k)
}
