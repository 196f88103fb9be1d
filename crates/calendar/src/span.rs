//! How long something holds.

use std::fmt;
use std::str::FromStr;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// One minute to seven days, in whole minutes, as time passes: a clock that is put forward or back
/// meanwhile makes it no shorter or longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span(i64);

/// It is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no such time (1m to 7d, as in `90m`, `10h` or `2d`)")]
pub struct SpanError(String);

impl Span {
    /// How long it is.
    #[must_use]
    pub fn seconds(self) -> i64 {
        self.0
    }
}

impl FromStr for Span {
    type Err = SpanError;

    fn from_str(text: &str) -> Result<Self, SpanError> {
        let seconds = || {
            let unit = match text.chars().next_back()? {
                'm' => MINUTE,
                'h' => HOUR,
                'd' => DAY,
                _ => return None,
            };
            let number = text.get(..text.len() - 1)?;
            // `parse` alone takes a sign.
            let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
            let number = number.parse::<i64>().ok().filter(|_| is_number)?;
            number.checked_mul(unit).filter(|span| (MINUTE..=7 * DAY).contains(span))
        };
        seconds().map(Self).ok_or_else(|| SpanError(text.to_owned()))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |unit: i64| (self.0 % unit == 0).then_some(self.0 / unit);
        match (of(DAY), of(HOUR)) {
            (Some(days), _) => write!(f, "{days}d"),
            (None, Some(hours)) => write!(f, "{hours}h"),
            _ => write!(f, "{}m", self.0 / MINUTE),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_a_minute_to_a_week() {
        for (text, seconds, shown) in [
            ("1m", 60, "1m"),
            ("90m", 5400, "90m"),
            ("120m", 7200, "2h"),
            ("10h", 36_000, "10h"),
            ("7d", 604_800, "7d"),
            ("168h", 604_800, "7d"),
        ] {
            let span: Span = text.parse().unwrap();
            assert_eq!((span.seconds(), span.to_string().as_str()), (seconds, shown), "{text}");
        }
        for bad in [
            "",
            "m",
            "0m",
            "+5m",
            "-5m",
            "5",
            "5s",
            "8d",
            "10081m",
            "1.5h",
            "1h30m",
            "99999999999999999999m",
            "5 m",
            "ä",
        ] {
            assert_eq!(bad.parse::<Span>(), Err(SpanError(bad.to_owned())));
        }
    }
}
