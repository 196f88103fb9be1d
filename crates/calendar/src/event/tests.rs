//! An event's times are held against an oracle that goes minute by minute and knows of a zone only
//! what the clock on the wall says at each.

use proptest::prelude::*;

use super::*;

const MINUTE: i64 = 60;

/// Zones that put their clocks forward and back by an hour and by half of one, at midnight and at
/// other hours, north and south; that have none of it; and one that left out a whole day.
const ZONES: [&str; 13] = [
    "UTC",
    "Europe/Berlin",
    "Europe/Dublin",
    "America/New_York",
    "America/St_Johns",
    "America/Havana",
    "America/Santiago",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Apia",
];

fn zone(name: &str) -> Zone {
    Zone::named(name).unwrap()
}

/// Whether it happens when the clock says so; by the event's own words for its fields.
fn fits(event: &CalendarEvent, wall: DateTime) -> bool {
    event.weekdays.contains(&wall.weekday())
        && event.years.contains(&wall.year())
        && event.months.contains(&wall.month().into())
        && event.days.contains(&wall.day().into())
        && event.hours.contains(&wall.hour().into())
        && event.minutes.contains(&wall.minute().into())
        && wall.second() == 0
}

/// All times from one minute to another. Of what the clock says for the second time none counts,
/// and what it leaves out counts when it has done so.
fn oracle(event: &CalendarEvent, zone: &Zone, from: i64, to: i64) -> Vec<i64> {
    // What was said in the day before is known, too.
    let mut time = from - 1440 * MINUTE;
    let mut said = zone.wall(time).unwrap();
    let mut all = Vec::new();
    while time < to {
        time += MINUTE;
        let wall = zone.wall(time).unwrap();
        let mut happens = false;
        while said < wall {
            said = moved(said, MINUTE).unwrap();
            happens |= fits(event, said);
        }
        if happens && time >= from {
            all.push(time);
        }
    }
    all
}

/// The moments of a year in which the clock is set, to the minute, and some others.
fn moments(zone: &Zone, year: i16) -> Vec<i64> {
    let begin = zone.time(Date::new(year, 1, 1).unwrap().at(0, 0, 0, 0)).unwrap();
    let said = |time| zone.wall(time).unwrap();
    let is_set = |time: &i64| said(time + 900) != moved(said(*time), 900).unwrap();
    let quarters = (0..366 * 96).map(|quarter| begin + quarter * 900);
    quarters.clone().filter(is_set).chain(quarters.step_by(96 * 61)).collect()
}

fn event() -> impl Strategy<Value = String> {
    let list = |values: &'static [&'static str]| prop::sample::select(values);
    let day = list(&["", "", "mon..fri", "sat,sun", "sun", "thu", "fri..mon"]);
    let date = list(&["", "", "*-*", "*-*-1/2", "*-25..31", "3,4,10,11-*", "*-9..10-1..15"]);
    let hours = list(&["*", "0", "1", "2", "3", "1..3", "0/2", "23", "22..23", "8", "12,0"]);
    let minutes = list(&["*", "0", "30", "0/5", "15", "59", "7/13", "0,30"]);
    (day, date, hours, minutes)
        .prop_map(|(day, date, hours, minutes)| format!("{day} {date} {hours}:{minutes}"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(160))]

    #[test]
    fn its_times_are_those_that_a_clock_on_the_wall_shows(
        event in event(),
        name in prop::sample::select(&ZONES[..]),
        year in 1996_i16..2060,
        pick in any::<prop::sample::Index>(),
        shift in -1500_i64..1500,
        seconds in 0_i64..60,
    ) {
        let (event, zone): (CalendarEvent, Zone) = (event.parse().unwrap(), zone(name));
        let middle = *pick.get(&moments(&zone, year)) + shift * MINUTE;
        let (from, to) = (middle - 1600 * MINUTE, middle + 1600 * MINUTE);
        let all = oracle(&event, &zone, from, to);
        // At its times, a second beside them, and in between.
        let near = all.iter().flat_map(|time| [time - 1, *time, time + 1]).take(200);
        let asked = near.chain((from + seconds..to).step_by(433));
        for time in asked.filter(|time| (from..to).contains(time)) {
            let next = all.iter().copied().find(|at| *at > time);
            let latest = all.iter().copied().rev().find(|at| *at <= time);
            let found = event.next_after(time, &zone);
            prop_assert!(found.is_none_or(|at| at > time), "{} {}", event, time);
            prop_assert_eq!(found.filter(|at| *at <= to), next, "{} in {} after {}", event, name, time);
            let found = event.latest_at_or_before(time, &zone);
            prop_assert!(found.is_none_or(|at| at <= time), "{} {}", event, time);
            prop_assert_eq!(found.filter(|at| *at >= from), latest, "{} in {} up to {}", event, name, time);
            let again = found.and_then(|at| event.next_after(at, &zone));
            prop_assert!(found.is_none() || again.is_none_or(|at| at > time), "{} {}", event, time);
        }
    }

    /// Whatever is written, there is an answer.
    #[test]
    fn no_text_is_too_strange(text in "[a-z0-9*:./, -]{0,24}", time in any::<i64>()) {
        if let Ok(event) = text.parse::<CalendarEvent>() {
            let zone = zone("Europe/Berlin");
            let _ = event.next_after(time, &zone);
            let _ = event.latest_at_or_before(time, &zone);
        }
    }
}

/// What happens between two times; all of them in UTC.
fn on(event: &str, name: &str, from: &str, to: &str) -> Vec<String> {
    let (event, zone, utc): (CalendarEvent, _, _) =
        (event.parse().unwrap(), zone(name), zone("UTC"));
    let time = |text: &str| utc.time(text.parse().unwrap()).unwrap();
    let (mut at, to) = (time(from) - 1, time(to));
    let next = || {
        at = event.next_after(at, &zone).filter(|at| *at < to)?;
        utc.written(at)
    };
    std::iter::from_fn(next).collect()
}

/// Times in UTC.
#[test]
fn what_is_left_out_happens_after_it_and_what_comes_twice_happens_once() {
    let spring = |event| on(event, "Europe/Berlin", "2026-03-28T23:00", "2026-03-29T04:00");
    assert_eq!(spring("02:30"), ["2026-03-29 01:00"]);
    assert_eq!(spring("*:0/20").len(), 15);
    assert_eq!(spring("2:0/20"), ["2026-03-29 01:00"]);
    let autumn = |event| on(event, "Europe/Berlin", "2026-10-24T22:00", "2026-10-25T04:00");
    assert_eq!(autumn("02:30"), ["2026-10-25 00:30"]);
    assert_eq!(autumn("hourly").len(), 5);
    // A whole day was left out.
    let samoa = on("fri 12:00", "Pacific/Apia", "2011-12-29T00:00", "2011-12-31T00:00");
    assert_eq!(samoa, ["2011-12-30 10:00"]);
}

/// One that happens every second, in the hour that comes twice.
#[test]
fn a_search_ends() {
    let zone = zone("Europe/Berlin");
    let event: CalendarEvent = "*:*:*".parse().unwrap();
    let second = zone.time("2026-10-25T03:00:00".parse().unwrap()).unwrap() - 3600;
    assert_eq!(event.next_after(second, &zone), Some(second + 3600));
    assert_eq!(event.latest_at_or_before(second + 3599, &zone), Some(second - 1));
    assert_eq!(event.next_after(i64::MAX, &zone), None);
    assert_eq!(event.latest_at_or_before(i64::MIN, &zone), None);
}
