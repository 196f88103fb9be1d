//! A calendar event: when it happens next, and when it happened last.

use std::fmt;

use jiff::civil::{Date, DateTime, Weekday};

use crate::Zone;

/// Points in time by the clock on the wall, in the syntax of Proxmox's schedules (pve-docs,
/// "Calendar Events"): `mon..fri 08:00`, `*:0/5`, `sat *-1..7 15:00`.
///
/// Where the clock is put forward, what would happen in the hour that is left out happens at the
/// first moment after it. Where it is put back, what happens in the hour that comes twice happens
/// the first time only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarEvent {
    /// As it was written.
    pub(crate) shown: String,
    pub(crate) weekdays: Vec<Weekday>,
    /// These, and those below, each in its order and never empty.
    pub(crate) years: Vec<i16>,
    pub(crate) months: Vec<i16>,
    pub(crate) days: Vec<i16>,
    pub(crate) hours: Vec<i16>,
    pub(crate) minutes: Vec<i16>,
    pub(crate) seconds: Vec<i16>,
}

/// Which way time is searched.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    On,
    Back,
}

impl Way {
    /// The nearest value that is not before `from`, on this way.
    fn nearest(self, values: &[i16], from: i16) -> Option<i16> {
        match self {
            Self::On => values.iter().copied().find(|value| *value >= from),
            Self::Back => values.iter().rev().copied().find(|value| *value <= from),
        }
    }

    /// The one that comes first on it.
    fn first(self, values: &[i16]) -> Option<i16> {
        if self == Self::On { values.first().copied() } else { values.last().copied() }
    }

    /// One further.
    fn step(self) -> i8 {
        if self == Self::On { 1 } else { -1 }
    }

    /// The day of a month that comes first on it, by that month's first day.
    fn begin(self, month: Date) -> Date {
        if self == Self::On { month } else { month.last_of_month() }
    }
}

impl CalendarEvent {
    /// The first time after `time`; both in seconds since 1970. `None` where it never happens
    /// again, and from the year 2200 on.
    #[must_use]
    pub fn next_after(&self, time: i64, zone: &Zone) -> Option<i64> {
        let mut wall = zone.wall(time)?;
        loop {
            // In an hour that comes twice, this goes over those that happened the first time.
            wall = self.nearest(Way::On, moved(wall, 1)?)?;
            let at = zone.time(wall)?;
            if at > time {
                return Some(at);
            }
        }
    }

    /// The last time up to `time`; both in seconds since 1970. `None` where it has not happened
    /// since 1970.
    #[must_use]
    pub fn latest_at_or_before(&self, time: i64, zone: &Zone) -> Option<i64> {
        let mut wall = self.nearest(Way::Back, zone.furthest_wall(time)?)?;
        loop {
            let at = zone.time(wall)?;
            if at <= time {
                return Some(at);
            }
            wall = self.nearest(Way::Back, moved(wall, -1)?)?;
        }
    }

    /// Whether no day of the calendar is one of its days.
    pub(crate) fn never(&self) -> bool {
        self.day(Way::On, Date::constant(1970, 1, 1)).is_none()
    }

    /// The nearest moment of it by the clock on the wall, `from` included.
    fn nearest(&self, way: Way, from: DateTime) -> Option<DateTime> {
        let day = self.day(way, from.date())?;
        let within = (day == from.date()).then(|| self.time_of_day(way, from));
        match within {
            Some(Some(time)) => Some(time),
            // That day's are over.
            Some(None) => self.whole(way, self.day(way, further(way, day)?)?),
            None => self.whole(way, day),
        }
    }

    /// The first moment of a day of it, on that way.
    fn whole(&self, way: Way, day: Date) -> Option<DateTime> {
        let hour = way.first(&self.hours)?;
        moment(day, hour, way.first(&self.minutes)?, way.first(&self.seconds)?)
    }

    /// The nearest one on the same day.
    fn time_of_day(&self, way: Way, from: DateTime) -> Option<DateTime> {
        let day = from.date();
        let [hour, minute, second] = [from.hour(), from.minute(), from.second()].map(i16::from);
        let step = i16::from(way.step());
        let [minutes, seconds] = [way.first(&self.minutes)?, way.first(&self.seconds)?];
        if self.hours.contains(&hour) {
            let exact = self.minutes.contains(&minute).then(|| way.nearest(&self.seconds, second));
            if let Some(second) = exact.flatten() {
                return moment(day, hour, minute, second);
            }
            if let Some(minute) = way.nearest(&self.minutes, minute + step) {
                return moment(day, hour, minute, seconds);
            }
        }
        moment(day, way.nearest(&self.hours, hour + step)?, minutes, seconds)
    }

    /// The nearest of its days, `from` included. It ends, because there are only so many years.
    fn day(&self, way: Way, from: Date) -> Option<Date> {
        let mut day = from;
        loop {
            let year = way.nearest(&self.years, day.year())?;
            if year != day.year() {
                let month = if way == Way::On { 1 } else { 12 };
                day = way.begin(Date::new(year, month, 1).ok()?);
            }
            let Some(month) = way.nearest(&self.months, day.month().into()) else {
                day = further(
                    way,
                    if way == Way::On { day.last_of_year() } else { day.first_of_year() },
                )?;
                continue;
            };
            let month = i8::try_from(month).ok()?;
            if month != day.month() {
                day = way.begin(Date::new(year, month, 1).ok()?);
            }
            if self.days.contains(&day.day().into()) && self.weekdays.contains(&day.weekday()) {
                return Some(day);
            }
            day = further(way, day)?;
        }
    }
}

impl fmt::Display for CalendarEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

fn moment(day: Date, hour: i16, minute: i16, second: i16) -> Option<DateTime> {
    let [hour, minute, second] = [hour, minute, second].map(i8::try_from);
    Some(day.at(hour.ok()?, minute.ok()?, second.ok()?, 0))
}

fn further(way: Way, day: Date) -> Option<Date> {
    if way == Way::On { day.tomorrow().ok() } else { day.yesterday().ok() }
}

fn moved(wall: DateTime, seconds: i64) -> Option<DateTime> {
    wall.checked_add(jiff::SignedDuration::from_secs(seconds)).ok()
}

#[cfg(test)]
mod tests;
