//! Why something is done or not: the first rule that decided, with its figures.

use std::fmt;
use std::time::Duration;

use vm_autoscale_proxmox::CpuLimit;

use crate::{Resource, Short};

/// Percent with one decimal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Percent(pub f64);

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} %", self.0)
    }
}

/// Seconds, shown in the unit that fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span(pub u32);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            seconds @ 0..=299 => write!(f, "{seconds} s"),
            seconds @ 300..=10_799 => write!(f, "{} min", seconds / 60),
            seconds => write!(f, "{:.1} h", f64::from(seconds) / 3600.0),
        }
    }
}

/// So much of a resource.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Amount {
    /// Hundredths of a core.
    Cpu(u32),
    /// MiB.
    Memory(u32),
}

impl Amount {
    pub(crate) fn of(resource: Resource, amount: u32) -> Self {
        match resource {
            Resource::Cpu => Self::Cpu(amount),
            Resource::Memory => Self::Memory(amount),
        }
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cpu(hundredths) => write!(f, "{:.2} cores", f64::from(*hundredths) / 100.0),
            Self::Memory(mib) => write!(f, "{mib} MiB"),
        }
    }
}

mod kind;
mod signal;

pub use signal::Signal;

use crate::guest::Shortage;

/// The rule that decided.
#[derive(Debug, Clone, PartialEq)]
pub enum Reason {
    /// Proxmox's figure asks for a change of memory: first the guest is asked.
    AskingGuest(Percent),
    /// At the largest size that is allowed: by whom.
    AtMaximum(Percent, &'static str),
    /// At the smallest size that is allowed.
    AtMinimum(Percent),
    /// A minimum below which automatic ballooning moves the guest: two controllers would fight.
    AutoBalloon,
    /// The next decision on this VM is due later.
    BetweenChecks(Duration),
    /// The administrator's bounds, the VM's and the ladder leave no size.
    BoundsLeaveNothing,
    /// Someone else changed its size a while ago; so long it is left alone.
    ChangedByOthers(Duration),
    /// Used above the share that leaves its headroom.
    Busy {
        /// Of its vCPUs.
        used: Percent,
        /// From here on it grows.
        mark: Percent,
        /// Plugged.
        vcpus: u32,
    },
    /// All of it is used, so that nobody sees how much more is wanted.
    Saturated {
        /// Of its vCPUs.
        used: Percent,
        /// Plugged.
        vcpus: u32,
        /// For so long.
        span: Span,
        /// For this share of the last days so many cores were enough.
        recall: (Percent, f64),
    },
    /// Memory is short, or will be soon, in MiB.
    Short {
        /// Used.
        used: f64,
        /// Plugged.
        of: u32,
        /// Used in a while, as it goes now.
        soon: f64,
    },
    /// Never more than so many MiB were needed for so long.
    Spare {
        /// In MiB.
        most: f64,
        /// As long as this VM has shown to want.
        span: Span,
    },
    /// Never more than so many cores were needed for so long.
    Unneeded {
        /// In cores.
        most: f64,
        /// As long as this VM has shown to want.
        span: Span,
    },
    /// The config is not known any more, or not yet, and is read with the next look.
    ConfigDue,
    /// The config could not be read.
    ConfigUnknown,
    /// This resource of this VM was changed a moment ago.
    Cooldown(Duration),
    /// A change that could not be begun is tried again then.
    Retry(Duration),
    /// It is not known whether, or how, it is to be looked after.
    Doubt(String),
    /// Smaller than what is allowed now.
    BelowMinimum,
    /// Measured across a change, a restart or a migration.
    FirstAfterChange,
    /// Not a day was it seen, and it used so much in that time.
    FirstDayMost(Amount),
    /// Not a day was it seen, and something was taken from it within the last hour.
    FirstDayRest(Duration),
    /// So often in a row it did not use the vCPUs it was given; for so long none is added.
    GrowthRests(u32, Duration),
    /// So much of it was needed of late, and what is above that is given back for others on its
    /// node that need it.
    GivesBack(Percent),
    /// The HA manager moves, stops or fences it.
    HaManager(String),
    /// The guest uses only so many MiB of those that are plugged: DIMMs are offline, or the balloon
    /// holds some.
    GuestHasLess(u32, u32),
    /// Nothing is taken, and growth has to be urgent, where the guest does not say what it needs.
    GuestSilent(Percent, Signal),
    /// Used above the high mark.
    High(Percent, Percent),
    /// A change of ours is under way.
    InFlight,
    /// What is wanted is less than the lever's step away.
    LessThanAStep,
    /// Someone else gave it this limit on its CPU time.
    LimitOfOthers(CpuLimit),
    /// The config is locked by another task.
    Locked(String),
    /// Used below the low mark in this many decisions in a row.
    Low(Percent, Percent, u32),
    /// Used below the low mark, not for long enough.
    LowNotLong(Percent, u32, u32),
    /// Memory is not taken back unless the config says so.
    MemoryShrinkOff(Percent),
    /// The figure is the process's resident size, which says nothing of what the guest could spare.
    MemoryUseUnknown(Percent),
    /// No measurement that can be believed.
    NoSample,
    /// As many changes as may be are under way on the node.
    NodeBusy(usize),
    /// Needed, and used by Proxmox's figure, which counts page cache.
    Needs(Percent, Percent),
    /// The node has no room for growth.
    NodeFull(Short),
    /// How full the node is, is not known.
    NodeUnknown,
    /// Huge pages make the ladder of sizes another one.
    HugePages,
    /// Not possible until this option is set and the VM was powered off and on.
    NotAble(&'static str),
    /// Not looked after by the config.
    NotAsked,
    /// Not possible until this option is set, which is in effect at once.
    NotSet(&'static str),
    /// The other resource of the VM is changed first.
    OneAtATime,
    /// An administrator's order is carried out on it, in these words.
    Ordered(String),
    /// Measured at another size than the config has.
    OtherSize,
    /// An administrator paused it.
    Paused(String),
    /// QEMU and config disagree.
    Quarantined(String),
    /// Changes that are not ours wait for a power cycle.
    Pending(String),
    /// Memory below this many MiB was needed when it was taken: so long it is not taken again.
    Regretted(u32, Duration),
    /// The same measurement as before: nothing new is known.
    Repeated,
    /// The cluster does not see its node.
    NodeOffline,
    /// Not running.
    Stopped,
    /// The measurement has not advanced for this long.
    Stale(Duration),
    /// This program (or the helper) started a moment ago.
    Started(Duration),
    /// The node's clock went back: this measurement only sets the new beginning.
    SteppedBack,
    /// A template.
    Template,
    /// What was to be taken stayed, so often in a row; for so long it is not tried again.
    TakingRests(u32, Duration),
    /// So many vCPUs were added while so many cores were used, and are not used after so long.
    Unused {
        /// vCPUs.
        added: u32,
        /// Cores.
        cores: f64,
        /// Since.
        after: Duration,
    },
    /// Memory was taken so long ago, and the guest cannot do without it.
    Undo(Shortage, Duration),
    /// A decision on memory, and by which signal.
    By(Box<Self>, Signal),
    /// Between the marks.
    Within(Percent),
    /// One step less would be above the high mark.
    WouldBeHigh(Percent),
    /// The guest would have less available than it needs, in MiB.
    WouldBeShort {
        /// Available after the shrink.
        left: f64,
        /// What is to be.
        least: f64,
    },
    /// Exactly zero: what a just restarted pvestatd says of a busy VM too.
    ZeroFilled,
}

impl Reason {
    /// Whether what is wanted only has to wait: it is judged again with the next sample, not
    /// with the next check.
    pub(crate) fn is_wait(&self) -> bool {
        matches!(
            self,
            Self::AskingGuest(_)
                | Self::Cooldown(_)
                | Self::NodeBusy(_)
                | Self::OneAtATime
                | Self::Retry(_)
                | Self::Started(_)
        )
    }
}

impl Reason {
    /// Whether it is what the policy that goes by a VM's own use says for growth.
    pub(crate) fn is_by_own_use(&self) -> bool {
        matches!(self, Self::Busy { .. } | Self::Saturated { .. } | Self::Short { .. })
    }
}

impl fmt::Display for Reason {
    #[expect(clippy::too_many_lines, reason = "a sentence for each reason, all in one place")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = |wait: &Duration| wait.as_secs_f64().ceil();
        match self {
            Self::AskingGuest(used) => write!(f, "{used} used with page cache: asks the guest"),
            Self::By(reason, signal) => write!(f, "{reason}; {signal}"),
            Self::AtMaximum(used, by) => write!(f, "{used} used, at the maximum ({by})"),
            Self::AtMinimum(used) => write!(f, "{used} used, at the minimum"),
            Self::AutoBalloon => f.write_str(
                "`balloon` gives it to automatic ballooning (`qm set ID --delete balloon`)",
            ),
            Self::BetweenChecks(wait) => write!(f, "next check in {} s", seconds(wait)),
            Self::BoundsLeaveNothing => f.write_str("the bounds leave no size"),
            Self::ChangedByOthers(wait) => {
                write!(f, "changed by someone else, left alone for {} s", seconds(wait))
            }
            Self::Busy { used, mark, vcpus } => {
                write!(f, "cpu {used} of {vcpus} vCPUs, above {mark}")
            }
            Self::Saturated { used, vcpus, span, recall: (share, cores) } => write!(
                f,
                "cpu {used} of {vcpus} vCPUs for {span}, so at least that; {cores:.1} cores were enough for {share} of the last days"
            ),
            Self::Short { used, of, soon } => {
                write!(f, "{used:.0} of {of} MiB used, {soon:.0} within a minute")
            }
            Self::Spare { most, span } => write!(f, "at most {most:.0} MiB needed for {span}"),
            Self::Unneeded { most, span } => write!(f, "at most {most:.1} cores needed for {span}"),
            Self::ConfigDue => f.write_str("its config is read with the next look"),
            Self::ConfigUnknown => f.write_str("its config is not known"),
            Self::Cooldown(wait) => write!(f, "cooldown, {} s left", seconds(wait)),
            Self::Retry(wait) => write!(f, "tried again in {} s", seconds(wait)),
            Self::Doubt(what) => write!(f, "not known {what}"),
            Self::BelowMinimum => f.write_str("below the minimum that holds now"),
            Self::FirstAfterChange => f.write_str("first sample after a change"),
            Self::FirstDayMost(most) => {
                write!(f, "seen for less than a day, and it used {most} in that time")
            }
            Self::FirstDayRest(wait) => {
                write!(f, "seen for less than a day, gives back again in {} s", seconds(wait))
            }
            Self::GrowthRests(times, wait) => write!(
                f,
                "wants more, but did not use what was added {times} times in a row, {} s left",
                seconds(wait)
            ),
            Self::GivesBack(most) => {
                write!(f, "{most} used at most, given back: its node is full, and others need it")
            }
            Self::HaManager(state) => write!(f, "the HA manager is busy with it ({state})"),
            Self::GuestHasLess(has, plugged) => {
                write!(f, "the guest uses only {has} of {plugged} MiB")
            }
            Self::GuestSilent(used, signal) => write!(f, "{used} used, {signal}"),
            Self::High(used, mark) => write!(f, "{used} used, above {mark}"),
            Self::InFlight => f.write_str("a change is under way"),
            Self::LessThanAStep => f.write_str("what is wanted is less than a step away"),
            Self::LimitOfOthers(limit) => write!(f, "`cpulimit` {limit} is someone else's"),
            Self::Locked(by) => write!(f, "locked ({by})"),
            Self::Low(used, mark, times) => {
                write!(f, "{used} used, below {mark}, {times} times in a row")
            }
            Self::LowNotLong(used, seen, needed) => {
                write!(f, "{used} used, low {seen} of {needed} times")
            }
            Self::MemoryShrinkOff(used) => write!(f, "{used} used, `memory_shrink` is off"),
            Self::MemoryUseUnknown(used) => write!(f, "{used} resident, no balloon device to ask"),
            Self::Needs(needed, used) => write!(f, "{needed} needed, {used} used with page cache"),
            Self::NoSample => f.write_str("no sample"),
            Self::NodeBusy(count) => write!(f, "waits: {count} changes are under way on the node"),
            Self::NodeFull(short) => short.fmt(f),
            Self::NodeUnknown => f.write_str("wants more, node's load is not known"),
            Self::HugePages => f.write_str("`hugepages` changes its sizes: not supported"),
            Self::NotAble(fix) => write!(f, "not able: {fix}, then power off and on"),
            Self::NotAsked => f.write_str("not looked after"),
            Self::NotSet(fix) => write!(f, "not able until {fix}"),
            Self::OneAtATime => f.write_str("the other change comes first"),
            Self::Ordered(order) => f.write_str(order),
            Self::OtherSize => f.write_str("measured at another size"),
            Self::Paused(why) => write!(f, "paused: {why}"),
            Self::Quarantined(why) => write!(f, "quarantined: {why}"),
            Self::Pending(names) => write!(f, "changes of others are pending: {names}"),
            Self::Regretted(mib, wait) => {
                let hours = seconds(wait) / 3600.0;
                write!(f, "less than {mib} MiB was too little: not again for {hours:.1} h")
            }
            Self::Undo(why, after) => {
                write!(f, "{} s after memory was taken: {why}; it is given back", after.as_secs())
            }
            Self::Repeated => f.write_str("no new sample"),
            Self::NodeOffline => f.write_str("its node is offline"),
            Self::Stopped => f.write_str("not running"),
            Self::Stale(age) => write!(f, "sample {} s old", seconds(age)),
            Self::Started(wait) => write!(f, "just started, {} s left", seconds(wait)),
            Self::SteppedBack => f.write_str("the node's clock went back"),
            Self::Template => f.write_str("a template"),
            Self::TakingRests(times, wait) => write!(
                f,
                "taking failed {times} times in a row, tried again in {} s",
                seconds(wait)
            ),
            Self::Unused { added, cores, after } => write!(
                f,
                "{added} more did not raise its use of {cores:.2} cores in {} s",
                seconds(after)
            ),
            Self::Within(used) => write!(f, "{used} used"),
            Self::WouldBeShort { left, least } => {
                write!(f, "low, but {left:.0} MiB would be available after, less than {least:.0}")
            }
            Self::WouldBeHigh(used) => write!(f, "low, but would be at {used} after"),
            Self::ZeroFilled => f.write_str("sample reads exactly 0"),
        }
    }
}
