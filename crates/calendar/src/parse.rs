//! From text to a calendar event.

use jiff::civil::Weekday;

use crate::CalendarEvent;
use crate::list::{Limits, values};

/// More than any event needs.
const LONGEST: usize = 200;
const YEARS: Limits = (1970, 2199);
const MONTHS: Limits = (1, 12);
const DAYS: Limits = (1, 31);
const HOURS: Limits = (0, 23);
const SIXTY: Limits = (0, 59);

/// What is wrong with the text of an event: the problem and, in brackets, the rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// Nothing, or no text of a line.
    #[error(
        "this is no calendar event ([WEEKDAYS] [[YEARS-]MONTHS-DAYS] [[HOURS:]MINUTES[:SECONDS]], \
         as in `mon..fri 08:00`, or one of minutely, hourly, daily, weekly, monthly, quarterly, \
         semiannually, yearly)"
    )]
    Form,
    /// A word after the time, or one of them in front of what stands before it.
    #[error("`{0}` is too much or in the wrong place (weekdays, then the date, then the time)")]
    Order(String),
    /// It names a zone.
    #[error("the event names a time zone (that is what the key `timezone` is for)")]
    Zone,
    /// Weekdays that are none.
    #[error(
        "the weekdays `{0}` cannot be read (mon, tue, wed, thu, fri, sat, sun, as in `mon,wed..fri`)"
    )]
    Weekdays(String),
    /// A field that is no list of its values.
    #[error(
        "the {field} `{text}` cannot be read ({least} to {greatest}, as in `1`, `1,3`, `1..3`, \
         `1/2` or `*`)"
    )]
    Field {
        /// Which.
        field: &'static str,
        /// What it says.
        text: String,
        /// Its least value.
        least: i16,
        /// Its greatest value.
        greatest: i16,
    },
    /// A date that no year has.
    #[error("this day never comes (a day that the calendar has, from 1970 to 2199)")]
    Never,
}

impl std::str::FromStr for CalendarEvent {
    type Err = EventError;

    fn from_str(text: &str) -> Result<Self, EventError> {
        let text = text.trim();
        if text.is_empty() || text.len() > LONGEST || text.contains(char::is_control) {
            return Err(EventError::Form);
        }
        let event = words(text, spelt_out(text))?;
        if event.never() { Err(EventError::Never) } else { Ok(event) }
    }
}

/// The words that stand for a whole event.
fn spelt_out(text: &str) -> &str {
    match text {
        "minutely" => "*:*",
        "hourly" => "*:00",
        "daily" => "00:00",
        "weekly" => "mon 00:00",
        "monthly" => "*-01 00:00",
        "quarterly" => "01,04,07,10-01 00:00",
        "semiannually" | "semi-annually" => "01,07-01 00:00",
        "yearly" | "annually" => "01-01 00:00",
        other => other,
    }
}

/// `shown` is what it is called from then on.
fn words(shown: &str, text: &str) -> Result<CalendarEvent, EventError> {
    let mut words = text.split_whitespace().peekable();
    if text.split_whitespace().next_back() == Some("UTC") {
        return Err(EventError::Zone);
    }
    let is_day = |word: &&str| word.starts_with(|c: char| c.is_ascii_alphabetic());
    let weekdays = words.next_if(is_day).map_or_else(|| weekdays("mon..sun"), weekdays)?;
    let [years, months, days] =
        words.next_if(|word| word.contains('-')).map_or_else(|| date("*-*-*"), date)?;
    let [hours, minutes, seconds] = words.next().map_or_else(|| time("00:00"), time)?;
    if let Some(more) = words.next() {
        return Err(EventError::Order(more.to_owned()));
    }
    let shown = shown.to_owned();
    Ok(CalendarEvent { shown, weekdays, years, months, days, hours, minutes, seconds })
}

fn weekdays(word: &str) -> Result<Vec<Weekday>, EventError> {
    let all = word.split(',').map(|item| {
        let (from, to) = item.split_once("..").unwrap_or((item, item));
        let (from, to) = weekday(from).zip(weekday(to))?;
        // From friday to monday is over sunday.
        Some(from.cycle_forward().take(1 + usize::try_from(from.until(to)).ok()?))
    });
    let all: Option<Vec<_>> = all.collect();
    let all = all.ok_or_else(|| EventError::Weekdays(word.to_owned()))?;
    Ok(all.into_iter().flatten().collect())
}

fn weekday(name: &str) -> Option<Weekday> {
    Some(match name.to_ascii_lowercase().as_str() {
        "mon" | "monday" => Weekday::Monday,
        "tue" | "tuesday" => Weekday::Tuesday,
        "wed" | "wednesday" => Weekday::Wednesday,
        "thu" | "thursday" => Weekday::Thursday,
        "fri" | "friday" => Weekday::Friday,
        "sat" | "saturday" => Weekday::Saturday,
        "sun" | "sunday" => Weekday::Sunday,
        _ => return None,
    })
}

/// Years, months, days.
fn date(word: &str) -> Result<[Vec<i16>; 3], EventError> {
    let parts: Vec<&str> = word.split('-').collect();
    let (years, months, days) = match *parts.as_slice() {
        [months, days] => ("*", months, days),
        [years, months, days] => (years, months, days),
        _ => return Err(EventError::Order(word.to_owned())),
    };
    Ok([
        field("years", years, YEARS)?,
        field("months", months, MONTHS)?,
        field("days", days, DAYS)?,
    ])
}

/// Hours, minutes, seconds.
fn time(word: &str) -> Result<[Vec<i16>; 3], EventError> {
    let parts: Vec<&str> = word.split(':').collect();
    let (hours, minutes, seconds) = match *parts.as_slice() {
        [minutes] => ("*", minutes, "0"),
        [hours, minutes] => (hours, minutes, "0"),
        [hours, minutes, seconds] => (hours, minutes, seconds),
        _ => return Err(EventError::Order(word.to_owned())),
    };
    let hours = field("hours", hours, HOURS)?;
    Ok([hours, field("minutes", minutes, SIXTY)?, field("seconds", seconds, SIXTY)?])
}

fn field(field: &'static str, text: &str, limits: Limits) -> Result<Vec<i16>, EventError> {
    let (least, greatest) = limits;
    let unread = || EventError::Field { field, text: text.to_owned(), least, greatest };
    values(text, limits).ok_or_else(unread)
}

#[cfg(test)]
mod tests;
