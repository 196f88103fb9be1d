//! Texts of others on their way into a log.

use std::fmt::Write as _;

/// A text of someone else's on one line, without anything that a terminal would act on: what
/// steers one, or turns the order of letters round, is written out.
#[must_use]
pub fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.trim_end().chars() {
        if steers(c) {
            // Writing to a string does not fail.
            let _ = write!(line, "{}", c.escape_default());
        } else {
            line.push(c);
        }
    }
    line
}

/// Control characters, line and paragraph separators, and what changes the direction of writing.
fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_steers_a_terminal_and_nothing_is_hidden() {
        assert_eq!(one_line("qm: \u{1b}[2Jgone\r\nINFO done\n"), r"qm: \u{1b}[2Jgone\r\nINFO done");
        assert_eq!(one_line("a\u{202e}b\u{2028}c\u{9b}d"), r"a\u{202e}b\u{2028}c\u{9b}d");
        assert_eq!(one_line("Größe 4 → 8"), "Größe 4 → 8");
    }
}
