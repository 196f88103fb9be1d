//! Times as people write them on a command line.

use vm_autoscale_calendar::Zone;

/// A time that is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// So many seconds ago.
    Ago(u64),
    /// In seconds since 1970.
    At(u64),
}

impl When {
    /// In seconds since 1970, as is `now`.
    pub(crate) fn seconds(self, now: u64) -> u64 {
        match self {
            Self::Ago(ago) => now.saturating_sub(ago),
            Self::At(at) => at,
        }
    }
}

/// `90m`, `12h` or `7d` ago, or a time of this machine's clock.
pub(crate) fn when(text: &str) -> Result<When, String> {
    if let Ok(ago) = crate::pause::seconds(text) {
        return Ok(When::Ago(ago));
    }
    let at = Zone::of_machine().moment(text).and_then(|at| u64::try_from(at).ok());
    let rule = "so long ago, at most 366d (90m, 12h, 7d), or a time of this machine's clock \
                (2026-07-01, or '2026-07-01 08:00')";
    at.map(When::At).ok_or_else(|| rule.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_ago_or_of_the_clock() {
        assert_eq!(when("7d").unwrap().seconds(1_000_000), 1_000_000 - 604_800);
        let day = when("2026-07-01").unwrap();
        assert_eq!(day, when("2026-07-01 00:00").unwrap());
        let (When::At(begin), When::At(later)) = (day, when("2026-07-01 08:30").unwrap()) else {
            panic!("{day:?}")
        };
        assert_eq!(later - begin, 30_600);
        for bad in ["", "yesterday", "7", "2026-13-01", "2026-07-01T08:00", "1960-01-01"] {
            assert!(when(bad).is_err(), "{bad}");
        }
    }
}
