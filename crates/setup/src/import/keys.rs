//! Every key that the three Python programs have: what they did with it, and what becomes of it.
//! Known from their sources and changelog: fabriziosalmi/proxmox-vm-autoscale 0.1 to 1.7 and
//! `MatrixMagician`'s fork, in its version over SSH and the one over Proxmox's API.

mod hosts;
mod index;
mod scaling;
mod service;
mod vms;

use serde::Serialize;

pub(crate) use self::index::{find, general, is_name, is_section, nearest};

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
