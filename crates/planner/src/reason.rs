//! Why something is done or not: the first rule that decided, with its figures.

use std::fmt;
use std::time::Duration;

use crate::Short;

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

mod kind;

/// The rule that decided.
#[derive(Debug, Clone, PartialEq)]
pub enum Reason {
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
    /// The config could not be read.
    ConfigUnknown,
    /// This resource of this VM was changed a moment ago.
    Cooldown(Duration),
    /// A change that could not be begun is tried again then.
    Retry(Duration),
    /// It is not known whether, or how, it is to be looked after.
    Doubt(String),
    /// Measured across a change, a restart or a migration.
    FirstAfterChange,
    /// So much of it was needed of late, and what is above that is given back for others on its
    /// node that need it.
    GivesBack(Percent),
    /// The HA manager moves, stops or fences it.
    HaManager(String),
    /// Used above the high mark.
    High(Percent, Percent),
    /// A change of ours is under way.
    InFlight,
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
    /// The other resource of the VM is changed first.
    OneAtATime,
    /// Measured at another size than the config has.
    OtherSize,
    /// An administrator paused it.
    Paused(String),
    /// QEMU and config disagree.
    Quarantined(String),
    /// Changes that are not ours wait for a power cycle.
    Pending(String),
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
    /// Between the marks.
    Within(Percent),
    /// One step less would be above the high mark.
    WouldBeHigh(Percent),
    /// Exactly zero: what a just restarted pvestatd says of a busy VM too.
    ZeroFilled,
}

impl Reason {
    /// Whether what is wanted only has to wait: it is judged again with the next sample, not
    /// with the next check.
    pub(crate) fn is_wait(&self) -> bool {
        matches!(
            self,
            Self::Cooldown(_)
                | Self::NodeBusy(_)
                | Self::OneAtATime
                | Self::Retry(_)
                | Self::Started(_)
        )
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = |wait: &Duration| wait.as_secs_f64().ceil();
        match self {
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
            Self::ConfigUnknown => f.write_str("its config is not known"),
            Self::Cooldown(wait) => write!(f, "cooldown, {} s left", seconds(wait)),
            Self::Retry(wait) => write!(f, "tried again in {} s", seconds(wait)),
            Self::Doubt(what) => write!(f, "not known {what}"),
            Self::FirstAfterChange => f.write_str("first sample after a change"),
            Self::GivesBack(most) => {
                write!(f, "{most} used at most, given back: its node is full, and others need it")
            }
            Self::HaManager(state) => write!(f, "the HA manager is busy with it ({state})"),
            Self::High(used, mark) => write!(f, "{used} used, above {mark}"),
            Self::InFlight => f.write_str("a change is under way"),
            Self::Locked(by) => write!(f, "locked ({by})"),
            Self::Low(used, mark, times) => {
                write!(f, "{used} used, below {mark}, {times} times in a row")
            }
            Self::LowNotLong(used, seen, needed) => {
                write!(f, "{used} used, low {seen} of {needed} times")
            }
            Self::MemoryShrinkOff(used) => write!(f, "{used} used, `memory_shrink` is off"),
            Self::MemoryUseUnknown(used) => write!(f, "{used} resident, no balloon device to ask"),
            Self::NoSample => f.write_str("no sample"),
            Self::NodeBusy(count) => write!(f, "waits: {count} changes are under way on the node"),
            Self::NodeFull(short) => short.fmt(f),
            Self::NodeUnknown => f.write_str("wants more, node's load is not known"),
            Self::HugePages => f.write_str("`hugepages` changes its sizes: not supported"),
            Self::NotAble(fix) => write!(f, "not able: {fix}, then power off and on"),
            Self::NotAsked => f.write_str("not looked after"),
            Self::OneAtATime => f.write_str("the other change comes first"),
            Self::OtherSize => f.write_str("measured at another size"),
            Self::Paused(why) => write!(f, "paused: {why}"),
            Self::Quarantined(why) => write!(f, "quarantined: {why}"),
            Self::Pending(names) => write!(f, "changes of others are pending: {names}"),
            Self::Repeated => f.write_str("no new sample"),
            Self::NodeOffline => f.write_str("its node is offline"),
            Self::Stopped => f.write_str("not running"),
            Self::Stale(age) => write!(f, "sample {} s old", seconds(age)),
            Self::Started(wait) => write!(f, "just started, {} s left", seconds(wait)),
            Self::SteppedBack => f.write_str("the node's clock went back"),
            Self::Template => f.write_str("a template"),
            Self::Within(used) => write!(f, "{used} used"),
            Self::WouldBeHigh(used) => write!(f, "low, but would be at {used} after"),
            Self::ZeroFilled => f.write_str("sample reads exactly 0"),
        }
    }
}
