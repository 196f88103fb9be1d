//! What holds by the time of day.

use serde::{Deserialize, Serialize};
use validator::Validate;
use vm_autoscale_calendar::{CalendarEvent, Span, Window, Zone};

use crate::settings::Own;
use crate::{Limits, Profile, leaf, rules};

#[cfg(test)]
use crate::schema;

/// So many stand in one list.
pub(crate) const MOST: usize = 32;

/// Bounds and a profile that hold for a time, again and again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[validate(schema(function = "rules::schedule", skip_on_field_errors = false))]
pub struct Schedule {
    /// What it is called where it is shown.
    #[serde(deserialize_with = "leaf::label")]
    #[cfg_attr(test, schemars(with = "schema::Label"))]
    pub name: String,
    /// When it begins: a calendar event as Proxmox's own schedules have it, such as
    /// `mon..fri 08:00`. Where the clock is put forward over it, it begins right after that; where
    /// it would come twice, the first time.
    #[serde(serialize_with = "leaf::shown", deserialize_with = "leaf::parsed")]
    #[cfg_attr(test, schemars(with = "schema::Event"))]
    pub at: CalendarEvent,
    /// For how long it holds then, as time passes, 1m to 7d: minutes, hours or days. One that
    /// begins anew meanwhile goes on for so long from then.
    #[serde(rename = "for", serialize_with = "leaf::shown", deserialize_with = "leaf::parsed")]
    #[cfg_attr(test, schemars(with = "schema::Span"))]
    pub duration: Span,
    /// Whose clock on the wall counts, by its name in the machine's database: `Europe/Berlin`. The
    /// machine's own zone where this is not said.
    #[serde(default, serialize_with = "leaf::some_shown", deserialize_with = "leaf::some_parsed")]
    #[cfg_attr(test, schemars(with = "Option<schema::ZoneName>"))]
    pub timezone: Option<Zone>,
    /// Shipped figures in the place of the section's own profile. What is written out in the
    /// section holds over them, and so does what a section says that is nearer to the VM.
    pub profile: Option<Profile>,
    /// Sizes that hold over those of the section. What a section says that is nearer to the VM
    /// holds over them.
    #[serde(default)]
    #[validate(nested)]
    pub scaling_limits: Limits,
}

impl Schedule {
    /// Its bounds alone.
    pub(crate) fn limits(&self) -> Own {
        self.scaling_limits.own()
    }

    /// Whether it holds, and until when that is so; `machine` is the machine's own zone.
    pub(crate) fn window(&self, now: i64, machine: &Zone) -> Window {
        Window::at(now, &self.at, self.duration, self.timezone.as_ref().unwrap_or(machine))
    }
}

/// Which of a list hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Holding(u32);

impl Holding {
    /// One of them.
    pub(crate) fn only(at: usize) -> Self {
        Self(u32::try_from(at).ok().and_then(|at| 1_u32.checked_shl(at)).unwrap_or(0))
    }

    pub(crate) fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) fn has(self, at: usize) -> bool {
        self.0 & Self::only(at).0 != 0
    }
}
