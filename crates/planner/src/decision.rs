//! What comes out.

use std::fmt;

use serde::{Deserialize, Serialize};
use vm_autoscale_proxmox::{BalloonMib, CpuLimit, MemoryMib, Vcpus, VmId};

use crate::{Reason, Room, Short};

/// What can be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Resource {
    /// CPU: plugged vCPUs and the cap on their time.
    Cpu,
    /// Memory: plugged DIMMs and what the balloon leaves of them.
    Memory,
}

/// One change of one VM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "resource", rename_all = "lowercase")]
pub enum Move {
    /// Other vCPUs.
    Cpu {
        /// Plugged now.
        from: Vcpus,
        /// To be plugged.
        to: Vcpus,
    },
    /// Another cap on the CPU time, in cores.
    CpuLimit {
        /// The cap now.
        from: CpuLimit,
        /// To be the cap.
        to: CpuLimit,
    },
    /// Other memory, in MiB.
    Memory {
        /// Plugged now.
        from: MemoryMib,
        /// To be plugged.
        to: MemoryMib,
    },
    /// Another part of the memory that the balloon leaves to the guest, in MiB.
    Balloon {
        /// The target now; nothing where it never had one and all is the guest's.
        from: Option<BalloonMib>,
        /// To be the target.
        to: BalloonMib,
    },
}

impl Move {
    /// What it changes.
    #[must_use]
    pub fn resource(self) -> Resource {
        match self {
            Self::Cpu { .. } | Self::CpuLimit { .. } => Resource::Cpu,
            Self::Memory { .. } | Self::Balloon { .. } => Resource::Memory,
        }
    }

    /// Whether it adds.
    #[must_use]
    pub fn is_growth(self) -> bool {
        match self {
            Self::Cpu { from, to } => to > from,
            // No limit is above any other.
            Self::CpuLimit { from, to } => to > from,
            Self::Memory { from, to } => to > from,
            Self::Balloon { from, to } => from.is_some_and(|from| to > from),
        }
    }

    /// Whether it takes.
    #[must_use]
    pub fn is_shrink(self) -> bool {
        match self {
            Self::Cpu { from, to } => to < from,
            Self::CpuLimit { from, to } => to < from,
            Self::Memory { from, to } => to < from,
            Self::Balloon { from, to } => from.is_none_or(|from| to < from),
        }
    }

    /// Whether it takes something that was plugged, which the guest may keep.
    #[must_use]
    pub fn is_unplug(self) -> bool {
        self.is_shrink() && matches!(self, Self::Cpu { .. } | Self::Memory { .. })
    }

    /// MiB that it lets the guest have beyond what it has.
    #[must_use]
    pub fn added_mib(self) -> u32 {
        match self {
            Self::Memory { from, to } => to.get().saturating_sub(from.get()),
            Self::Balloon { from: Some(from), to } => to.get().saturating_sub(from.get()),
            Self::Balloon { from: None, .. } | Self::Cpu { .. } | Self::CpuLimit { .. } => 0,
        }
    }
}

impl fmt::Display for Move {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cpu { from, to } => write!(f, "vcpus {from} -> {to}"),
            Self::CpuLimit { from, to } => write!(f, "cpulimit {} -> {}", Cap(*from), Cap(*to)),
            Self::Memory { from, to } => write!(f, "memory {from} -> {to} MiB"),
            Self::Balloon { from: Some(from), to } => write!(f, "balloon {from} -> {to} MiB"),
            Self::Balloon { from: None, to } => write!(f, "balloon none -> {to} MiB"),
        }
    }
}

/// A cap as people say it: Proxmox's 0 would read as nothing at all.
struct Cap(CpuLimit);

impl fmt::Display for Cap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            CpuLimit::Unlimited => f.write_str("none"),
            cap @ CpuLimit::Hundredths(_) => write!(f, "{cap} cores"),
        }
    }
}

/// What is decided on one resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing to do.
    Hold,
    /// This would be right, and the mode forbids it.
    Recommend(Move),
    /// This is to be done now.
    Act(Move),
}

/// A verdict and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// What.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
    /// What its node had too little of, where it grows by less than it wants.
    pub short: Option<Short>,
    /// What its node has for it, where it grows by its own use.
    pub room: Option<Room>,
}

impl Choice {
    pub(crate) fn hold(reason: Reason) -> Self {
        Self { verdict: Verdict::Hold, reason, short: None, room: None }
    }

    /// Why, with what its node had too little of.
    #[must_use]
    pub fn why(&self) -> String {
        match (&self.short, &self.room) {
            (None, None) => self.reason.to_string(),
            (None, Some(room)) => format!("{}; {room}", self.reason),
            (Some(short), _) => format!("{}; {short}", self.reason),
        }
    }

    /// What is to be done now, if anything.
    #[must_use]
    pub fn act(&self) -> Option<Move> {
        match self.verdict {
            Verdict::Act(step) => Some(step),
            Verdict::Hold | Verdict::Recommend(_) => None,
        }
    }
}

/// What is decided on one VM. At most one of the two is [`Verdict::Act`]: one change at a time.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// Which.
    pub vmid: VmId,
    /// On its vCPUs.
    pub cpu: Choice,
    /// On its memory.
    pub memory: Choice,
}

impl Decision {
    /// Nothing is decided yet.
    pub(crate) fn none(vmid: VmId) -> Self {
        let hold = || Choice::hold(Reason::NotAsked);
        Self { vmid, cpu: hold(), memory: hold() }
    }

    /// What is decided on the resource.
    #[must_use]
    pub fn on(&self, resource: Resource) -> &Choice {
        match resource {
            Resource::Cpu => &self.cpu,
            Resource::Memory => &self.memory,
        }
    }

    /// The one change that is to be made now, if any.
    #[must_use]
    pub fn act(&self) -> Option<(Move, &Reason)> {
        let of = |choice: &Choice| choice.act();
        of(&self.cpu)
            .map(|step| (step, &self.cpu.reason))
            .or_else(|| of(&self.memory).map(|step| (step, &self.memory.reason)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cap(hundredths: u32) -> CpuLimit {
        CpuLimit::from_hundredths(hundredths).unwrap()
    }

    #[test]
    fn no_limit_is_above_any_other_and_no_target_is_all() {
        let (low, high) =
            (BalloonMib::try_from(1024).unwrap(), BalloonMib::try_from(4096).unwrap());
        for (step, said, grows, mib) in [
            (Move::CpuLimit { from: cap(0), to: cap(250) }, "cpulimit none -> 2.5 cores", false, 0),
            (Move::CpuLimit { from: cap(250), to: cap(0) }, "cpulimit 2.5 cores -> none", true, 0),
            (Move::Balloon { from: None, to: low }, "balloon none -> 1024 MiB", false, 0),
            (Move::Balloon { from: Some(low), to: high }, "balloon 1024 -> 4096 MiB", true, 3072),
            (Move::Balloon { from: Some(high), to: low }, "balloon 4096 -> 1024 MiB", false, 0),
        ] {
            assert_eq!((step.to_string().as_str(), step.is_growth()), (said, grows));
            assert_eq!((step.added_mib(), step.is_unplug()), (mib, false), "{said}");
            assert_eq!(step.is_shrink(), !grows, "{said}");
        }
    }

    /// A journal of before knows two of them; each is read as it was written.
    #[test]
    fn what_was_written_down_stays_readable() {
        let vcpus = |n: u32| Vcpus::try_from(n).unwrap();
        let mib = |n: u32| MemoryMib::try_from(n).unwrap();
        for (text, step) in [
            (r#"{"resource":"cpu","from":2,"to":4}"#, Move::Cpu { from: vcpus(2), to: vcpus(4) }),
            (
                r#"{"resource":"memory","from":2048,"to":4096}"#,
                Move::Memory { from: mib(2048), to: mib(4096) },
            ),
            (
                r#"{"resource":"cpulimit","from":0.0,"to":2.5}"#,
                Move::CpuLimit { from: cap(0), to: cap(250) },
            ),
            (
                r#"{"resource":"balloon","from":null,"to":2048}"#,
                Move::Balloon { from: None, to: 2048.try_into().unwrap() },
            ),
        ] {
            assert_eq!(serde_json::from_str::<Move>(text).unwrap(), step);
            assert_eq!(serde_json::to_string(&step).unwrap(), text);
        }
    }
}
