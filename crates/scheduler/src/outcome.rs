//! What became of a change, by what is there afterwards: not by what was asked, and not by the
//! exit code.

use std::fmt;

use vm_autoscale_planner::Resource;
use vm_autoscale_proxmox::{Failure, NodeName};

mod consequence;
mod judge;
pub use consequence::{Class, Consequence, Then};
pub(crate) use judge::{Found, Guest, Qemu, is_reached, judge, own_pending, size};

/// A closed set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Config and QEMU both have it.
    Applied,
    /// Only a part of the way, as the failure says.
    AppliedInPart(u32, Option<Failure>),
    /// QEMU and config have different sizes: config, QEMU.
    Differs(u32, u32),
    /// Nothing of it, as the failure says.
    Failed(Failure),
    /// The VM is in no list any more.
    Gone,
    /// This task has the config lock; nothing was written.
    Locked(String),
    /// The VM is on another node now.
    Moved {
        /// On which.
        to: NodeName,
        /// Whether the change may have been written before it moved.
        tried: bool,
    },
    /// Config and QEMU have it, and the guest does not use it.
    NoEffect {
        /// Of what.
        resource: Resource,
        /// QEMU has, in vCPUs or MiB.
        qemu: u32,
        /// The guest uses.
        guest: u32,
    },
    /// No session, no helper, no journal: nothing was sent.
    NotSent(String),
    /// Exit 0, and the value waits for a power cycle.
    NotHotPluggable,
    /// The helper's own rules forbid it.
    Refused(String),
    /// Another VM has the number now.
    Replaced,
    /// QEMU does not run: whether the config has the change for its next start.
    Stopped(bool),
    /// The config has it, and QEMU could not be asked.
    Unconfirmed,
    /// The node did not answer for minutes.
    Unknown,
}

impl Outcome {
    /// What the text of [`Self::NoEffect`] begins with.
    pub(crate) const NO_EFFECT: &str = "no effect";

    /// A stable word for programs.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Applied => "verified",
            Self::AppliedInPart(..) => "in-part",
            Self::Differs(..) => "differs",
            Self::Failed(_) => "failed",
            Self::Gone => "gone",
            Self::Locked(_) => "locked",
            Self::Moved { .. } => "moved",
            Self::NoEffect { .. } => "no-effect",
            Self::NotSent(_) => "not-sent",
            Self::NotHotPluggable => "not-hot-pluggable",
            Self::Refused(_) => "refused",
            Self::Replaced => "replaced",
            Self::Stopped(_) => "stopped",
            Self::Unconfirmed => "unconfirmed",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Applied => f.write_str("verified"),
            Self::AppliedInPart(has, Some(why)) => write!(f, "stopped at {has}: {why}"),
            Self::AppliedInPart(has, None) => write!(f, "stopped at {has}"),
            Self::Differs(config, qemu) => {
                write!(f, "failed: the config says {config}, QEMU has {qemu}")
            }
            Self::Failed(why) => write!(f, "failed: {why}"),
            Self::Gone => f.write_str("gone: the VM is in no node's list any more"),
            Self::Locked(by) => write!(f, "locked ({by}): nothing was changed"),
            Self::Moved { to, tried: false } => write!(f, "moved to {to}: nothing was changed"),
            Self::Moved { to, tried: true } => {
                write!(f, "moved to {to} meanwhile: not known whether it took the change along")
            }
            Self::NoEffect { resource, qemu, guest } => no_effect(f, *resource, *qemu, *guest),
            Self::NotSent(why) => write!(f, "not sent: {why}"),
            Self::NotHotPluggable => {
                f.write_str("failed: not hot-pluggable, it would wait for a power cycle")
            }
            Self::Refused(why) => write!(f, "refused: {why}"),
            Self::Replaced => f.write_str(
                "another VM has this number now (or an earlier state of it): nothing was done to it",
            ),
            Self::Stopped(true) => {
                f.write_str("stopped: the VM does not run, the config has it for its next start")
            }
            Self::Stopped(false) => {
                f.write_str("stopped: the VM does not run, and its config does not have it")
            }
            Self::Unconfirmed => f.write_str("not verified: QEMU did not say what it has"),
            Self::Unknown => f.write_str("not known: the node does not answer"),
        }
    }
}

fn no_effect(f: &mut fmt::Formatter<'_>, resource: Resource, qemu: u32, guest: u32) -> fmt::Result {
    let unit = match resource {
        Resource::Cpu => "vCPUs",
        Resource::Memory => "MiB",
    };
    write!(f, "{}: QEMU has {qemu} {unit}, the guest uses {guest}", Outcome::NO_EFFECT)?;
    f.write_str("; see \"What a guest needs\" in the README")
}
