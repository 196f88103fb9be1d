//! The time that is asked about.

use vm_autoscale_calendar::Zone;

use crate::when::when;

const DAY: u64 = 86_400;

/// In seconds since 1970, as is `now`.
///
/// # Errors
/// It is no time, or lies ahead.
pub(super) fn at(text: &str, now: u64) -> Result<u64, String> {
    let text = text.trim();
    let of_day = text.contains(':') && !text.contains('-');
    let found = if of_day {
        today(text, now)
    } else {
        when(text.strip_suffix("ago").unwrap_or(text).trim()).ok().map(|when| when.seconds(now))
    };
    let rule = "2026-11-22T14:30:00Z, '2026-11-22 14:30', 14:30, or 2h ago";
    let found = found.ok_or_else(|| format!("`{text}` is no time: {rule}"))?;
    if found > now { Err(format!("`{text}` lies ahead")) } else { Ok(found) }
}

/// By the clock on this machine's wall; what is still to come today is meant of yesterday.
fn today(text: &str, now: u64) -> Option<u64> {
    let zone = Zone::of_machine();
    let of = |day: u64| {
        let written = zone.written(i64::try_from(day).ok()?)?;
        let (date, _) = written.split_once(' ')?;
        u64::try_from(zone.moment(&format!("{date} {text}"))?).ok()
    };
    of(now).filter(|at| *at <= now).or_else(|| of(now.checked_sub(DAY)?))
}

/// As people read it.
pub(crate) fn shown(time: u64) -> String {
    let written = i64::try_from(time).ok().and_then(|time| Zone::of_machine().written(time));
    written.unwrap_or_else(|| "at no time".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_typed_as_people_say_them() {
        // 2026-11-22 14:30:00 UTC.
        let now = 1_795_357_800;
        assert_eq!(at("2h ago", now), Ok(now - 7200));
        assert_eq!(at("90s", now), Ok(now - 90));
        assert_eq!(at("2026-11-22T14:30:00Z", now), Ok(now));
        assert_eq!(at("2026-11-22T15:00:00+01:00", now), Ok(now - 1800));
        // By the wall, whatever zone this machine has: it reads back as it is shown.
        for past in [60, 7200, 80_040] {
            let shown = shown(now - past);
            assert_eq!(at(&shown, now), Ok(now - past), "{shown}");
            let of_day = shown.split(' ').nth(1).unwrap();
            assert_eq!(at(of_day, now), Ok(now - past), "{of_day}");
        }
        for bad in ["", "ago", "25:00", "yesterday", "2100-01-01 00:00", "14:30:99"] {
            assert!(at(bad, now).is_err(), "{bad}");
        }
    }
}
