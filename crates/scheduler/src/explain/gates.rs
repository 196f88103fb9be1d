//! The gates by their names, and which reason is whose.

use vm_autoscale_planner::Reason;

use super::{Gate, Setting, Stand};

/// In the order in which they are asked, the whole VM first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    Selection,
    Cluster,
    Journal,
    Config,
    Template,
    Meant,
    Pause,
    Node,
    Running,
    Ha,
    UnderWay,
    Lock,
    Pending,
    Others,
    Sample,
    Scaling,
    Agreement,
    Ability,
    Measured,
    Use,
    Bounds,
    Taking,
    Rest,
    Room,
    Guest,
    Mode,
    Turn,
}

impl Name {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Selection => "selection",
            Self::Cluster => "cluster",
            Self::Journal => "journal",
            Self::Config => "config",
            Self::Template => "template",
            Self::Meant => "meant",
            Self::Pause => "pause",
            Self::Node => "node",
            Self::Running => "running",
            Self::Ha => "HA",
            Self::UnderWay => "under way",
            Self::Lock => "lock",
            Self::Pending => "pending",
            Self::Others => "others",
            Self::Sample => "sample",
            Self::Scaling => "scaling",
            Self::Agreement => "quarantine",
            Self::Ability => "hotplug",
            Self::Measured => "measured",
            Self::Use => "use",
            Self::Bounds => "bounds",
            Self::Taking => "taking",
            Self::Rest => "rest",
            Self::Room => "room",
            Self::Guest => "guest",
            Self::Mode => "mode",
            Self::Turn => "turn",
        }
    }

    /// Whose word a reason is, where it is why nothing is done.
    pub(super) fn of(reason: &Reason) -> Self {
        match reason {
            Reason::ConfigDue | Reason::ConfigUnknown => Self::Config,
            Reason::Template => Self::Template,
            Reason::Doubt(_) => Self::Meant,
            Reason::Paused(_) => Self::Pause,
            Reason::NodeOffline => Self::Node,
            Reason::Stopped => Self::Running,
            Reason::HaManager(_) => Self::Ha,
            Reason::InFlight | Reason::Ordered(_) => Self::UnderWay,
            Reason::Locked(_) => Self::Lock,
            Reason::Pending(_) => Self::Pending,
            Reason::ChangedByOthers(_) => Self::Others,
            Reason::NoSample
            | Reason::Stale(_)
            | Reason::FirstAfterChange
            | Reason::SteppedBack
            | Reason::ZeroFilled => Self::Sample,
            Reason::NotAsked => Self::Scaling,
            Reason::Quarantined(_) => Self::Agreement,
            Reason::NotAble(_)
            | Reason::NotSet(_)
            | Reason::AutoBalloon
            | Reason::HugePages
            | Reason::BoundsLeaveNothing => Self::Ability,
            Reason::OtherSize => Self::Measured,
            Reason::AtMaximum(..) | Reason::AtMinimum(_) => Self::Bounds,
            Reason::MemoryShrinkOff(_) => Self::Taking,
            other => Self::of_a_wish(other),
        }
    }

    fn of_a_wish(reason: &Reason) -> Self {
        match reason {
            Reason::Cooldown(_)
            | Reason::Retry(_)
            | Reason::Started(_)
            | Reason::TakingRests(..)
            | Reason::FirstDayMost(_)
            | Reason::FirstDayRest(_)
            | Reason::GrowthRests(..)
            | Reason::Regretted(..) => Self::Rest,
            Reason::NodeBusy(_) | Reason::NodeFull(_) | Reason::NodeUnknown => Self::Room,
            Reason::AskingGuest(_)
            | Reason::GuestHasLess(..)
            | Reason::GuestSilent(..)
            | Reason::MemoryUseUnknown(_)
            | Reason::WouldBeShort { .. } => Self::Guest,
            Reason::Repeated | Reason::BetweenChecks(_) | Reason::OneAtATime => Self::Turn,
            _ => Self::Use,
        }
    }
}

/// Gates, one after the other.
#[derive(Debug, Default)]
pub(super) struct Gates(Vec<(Name, Result<String, String>, Vec<Setting>)>);

impl Gates {
    /// `said` is an error where it stops.
    pub(super) fn add(&mut self, name: Name, said: Result<String, String>, by: Vec<Setting>) {
        self.0.push((name, said, by));
    }

    /// From now on that gate stops it; one that does so already says why.
    pub(super) fn stop(&mut self, name: Name, why: &str) {
        if let Some((_, said, _)) = self.0.iter_mut().find(|(known, ..)| *known == name)
            && said.is_ok()
        {
            *said = Err(why.to_owned());
        }
    }

    /// Which is the first that stops it.
    pub(super) fn first(&self) -> Option<Name> {
        self.stopping().next()
    }

    /// All that stop it.
    pub(super) fn stopping(&self) -> impl Iterator<Item = Name> {
        self.0.iter().filter(|(_, said, _)| said.is_err()).map(|(name, ..)| *name)
    }

    /// As they are told; where one before them `stopped` it already, none is the first.
    pub(super) fn told(self, mut stopped: bool) -> Vec<Gate> {
        let told = |(name, said, settings): (Name, Result<String, String>, Vec<Setting>)| {
            let stand = match (&said, stopped) {
                (Ok(_), _) => Stand::Passes,
                (Err(_), false) => Stand::Stops,
                (Err(_), true) => Stand::Also,
            };
            stopped |= said.is_err();
            let (Ok(said) | Err(said)) = said;
            Gate { name: name.word().to_owned(), stand, said, settings }
        };
        self.0.into_iter().map(told).collect()
    }
}
