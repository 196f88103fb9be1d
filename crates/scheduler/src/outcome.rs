//! What became of a change, by what is there afterwards: not by what was asked, and not by the
//! exit code.

use std::fmt;

use vm_autoscale_planner::Move;
use vm_autoscale_proxmox::{Failure, PendingValue, VmConfig};

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
    /// The VM is not on that node any more: whether it took the change there is not known.
    Moved,
    /// No session, no helper, no journal: nothing was sent.
    NotSent(String),
    /// Exit 0, and the value waits for a power cycle.
    NotHotPluggable,
    /// The helper's own rules forbid it.
    Refused(String),
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
            Self::NotSent(_)
                | Self::Failed(Failure::Locked | Failure::LockTimeout | Failure::DigestMismatch)
        );
        !tried_nothing
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
            Self::Moved => f.write_str("not verified: the VM is not on that node any more"),
            Self::NotSent(why) => write!(f, "not sent: {why}"),
            Self::NotHotPluggable => {
                f.write_str("failed: not hot-pluggable, it would wait for a power cycle")
            }
            Self::Refused(why) => write!(f, "refused: {why}"),
            Self::Unconfirmed => f.write_str("not verified: QEMU did not say what it has"),
            Self::Unknown => f.write_str("not known: the node does not answer"),
        }
    }
}

/// What was read back.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Found<'a> {
    pub(crate) config: &'a VmConfig,
    /// What QEMU has, in the step's unit; `None` when it could not be asked.
    pub(crate) qemu: Option<u32>,
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
    // Without an answer of QEMU's the config is what is known; it is written step by step.
    let has = found.qemu.unwrap_or(config);
    if has != config {
        return Outcome::Differs(config, has);
    }
    if has == to && !waits {
        return if found.qemu.is_some() { Outcome::Applied } else { Outcome::Unconfirmed };
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

    fn judged(exit_zero: bool, failure: Option<Failure>, conf: &str, qemu: Option<u32>) -> Outcome {
        let config = VmConfig::parse(&format!("cores: 8\n{conf}")).unwrap();
        let step = Move::Cpu { from: 4.try_into().unwrap(), to: 2.try_into().unwrap() };
        judge(step, Some(exit_zero), failure, &Found { config: &config, qemu })
    }

    #[test]
    fn what_is_there_decides() {
        let unplug = Some(Failure::CpuUnplug);
        let pending = "[PENDING]\nvcpus: 2\n";
        for (exit_zero, failure, conf, qemu, expected) in [
            (true, None, "vcpus: 2\n".to_owned(), Some(2), Outcome::Applied),
            (false, unplug, "vcpus: 2\n".to_owned(), Some(2), Outcome::Applied),
            (true, None, format!("vcpus: 4\n{pending}"), Some(4), Outcome::NotHotPluggable),
            (
                false,
                unplug,
                format!("vcpus: 4\n{pending}"),
                Some(4),
                Outcome::Failed(Failure::CpuUnplug),
            ),
            (
                false,
                unplug,
                format!("vcpus: 3\n{pending}"),
                Some(3),
                Outcome::AppliedInPart(3, unplug),
            ),
            (false, unplug, format!("vcpus: 4\n{pending}"), Some(3), Outcome::Differs(4, 3)),
            (true, None, "vcpus: 4\n".to_owned(), Some(4), Outcome::Failed(Failure::Unknown)),
            (true, None, "vcpus: 2\n".to_owned(), None, Outcome::Unconfirmed),
            (
                false,
                Some(Failure::Locked),
                "vcpus: 4\n".to_owned(),
                Some(4),
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
