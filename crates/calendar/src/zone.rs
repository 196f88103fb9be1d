//! Time zones: from seconds since 1970 to the clock on the wall, and back.

use std::fmt;
use std::str::FromStr;

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp};

/// A time zone of the machine's database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone(TimeZone);

impl FromStr for Zone {
    type Err = NoZone;

    fn from_str(name: &str) -> Result<Self, NoZone> {
        Self::named(name)
    }
}

impl fmt::Display for Zone {
    /// Its name, which reads back as the same zone; one without a name is called so.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name().unwrap_or("a zone without a name"))
    }
}

/// The machine knows no zone of that name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no time zone that this machine knows (a name below /usr/share/zoneinfo, as in \
     Europe/Berlin; Debian has them in the package tzdata)"
)]
pub struct NoZone(String);

impl Zone {
    /// The zone of that name.
    ///
    /// # Errors
    /// The database has none of that name, or there is no database.
    pub fn named(name: &str) -> Result<Self, NoZone> {
        TimeZone::get(name).map(Self).map_err(|_| NoZone(name.to_owned()))
    }

    /// The machine's own: what `TZ` says, else `/etc/localtime`. Where neither says one, it is UTC,
    /// as localtime(5) has it.
    #[must_use]
    pub fn of_machine() -> Self {
        Self(TimeZone::try_system().unwrap_or(TimeZone::UTC))
    }

    /// Its name; a zone of the machine may have none.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.0.iana_name()
    }

    /// A time as people write it: `2026-07-01 08:00`.
    #[must_use]
    pub fn written(&self, time: i64) -> Option<String> {
        Some(self.wall(time)?.strftime("%Y-%m-%d %H:%M").to_string())
    }

    /// The same, so that nobody has to know the zone: `2026-07-01 08:00 +02:00`.
    #[must_use]
    pub fn stamped(&self, time: i64) -> Option<String> {
        let zoned = Timestamp::from_second(time).ok()?.to_zoned(self.0.clone());
        Some(zoned.strftime("%Y-%m-%d %H:%M %:z").to_string())
    }

    /// When it is that: `2026-07-01T08:00:00Z` by RFC 3339, `2026-07-01 08:00`, or `2026-07-01` for the begin of the day; the first of
    /// two such times, and where that is left out, the first moment after what is left out.
    #[must_use]
    pub fn moment(&self, text: &str) -> Option<i64> {
        if let Ok(time) = text.parse::<Timestamp>() {
            return Some(time.as_second());
        }
        let at = |format: &str, text: &str| DateTime::strptime(format, text).ok();
        let wall =
            at("%Y-%m-%d %H:%M", text).or_else(|| at("%Y-%m-%d %H:%M", &format!("{text} 00:00")));
        self.time(wall?)
    }

    /// What the clock on the wall says.
    pub(crate) fn wall(&self, time: i64) -> Option<DateTime> {
        Some(self.0.to_datetime(Timestamp::from_second(time).ok()?))
    }

    /// The latest that it said up to then. It is later than what it says where it was put back
    /// within so long.
    pub(crate) fn furthest_wall(&self, time: i64) -> Option<DateTime> {
        let wall = self.wall(time)?;
        let offset = self.0.to_offset(Timestamp::from_second(time).ok()?);
        match self.0.to_ambiguous_timestamp(wall).offset() {
            AmbiguousOffset::Fold { before, after } if offset == after => {
                let back = i64::from(before.seconds()) - i64::from(after.seconds());
                wall.checked_add(SignedDuration::from_secs(back)).ok()
            }
            _ => Some(wall),
        }
    }

    /// When it says so: the first of two times; and where that is left out, the first moment after
    /// what is left out.
    pub(crate) fn time(&self, wall: DateTime) -> Option<i64> {
        let time = match self.0.to_ambiguous_timestamp(wall).offset() {
            AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(wall).ok()?,
            AmbiguousOffset::Fold { before, .. } => before.to_timestamp(wall).ok()?,
            AmbiguousOffset::Gap { after, .. } => {
                let before = after.to_timestamp(wall).ok()?;
                self.0.following(before).next()?.timestamp()
            }
        };
        Some(time.as_second())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_with_how_far_it_is_from_utc_and_read_again() {
        let berlin = Zone::named("Europe/Berlin").unwrap();
        let summer = berlin.moment("2026-07-01 08:00").unwrap();
        assert_eq!(berlin.stamped(summer).as_deref(), Some("2026-07-01 08:00 +02:00"));
        let winter = berlin.moment("2026-01-01").unwrap();
        assert_eq!(berlin.stamped(winter).as_deref(), Some("2026-01-01 00:00 +01:00"));
        // Left out in that night, so that the first moment after it is meant.
        let none = berlin.moment("2026-03-29 02:30").unwrap();
        assert_eq!(berlin.stamped(none).as_deref(), Some("2026-03-29 03:00 +02:00"));
        for bad in ["2026-02-30", "08:00", "2026-07-01 25:00", ""] {
            assert_eq!(berlin.moment(bad), None, "{bad}");
        }
    }
}
