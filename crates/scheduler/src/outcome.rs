//! What became of a change, by what is there afterwards: not by what was asked, and not by the
//! exit code.

use std::fmt;

use vm_autoscale_planner::{Move, Resource};
use vm_autoscale_proxmox::{Failure, NodeName, PendingValue, VmConfig};

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
    /// Whether the resource is left alone for a cooldown. Where nothing was tried, the next
    /// decision can try.
    #[must_use]
    pub fn starts_cooldown(&self) -> bool {
        let tried_nothing = matches!(
            self,
            Self::Failed(
                Failure::DigestMismatch | Failure::Locked | Failure::LockTimeout | Failure::NotHere
            ) | Self::Gone
                | Self::Locked(_)
                | Self::Moved { tried: false, .. }
                | Self::NotSent(_)
                | Self::Replaced
        );
        !tried_nothing
    }

    /// Whether the VM is to rest longer the more of these there are in a row. One that stopped or
    /// moved did not refuse anything.
    #[must_use]
    pub fn is_setback(&self) -> bool {
        !matches!(self, Self::Applied | Self::Moved { .. } | Self::Stopped(_))
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
            Self::NoEffect { resource, qemu, guest } => {
                let unit = match resource {
                    Resource::Cpu => "vCPUs",
                    Resource::Memory => "MiB",
                };
                write!(f, "no effect: QEMU has {qemu} {unit}, the guest uses {guest}")?;
                f.write_str("; see \"What a guest needs\" in the README")
            }
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

/// What was read back.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Found<'a> {
    pub(crate) config: &'a VmConfig,
    pub(crate) qemu: Qemu,
    pub(crate) guest: Guest,
}

/// What QEMU has, in the step's unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Qemu {
    Has(u32),
    /// There is none.
    NotRunning,
    /// It was not asked, or did not say.
    Silent,
}

/// What the guest makes of a growth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guest {
    /// It uses what was added, so that QEMU has it, too.
    Took,
    /// It was not asked, or did not say.
    Unknown,
    /// It uses only so much, in the step's unit, although it had time.
    Uses(u32),
}

/// Judges a change by its exit (`None` where that was not seen), its failure and what is there.
pub(crate) fn judge(
    step: Move,
    exit_zero: Option<bool>,
    failure: Option<Failure>,
    found: &Found<'_>,
) -> Outcome {
    let (from, to, config) = sizes(step, found.config);
    let waits = own_pending(step, found.config);
    let has = match found.qemu {
        Qemu::Has(has) => has,
        Qemu::NotRunning => return Outcome::Stopped(config == to && !waits),
        // The config is what is known; it is written step by step.
        Qemu::Silent => config,
    };
    if has != config {
        return Outcome::Differs(config, has);
    }
    if has == to && !waits {
        let resource = step.resource();
        return match (found.guest, found.qemu) {
            (Guest::Uses(guest), Qemu::Has(qemu)) => Outcome::NoEffect { resource, qemu, guest },
            (Guest::Took, _) | (_, Qemu::Has(_)) => Outcome::Applied,
            _ => Outcome::Unconfirmed,
        };
    }
    if exit_zero == Some(true) && waits && has == from {
        return Outcome::NotHotPluggable;
    }
    if has != from {
        return Outcome::AppliedInPart(has, failure);
    }
    Outcome::Failed(failure.unwrap_or(Failure::Unknown))
}

/// Whether `[PENDING]` shows exactly what the step asked for.
pub(crate) fn own_pending(step: Move, config: &VmConfig) -> bool {
    let (option, to) = match step {
        Move::Cpu { to, .. } => ("vcpus", to.get()),
        Move::Memory { to, .. } => ("memory", to.get()),
    };
    config.pending.get(option) == Some(&PendingValue::Set(to.to_string()))
}

fn sizes(step: Move, config: &VmConfig) -> (u32, u32, u32) {
    match step {
        Move::Cpu { from, to } => {
            (from.get(), to.get(), config.plugged_vcpus().map_or(0, u32::from))
        }
        Move::Memory { from, to } => (from.get(), to.get(), config.memory.get()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(exit_zero: bool, failure: Option<Failure>, conf: &str, qemu: Qemu) -> Outcome {
        let config = VmConfig::parse(&format!("cores: 8\n{conf}")).unwrap();
        let step = Move::Cpu { from: 4.try_into().unwrap(), to: 2.try_into().unwrap() };
        judge(
            step,
            Some(exit_zero),
            failure,
            &Found { config: &config, qemu, guest: Guest::Unknown },
        )
    }

    #[test]
    fn what_is_there_decides() {
        let unplug = Some(Failure::CpuUnplug);
        let pending = "[PENDING]\nvcpus: 2\n";
        for (exit_zero, failure, conf, qemu, expected) in [
            (true, None, "vcpus: 2\n".to_owned(), Qemu::Has(2), Outcome::Applied),
            (false, unplug, "vcpus: 2\n".to_owned(), Qemu::Has(2), Outcome::Applied),
            (true, None, format!("vcpus: 4\n{pending}"), Qemu::Has(4), Outcome::NotHotPluggable),
            (
                false,
                unplug,
                format!("vcpus: 4\n{pending}"),
                Qemu::Has(4),
                Outcome::Failed(Failure::CpuUnplug),
            ),
            (
                false,
                unplug,
                format!("vcpus: 3\n{pending}"),
                Qemu::Has(3),
                Outcome::AppliedInPart(3, unplug),
            ),
            (false, unplug, format!("vcpus: 4\n{pending}"), Qemu::Has(3), Outcome::Differs(4, 3)),
            (true, None, "vcpus: 4\n".to_owned(), Qemu::Has(4), Outcome::Failed(Failure::Unknown)),
            (true, None, "vcpus: 2\n".to_owned(), Qemu::Silent, Outcome::Unconfirmed),
            (true, None, "vcpus: 2\n".to_owned(), Qemu::NotRunning, Outcome::Stopped(true)),
            (
                false,
                None,
                format!("vcpus: 4\n{pending}"),
                Qemu::NotRunning,
                Outcome::Stopped(false),
            ),
            (
                false,
                None,
                format!("vcpus: 2\n{pending}"),
                Qemu::NotRunning,
                Outcome::Stopped(false),
            ),
            (
                false,
                Some(Failure::Locked),
                "vcpus: 4\n".to_owned(),
                Qemu::Has(4),
                Outcome::Failed(Failure::Locked),
            ),
        ] {
            assert_eq!(judged(exit_zero, failure, &conf, qemu), expected, "{conf} {qemu:?}");
        }
    }

    #[test]
    fn only_exactly_our_own_pending_value_is_ours() {
        let step = Move::Cpu { from: 4.try_into().unwrap(), to: 2.try_into().unwrap() };
        for (pending, ours) in [
            ("vcpus: 2", true),
            ("vcpus: 3", false),
            ("memory: 2", false),
            ("delete: vcpus", false),
        ] {
            let config = VmConfig::parse(&format!("cores: 8\n[PENDING]\n{pending}\n")).unwrap();
            assert_eq!(own_pending(step, &config), ours, "{pending}");
        }
    }
}
