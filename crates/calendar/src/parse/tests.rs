use super::*;
use crate::Zone;

/// The first times from 2026-11-23 00:00:00 UTC on, a Monday; that moment included.
fn times(event: &str, count: usize) -> Vec<String> {
    let event: CalendarEvent = event.parse().unwrap_or_else(|error| panic!("{event}: {error}"));
    let zone = Zone::named("UTC").unwrap();
    let mut time = 1_795_392_000 - 1;
    let next = || {
        time = event.next_after(time, &zone)?;
        Some(zone.wall(time)?.strftime("%a %y-%m-%d %T").to_string())
    };
    std::iter::from_fn(next).take(count).collect()
}

/// The examples of the documentation of Proxmox's calendar events, and its special words.
#[test]
fn an_event_is_what_proxmox_takes_for_it() {
    for (event, first) in [
        ("mon,tue,wed,thu,fri", ["Mon 26-11-23 00:00:00", "Tue 26-11-24 00:00:00"]),
        ("sat..sun", ["Sat 26-11-28 00:00:00", "Sun 26-11-29 00:00:00"]),
        ("mon,wed..fri", ["Mon 26-11-23 00:00:00", "Wed 26-11-25 00:00:00"]),
        ("Sunday..mon 1:00", ["Mon 26-11-23 01:00:00", "Sun 26-11-29 01:00:00"]),
        ("12:05", ["Mon 26-11-23 12:05:00", "Tue 26-11-24 12:05:00"]),
        ("*/5", ["Mon 26-11-23 00:00:00", "Mon 26-11-23 00:05:00"]),
        ("*:0/5", ["Mon 26-11-23 00:00:00", "Mon 26-11-23 00:05:00"]),
        ("mon..wed 30/10", ["Mon 26-11-23 00:30:00", "Mon 26-11-23 00:40:00"]),
        ("mon..fri 8..17,22:0/15", ["Mon 26-11-23 08:00:00", "Mon 26-11-23 08:15:00"]),
        ("fri 12..13:5/20", ["Fri 26-11-27 12:05:00", "Fri 26-11-27 12:25:00"]),
        ("12/2:5", ["Mon 26-11-23 12:05:00", "Mon 26-11-23 14:05:00"]),
        ("*", ["Mon 26-11-23 00:00:00", "Mon 26-11-23 00:01:00"]),
        ("*-05", ["Sat 26-12-05 00:00:00", "Tue 27-01-05 00:00:00"]),
        ("Sat *-1..7 15:00", ["Sat 26-12-05 15:00:00", "Sat 27-01-02 15:00:00"]),
        ("2026-*-01", ["Tue 26-12-01 00:00:00", ""]),
        ("*-*-01..07", ["Tue 26-12-01 00:00:00", "Wed 26-12-02 00:00:00"]),
        ("2027-10-21", ["Thu 27-10-21 00:00:00", ""]),
        ("*-02-29", ["Tue 28-02-29 00:00:00", "Sun 32-02-29 00:00:00"]),
        ("2015-10-21", ["", ""]),
        ("23:59:30/15", ["Mon 26-11-23 23:59:30", "Mon 26-11-23 23:59:45"]),
        ("minutely", ["Mon 26-11-23 00:00:00", "Mon 26-11-23 00:01:00"]),
        ("hourly", ["Mon 26-11-23 00:00:00", "Mon 26-11-23 01:00:00"]),
        ("daily", ["Mon 26-11-23 00:00:00", "Tue 26-11-24 00:00:00"]),
        ("weekly", ["Mon 26-11-23 00:00:00", "Mon 26-11-30 00:00:00"]),
        ("monthly", ["Tue 26-12-01 00:00:00", "Fri 27-01-01 00:00:00"]),
        ("quarterly", ["Fri 27-01-01 00:00:00", "Thu 27-04-01 00:00:00"]),
        ("semi-annually", ["Fri 27-01-01 00:00:00", "Thu 27-07-01 00:00:00"]),
        ("semiannually", ["Fri 27-01-01 00:00:00", "Thu 27-07-01 00:00:00"]),
        ("yearly", ["Fri 27-01-01 00:00:00", "Sat 28-01-01 00:00:00"]),
        ("annually", ["Fri 27-01-01 00:00:00", "Sat 28-01-01 00:00:00"]),
    ] {
        let expected: Vec<&str> = first.into_iter().filter(|time| !time.is_empty()).collect();
        assert_eq!(times(event, 2), expected, "{event}");
    }
}

#[test]
fn an_event_says_which_part_of_it_is_bad() {
    for (event, part) in [
        ("", "this is no calendar event"),
        (" \t", "this is no calendar event"),
        ("08:00\n", "good"),
        ("08:00 09\u{7}", "this is no calendar event"),
        ("mon..fry 08:00", "the weekdays `mon..fry`"),
        ("mon.. 08:00", "the weekdays `mon..`"),
        ("mon, 08:00", "the weekdays `mon,`"),
        ("dayly", "the weekdays `dayly`"),
        ("feb 30", "the weekdays `feb`"),
        ("1800-01-01", "the years `1800`"),
        ("*-13-01", "the months `13`"),
        ("*-0-01", "the months `0`"),
        ("*-32", "the days `32`"),
        ("*-7..1", "the days `7..1`"),
        ("mon..fri 24:00", "the hours `24`"),
        ("8-10:00", "the days `10:00`"),
        ("8:60", "the minutes `60`"),
        ("8:0:61", "the seconds `61`"),
        ("8:", "the minutes ``"),
        ("8:0:0:0", "`8:0:0:0` is too much or in the wrong place"),
        ("1-2-3-4", "`1-2-3-4` is too much or in the wrong place"),
        ("08:00 mon", "`mon` is too much or in the wrong place"),
        ("08:00 *-*-1", "`*-*-1` is too much or in the wrong place"),
        ("08:00 UTC", "the event names a time zone"),
        ("*-02-30", "this day never comes"),
        ("*-04,06,09,11-31", "this day never comes"),
        ("2027-02-29", "this day never comes"),
        ("fri 2026-11-28", "this day never comes"),
    ] {
        let said = event.parse::<CalendarEvent>().map_or_else(|e| e.to_string(), |_| "good".into());
        assert!(said.starts_with(part), "{event:?}: {said}");
    }
    assert_eq!("1,".repeat(100_000).parse::<CalendarEvent>(), Err(EventError::Form));
}
