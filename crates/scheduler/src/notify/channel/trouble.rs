//! What the log says of a channel that fails.

use std::time::{Duration, Instant};

/// A channel that fails for other and other reasons says so at most so often.
const ANOTHER_REASON: Duration = Duration::from_secs(60);

/// What was said the last time.
#[derive(Default)]
pub(super) struct Trouble(Option<(String, Instant)>);

impl Trouble {
    /// Whether this makes a line: when it begins to fail, when the reason is another one (once a
    /// minute at most), and when that is over.
    pub(super) fn line(&mut self, why: Option<&str>, now: Instant) -> bool {
        let Some(why) = why else { return self.0.take().is_some() };
        let known = self.0.as_ref().is_some_and(|(said, at)| {
            said == why || now.saturating_duration_since(*at) < ANOTHER_REASON
        });
        if !known {
            self.0 = Some((why.to_owned(), now));
        }
        !known
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_reason_is_said_once_a_minute() {
        let (mut trouble, begun) = (Trouble::default(), Instant::now());
        let mut line = |at, why| trouble.line(why, begun + Duration::from_secs(at));
        assert!(!line(0, None) && line(1, Some("a")) && !line(2, Some("a")));
        // Too soon, and then still so.
        assert!(!line(60, Some("b")) && line(61, Some("b")) && !line(62, Some("b")));
        assert!(!line(120, Some("a")) && !line(1000, Some("b")) && line(1001, Some("a")));
        // What works in between is a new beginning.
        assert!(line(1002, None) && !line(1003, None) && line(1004, Some("a")));
    }
}
