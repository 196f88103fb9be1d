//! What follows from what became of a change: one row an outcome.

use serde::{Deserialize, Serialize};
use vm_autoscale_proxmox::Failure;

use crate::Outcome;

/// What became of a change, as coarse as its consequences are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// It is in effect.
    Applied,
    /// A part of the way, or in the config and not in QEMU.
    AppliedInPart,
    /// QEMU has it, and the guest does not use it.
    NoEffect,
    /// It would have waited for a power cycle, and was taken back.
    StillPending,
    /// By a rule of the helper, a lock, the digest, or because it could not be sent.
    Refused,
    /// The VM is on another node.
    Moved,
    /// The VM is no more, or another one.
    Gone,
    /// Nobody can say.
    Unknown,
}

/// What follows for the resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// It rests for its cooldown.
    Rest,
    /// It rests, longer with each time in a row.
    RestLonger,
    /// Nothing was begun: it is tried again soon, later with each time in a row.
    TryAgain,
    /// Nothing: the next decision is as good as this one was.
    Nothing,
}

impl Then {
    /// Whether the resource is left alone for a cooldown at least.
    #[must_use]
    pub fn rests(self) -> bool {
        matches!(self, Self::Rest | Self::RestLonger)
    }
}

/// What follows from an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Consequence {
    /// In a word.
    pub class: Class,
    /// For the resource.
    pub then: Then,
    /// Whether QEMU and config disagree, so that nothing more is asked of them.
    pub quarantine: bool,
    /// Whether people are told the first time already, not only when it keeps happening.
    pub tell: bool,
}

impl Outcome {
    /// Whether the guest kept what was to be unplugged, all of it or a part.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        let (Self::Failed(failure) | Self::AppliedInPart(_, Some(failure))) = self else {
            return false;
        };
        matches!(failure, Failure::CpuUnplug | Failure::DimmUnplug)
    }

    /// What follows from it.
    #[must_use]
    pub fn consequence(&self) -> Consequence {
        let of = |class, then, tell| Consequence { class, then, quarantine: false, tell };
        match self {
            Self::Applied => of(Class::Applied, Then::Rest, true),
            Self::AppliedInPart(..) => of(Class::AppliedInPart, Then::RestLonger, true),
            Self::Differs(..) => {
                Consequence { quarantine: true, ..of(Class::AppliedInPart, Then::RestLonger, true) }
            }
            // It did not refuse anything: it stopped.
            Self::Stopped(true) => of(Class::AppliedInPart, Then::Rest, true),
            Self::Stopped(false) => of(Class::StillPending, Then::Rest, true),
            Self::NoEffect { .. } => of(Class::NoEffect, Then::RestLonger, true),
            Self::Failed(failure) => of_failure(*failure),
            Self::NotHotPluggable => of(Class::StillPending, Then::RestLonger, true),
            Self::Locked(_) | Self::NotSent(_) => of(Class::Refused, Then::TryAgain, false),
            Self::Refused(_) => of(Class::Refused, Then::RestLonger, true),
            Self::Moved { tried: false, .. } => of(Class::Moved, Then::Nothing, false),
            Self::Moved { tried: true, .. } => of(Class::Moved, Then::Rest, true),
            Self::Gone | Self::Replaced => of(Class::Gone, Then::Nothing, true),
            Self::Unconfirmed => of(Class::Unknown, Then::RestLonger, true),
            // The node is silent, not the VM.
            Self::Unknown => of(Class::Unknown, Then::Rest, true),
        }
    }
}

fn of_failure(failure: Failure) -> Consequence {
    let of = |class, then, tell| Consequence { class, then, quarantine: false, tell };
    match failure {
        Failure::DigestMismatch | Failure::Locked | Failure::LockTimeout => {
            of(Class::Refused, Then::TryAgain, false)
        }
        // The lists say that it is here, and so does what was read back: both may be late.
        Failure::NotHere => of(Class::Moved, Then::TryAgain, false),
        // The node takes no writes: that is not the VM's doing.
        Failure::ReadOnly => of(Class::Refused, Then::Rest, true),
        Failure::BalloonTooLarge | Failure::Parameter => of(Class::Refused, Then::RestLonger, true),
        _ => of(Class::StillPending, Then::RestLonger, true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever is not known to be in effect never counts as such, and nothing that `qm` may have
    /// begun is tried again without a rest.
    #[test]
    fn only_what_is_there_counts_as_applied() {
        let cpu = vm_autoscale_planner::Resource::Cpu;
        let moved = |tried| Outcome::Moved { to: "pve2".try_into().unwrap(), tried };
        for (outcome, class, then) in [
            (Outcome::Applied, Class::Applied, Then::Rest),
            (Outcome::AppliedInPart(3, None), Class::AppliedInPart, Then::RestLonger),
            (Outcome::Differs(4, 3), Class::AppliedInPart, Then::RestLonger),
            (
                Outcome::NoEffect { resource: cpu, qemu: 4, guest: 2 },
                Class::NoEffect,
                Then::RestLonger,
            ),
            (Outcome::NotHotPluggable, Class::StillPending, Then::RestLonger),
            (Outcome::Failed(Failure::CpuUnplug), Class::StillPending, Then::RestLonger),
            (Outcome::Failed(Failure::LockTimeout), Class::Refused, Then::TryAgain),
            (Outcome::Failed(Failure::DigestMismatch), Class::Refused, Then::TryAgain),
            (Outcome::Failed(Failure::ReadOnly), Class::Refused, Then::Rest),
            (Outcome::Failed(Failure::NotHere), Class::Moved, Then::TryAgain),
            (Outcome::Locked("backup".to_owned()), Class::Refused, Then::TryAgain),
            (Outcome::Refused("rule".to_owned()), Class::Refused, Then::RestLonger),
            (moved(false), Class::Moved, Then::Nothing),
            (moved(true), Class::Moved, Then::Rest),
            (Outcome::Gone, Class::Gone, Then::Nothing),
            (Outcome::Unknown, Class::Unknown, Then::Rest),
            (Outcome::Unconfirmed, Class::Unknown, Then::RestLonger),
        ] {
            let consequence = outcome.consequence();
            assert_eq!((consequence.class, consequence.then), (class, then), "{outcome}");
            assert_eq!(consequence.quarantine, matches!(outcome, Outcome::Differs(..)));
            let kept = outcome == Outcome::Failed(Failure::CpuUnplug);
            assert_eq!(outcome.is_kept(), kept, "{outcome}");
        }
    }
}
