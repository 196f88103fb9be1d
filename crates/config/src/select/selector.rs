//! One item of a selection.

use std::fmt;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};
use vm_autoscale_proxmox::{ClusterName, NodeName, Tags, VmId};

use super::{Item, VmFacts};
use crate::leaf;

const RULE: &str = "a VMID, a range such as 200-299, \"@all\", \"@tag-…\", \"@pool-…\", \"@node-…\" or \"@name-web*\"; CLUSTER/ before it means that cluster only, a hyphen before all of it takes out";

/// A way to name VMs, in the words of cv4pve's tools.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Selector {
    All,
    Range(RangeInclusive<VmId>),
    /// In lower case, as Proxmox compares them.
    Tag(String),
    Pool(String),
    Node(String),
    /// The pieces between the stars, in lower case: of DNS names the case does not count.
    Name(Vec<String>),
}

impl Item {
    /// Whether it names the VM; `None` where that is not known.
    pub(super) fn names(&self, vm: &VmFacts<'_>) -> Option<bool> {
        let here = match (&self.cluster, vm.cluster) {
            (None, _) => Some(true),
            (Some(named), Some(own)) => Some(named == own),
            (Some(_), None) => None,
        };
        match here {
            Some(true) => self.selector.names(vm),
            Some(false) => Some(false),
            None => self.selector.names(vm).filter(|named| !named),
        }
    }
}

impl Selector {
    /// Whether it names the VM; `None` where that is not known.
    pub(super) fn names(&self, vm: &VmFacts<'_>) -> Option<bool> {
        Some(match self {
            Self::All => true,
            Self::Range(range) => range.contains(&vm.vmid),
            Self::Node(name) => vm.node?.as_str() == name,
            Self::Pool(name) => {
                let within = |own: &str| own.strip_prefix(name.as_str()).map(str::to_owned);
                let rest = vm.pool?.and_then(within);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            }
            Self::Tag(tag) => vm.described?.1.has(tag),
            Self::Name(pieces) => {
                let name = vm.described?.0.map(str::to_ascii_lowercase);
                name.is_some_and(|name| fits(pieces, &name))
            }
        })
    }

    fn parse(text: &str) -> Option<Result<Self, String>> {
        let Some(named) = text.strip_prefix('@') else {
            text.starts_with(|c: char| c.is_ascii_digit()).then_some(())?;
            return Some(leaf::parse_range(text).map(Self::Range));
        };
        let (kind, name) = named.split_once('-').unwrap_or((named, ""));
        let lower = || name.to_ascii_lowercase();
        Some(Ok(match kind {
            "all" if named == "all" => Self::All,
            "tag" if is_tag(name) => Self::Tag(lower()),
            "pool" if is_pool(name) => Self::Pool(name.to_owned()),
            "node" if NodeName::try_from(name).is_ok() => Self::Node(name.to_owned()),
            "name" if is_pattern(name) => {
                Self::Name(lower().split('*').map(str::to_owned).collect())
            }
            // What can name nothing would be without effect.
            "tag" => return Some(Err(never(name, "letters, digits and _ - + ., without a star"))),
            "pool" => return Some(Err(never(name, "letters, digits and . _ -, / between pools"))),
            "node" => return Some(Err(never(name, "a node's name, without a star or a domain"))),
            "name" => return Some(Err(never(name, "letters, digits, . and -, * for anything"))),
            _ => return None,
        }))
    }
}

/// What no VM's can be.
fn never(name: &str, rule: &str) -> String {
    format!("{} names nothing that there can be\n{rule}", crate::render::quote(name))
}

/// Proxmox's format `pve-tag`.
fn is_tag(name: &str) -> bool {
    name.parse::<Tags>().is_ok_and(|tags| tags.iter().eq([name.to_ascii_lowercase().as_str()]))
}

/// Proxmox's format `pve-poolid`, nested.
fn is_pool(name: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    name.split('/').all(|pool| !pool.is_empty() && pool.chars().all(word))
}

/// A DNS name, or a part of one, with stars.
fn is_pattern(name: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '*');
    !name.is_empty() && name.chars().all(word)
}

/// As it is written.
impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_out { "-" } else { "" })?;
        if let Some(cluster) = &self.cluster {
            write!(f, "{cluster}/")?;
        }
        match &self.selector {
            Selector::All => f.write_str("@all"),
            Selector::Range(range) if range.start() == range.end() => range.start().fmt(f),
            Selector::Range(range) => write!(f, "{}-{}", range.start(), range.end()),
            Selector::Tag(name) => write!(f, "@tag-{name}"),
            Selector::Pool(name) => write!(f, "@pool-{name}"),
            Selector::Node(name) => write!(f, "@node-{name}"),
            Selector::Name(pieces) => write!(f, "@name-{}", pieces.join("*")),
        }
    }
}

impl Serialize for Item {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Whether the text is the pieces in their order with anything between them.
pub(super) fn fits(pieces: &[String], text: &str) -> bool {
    let (Some((first, rest)), Some(left)) =
        (pieces.split_first(), pieces.first().and_then(|first| text.strip_prefix(first.as_str())))
    else {
        return false;
    };
    let Some((last, middle)) = rest.split_last() else { return text == first };
    let mut left = left;
    for piece in middle {
        let Some((_, after)) = left.split_once(piece.as_str()) else { return false };
        left = after;
    }
    left.ends_with(last.as_str())
}

/// The cluster that an item begins with, and the rest of it. What begins with @ names none: there
/// may be a slash in a pool's name.
fn of_cluster(text: &str) -> Result<(Option<ClusterName>, &str), String> {
    match text.split_once('/').filter(|_| !text.starts_with('@')) {
        Some((name, rest)) => match ClusterName::try_from(name) {
            Ok(cluster) => Ok((Some(cluster), rest)),
            Err(_) => Err(never(
                name,
                "a cluster's name as in helper.yaml, and what of it behind the slash",
            )),
        },
        None => Ok((None, text)),
    }
}

/// A number, or text.
#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "this names no VM\na VMID, a range such as 200-299, \"@all\", \"@tag-…\", \"@pool-…\", \"@node-…\" or \"@name-web*\"; CLUSTER/ before it means that cluster only, a hyphen before all of it takes out"
)]
enum Raw {
    Number(i64),
    Text(String),
}

impl<'de> Deserialize<'de> for Item {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = match Raw::deserialize(deserializer)? {
            Raw::Number(number) => number.to_string(),
            Raw::Text(text) => text,
        };
        let text = text.trim();
        let (is_out, named) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let unknown = || Err(format!("{} names no VM\n{RULE}", crate::render::quote(text)));
        let (cluster, named) = of_cluster(named.trim_start()).map_err(serde::de::Error::custom)?;
        let selector = Selector::parse(named).unwrap_or_else(unknown);
        Ok(Self { is_out, cluster, selector: selector.map_err(serde::de::Error::custom)? })
    }
}
