//! Reasons as programs tell them apart.

use crate::Reason;

impl Reason {
    /// A stable word for programs: the variant without its figures.
    #[must_use]
    #[rustfmt::skip]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::AskingGuest(..) => "asking-guest",
            Self::AtMaximum(..) => "at-maximum",
            Self::AtMinimum(..) => "at-minimum",
            Self::By(reason, _) => reason.kind(),
            Self::AutoBalloon => "auto-balloon",
            Self::BelowMinimum => "below-minimum",
            Self::BetweenChecks(..) => "between-checks",
            Self::Busy { .. } => "busy",
            Self::Saturated { .. } => "saturated",
            Self::Short { .. } => "short",
            Self::Spare { .. } => "spare",
            Self::Unneeded { .. } => "unneeded",
            Self::BoundsLeaveNothing => "bounds-leave-nothing",
            Self::ChangedByOthers(..) => "changed-by-others",
            Self::ConfigDue => "config-due",
            Self::ConfigUnknown => "config-unknown",
            Self::Cooldown(..) => "cooldown",
            Self::Doubt(..) => "doubt",
            Self::FirstAfterChange => "first-after-change",
            Self::FirstDayMost(..) => "first-day-most",
            Self::FirstDayRest(..) => "first-day-rest",
            Self::GrowthRests(..) => "growth-rests",
            Self::GuestHasLess(..) => "guest-has-less",
            Self::GuestSilent(..) => "guest-silent",
            Self::GivesBack(..) => "gives-back",
            Self::HaManager(..) => "ha-manager",
            Self::High(..) => "high",
            Self::InFlight => "in-flight",
            Self::LessThanAStep => "less-than-a-step",
            Self::LimitOfOthers(..) => "limit-of-others",
            Self::Locked(..) => "locked",
            Self::Low(..) => "low",
            Self::LowNotLong(..) => "low-not-long",
            Self::MemoryShrinkOff(..) => "memory-shrink-off",
            Self::MemoryUseUnknown(..) => "memory-use-unknown",
            Self::Needs(..) => "needs",
            Self::NoSample => "no-sample",
            Self::NodeBusy(..) => "node-busy",
            Self::NodeFull(..) => "node-full",
            Self::NodeUnknown => "node-unknown",
            Self::HugePages => "huge-pages",
            Self::NotAble(..) => "not-able",
            Self::NotAsked => "not-asked",
            Self::NotSet(..) => "not-set",
            Self::OneAtATime => "one-at-a-time",
            Self::Ordered(..) => "ordered",
            Self::OtherSize => "other-size",
            Self::Paused(..) => "paused",
            Self::Quarantined(..) => "quarantined",
            Self::Pending(..) => "pending",
            Self::Regretted(..) => "regretted",
            Self::Repeated => "repeated",
            Self::Retry(..) => "retry",
            Self::NodeOffline => "node-offline",
            Self::Stopped => "stopped",
            Self::Stale(..) => "stale",
            Self::Started(..) => "started",
            Self::SteppedBack => "stepped-back",
            Self::Template => "template",
            Self::TakingRests(..) => "taking-rests",
            Self::Unused { .. } => "unused",
            Self::Undo(..) => "undo",
            Self::Within(..) => "within",
            Self::WouldBeHigh(..) => "would-be-high",
            Self::WouldBeShort { .. } => "would-be-short",
            Self::ZeroFilled => "zero-filled",
        }
    }

    /// Whether it only says that this moment is none to decide in: what was decided before stands.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::AskingGuest(..)
                | Self::BetweenChecks(..)
                | Self::ConfigDue
                | Self::Cooldown(..)
                | Self::FirstAfterChange
                | Self::InFlight
                | Self::NoSample
                | Self::NodeBusy(..)
                | Self::OneAtATime
                | Self::Repeated
                | Self::Retry(..)
                | Self::Started(..)
        )
    }

    /// Whether something keeps the VM from being looked after, whatever it uses.
    #[must_use]
    pub fn is_block(&self) -> bool {
        let free = matches!(
            self,
            Self::AtMaximum(..)
                | Self::AtMinimum(..)
                | Self::BelowMinimum
                | Self::Busy { .. }
                | Self::FirstDayMost(..)
                | Self::FirstDayRest(..)
                | Self::GrowthRests(..)
                | Self::By(..)
                | Self::Saturated { .. }
                | Self::Short { .. }
                | Self::Spare { .. }
                | Self::Unneeded { .. }
                | Self::GivesBack(..)
                | Self::High(..)
                | Self::LessThanAStep
                | Self::LimitOfOthers(..)
                | Self::Low(..)
                | Self::LowNotLong(..)
                | Self::MemoryShrinkOff(..)
                | Self::Needs(..)
                | Self::NodeFull(..)
                | Self::NotAsked
                | Self::TakingRests(..)
                | Self::Unused { .. }
                | Self::Regretted(..)
                | Self::Undo(..)
                | Self::Within(..)
                | Self::WouldBeHigh(..)
                | Self::WouldBeShort { .. }
        );
        !free && !self.is_passing()
    }
}
