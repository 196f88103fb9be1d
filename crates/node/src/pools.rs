//! The pools of `/etc/pve/user.cfg` (`PVE/AccessControl.pm`, `parse_user_config`):
//! `pool:NAME:COMMENT:VMS:STORAGES:`. Nested pools (8.1) are `a/b/c`.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt::Write as _;
use std::sync::Arc;

use crate::VmId;
use crate::command::{USER_CFG, VERSION};

/// So deep Proxmox nests pools.
const MAX_LEVELS: usize = 3;
/// Proxmox sets no limit; no name that is used is nearly as long, in bytes.
const MAX_NAME: usize = 256;

/// Which guest is in which pool; containers are among them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pools {
    /// A pool's VMs share one copy of its name.
    of: BTreeMap<VmId, Arc<str>>,
}

impl Pools {
    /// Reads the answer to the command that reads pools, or what [`redact_pools`] left of it.
    /// Lines that are no pool's are passed over, as are numbers that are no guest's; a guest that
    /// stands in two pools is in the first, as Proxmox has it.
    #[must_use]
    pub fn parse(answer: &str) -> Self {
        let mut of = BTreeMap::new();
        for (name, vms) in answer.lines().filter_map(pool) {
            let name: Arc<str> = name.into();
            for vmid in guests(vms) {
                if let Entry::Vacant(free) = of.entry(vmid) {
                    free.insert(name.clone());
                }
            }
        }
        Self { of }
    }

    /// The pool of that guest: the innermost one.
    #[must_use]
    pub fn of(&self, vmid: VmId) -> Option<&str> {
        self.of.get(&vmid).map(|name| &**name)
    }

    /// Guests and their pools, by number.
    pub fn iter(&self) -> impl Iterator<Item = (VmId, &str)> {
        self.of.iter().map(|(vmid, name)| (*vmid, &**name))
    }
}

/// What of the answer leaves the helper: names of pools and numbers of guests. Comments and
/// storages stay, and so do users, tokens and mail addresses, whose lines are printed too where
/// they happen to hold the words searched for. `None` where pmxcfs did not speak: then no line
/// says nothing.
#[must_use]
pub fn redact_pools(answer: &str) -> Option<String> {
    let spoke = answer.lines().any(|line| of_file(line, VERSION).is_some());
    spoke.then(|| {
        let mut text = String::new();
        for (name, vms) in answer.lines().filter_map(pool) {
            let ids: Vec<String> = guests(vms).map(|vmid| vmid.to_string()).collect();
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{USER_CFG}:pool:{name}::{}::", ids.join(","));
        }
        text
    })
}

/// Name and guests, where the line is a pool's.
fn pool(line: &str) -> Option<(&str, &str)> {
    let mut fields = of_file(line, USER_CFG)?.strip_prefix("pool:")?.split(':');
    let name = fields.next().map(str::trim).filter(|name| is_name(name))?;
    let _comment = fields.next();
    Some((name, fields.next().unwrap_or_default()))
}

/// What grep printed of a line of that file.
fn of_file<'a>(line: &'a str, path: &str) -> Option<&'a str> {
    line.strip_prefix(path)?.strip_prefix(':')
}

/// As `split_list` separates them.
fn guests(list: &str) -> impl Iterator<Item = VmId> {
    list.split([',', ';', ' ', '\t', '\0']).filter_map(|number| number.parse().ok())
}

/// The format `pve-poolid`.
fn is_name(name: &str) -> bool {
    let level = |level: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        !level.is_empty() && level.bytes().all(plain)
    };
    name.len() <= MAX_NAME && name.split('/').count() <= MAX_LEVELS && name.split('/').all(level)
}

#[cfg(test)]
mod tests;
