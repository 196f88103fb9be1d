//! Whether something holds, and until when that is so.

use crate::{CalendarEvent, Span, Zone};

/// What is so from one moment to another; in seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Since when.
    pub from: i64,
    /// Before when; at that moment, and at any before `from`, it is to be asked for anew.
    pub until: i64,
    /// Whether it holds.
    pub holds: bool,
}

impl Window {
    /// What is so at `now` of something that begins with each of those events and holds for so
    /// long. Where it begins anew while it holds, it goes on for so long from then.
    #[must_use]
    pub fn at(now: i64, event: &CalendarEvent, span: Span, zone: &Zone) -> Self {
        let next = event.next_after(now, zone).unwrap_or(i64::MAX);
        let Some(begun) = event.latest_at_or_before(now, zone) else {
            return Self { from: i64::MIN, until: next, holds: false };
        };
        let end = begun.saturating_add(span.seconds());
        if now < end {
            Self { from: begun, until: end.min(next), holds: true }
        } else {
            Self { from: end, until: next, holds: false }
        }
    }

    /// Whether it says what is so at that time.
    #[must_use]
    pub fn is_of(&self, time: i64) -> bool {
        (self.from..self.until).contains(&time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(now: i64, event: &str, span: &str) -> Window {
        Window::at(
            now,
            &event.parse().unwrap(),
            span.parse().unwrap(),
            &Zone::named("UTC").unwrap(),
        )
    }

    #[test]
    fn it_holds_from_its_beginning_to_before_its_end() {
        const HOUR: i64 = 3600;
        // A Thursday.
        let eight = 20_000 * 86_400 + 8 * HOUR;
        let day = Window { from: eight, until: eight + 10 * HOUR, holds: true };
        let night = Window { from: day.until, until: eight + 24 * HOUR, holds: false };
        let daily = |now| at(now, "08:00", "10h");
        assert_eq!([daily(day.from), daily(day.until - 1)], [day, day]);
        assert_eq!([daily(night.from), daily(night.until - 1)], [night, night]);
        assert!(day.is_of(day.from) && !day.is_of(day.until) && !day.is_of(day.from - 1));
    }

    #[test]
    fn one_that_begins_anew_while_it_holds_goes_on() {
        let hourly = at(1_000_000_000, "hourly", "2h");
        assert_eq!((hourly.holds, hourly.until - hourly.from), (true, 3600));
        assert!(at(hourly.until, "hourly", "2h").holds);
    }

    #[test]
    fn one_that_is_over_for_good_and_one_that_has_not_come_yet() {
        let once = |now| at(now, "2021-06-01 12:00", "1h");
        let begin = 1_622_548_800;
        let before = Window { from: i64::MIN, until: begin, holds: false };
        assert_eq!(once(begin - 1), before);
        assert_eq!(
            once(begin + 3600),
            Window { from: begin + 3600, until: i64::MAX, holds: false }
        );
        assert_eq!(once(-5_000_000_000), before);
    }
}
