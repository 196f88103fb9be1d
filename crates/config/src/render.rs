//! A problem as an administrator reads it: its place, its line, a caret, the rule.

use std::fmt::Write as _;

use crate::problem::{Problem, Severity};
use crate::source::Place;

/// So many characters of a line are shown.
const WIDTH: usize = 100;
/// So many of them stand before the place that is meant, where the line is cut.
const BEFORE: usize = 40;

/// The part of a line that is shown, and where the carets go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Snippet {
    text: String,
    /// Characters before the carets.
    indent: usize,
    carets: usize,
}

impl Snippet {
    /// Cuts a long line around the place and makes visible what is not.
    pub(crate) fn new(line: &str, place: Place) -> Self {
        let length = line.chars().count();
        let at = place.column.saturating_sub(1).min(length);
        let start = if length <= WIDTH { 0 } else { at.saturating_sub(BEFORE) };
        let mut text: String = line.chars().skip(start).take(WIDTH).map(visible).collect();
        let mut indent = at - start;
        if start > 0 {
            text.insert(0, '…');
            indent += 1;
        }
        let room = text.chars().count().saturating_sub(indent).max(1);
        if length > start + WIDTH {
            text.push('…');
        }
        Self { text, indent, carets: place.width.clamp(1, room) }
    }
}

/// Control characters and those that turn the reading direction have a form of their own.
pub(crate) fn visible(c: char) -> char {
    match c {
        '\u{0}'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        '\u{80}'..='\u{9f}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        _ => c,
    }
}

/// A value or key in a message: short and visible.
pub(crate) fn quote(text: &str) -> String {
    const LONGEST: usize = 60;
    let short: String = text.chars().take(LONGEST).map(visible).collect();
    let end = if text.chars().nth(LONGEST).is_some() { "…" } else { "" };
    format!("`{short}{end}`")
}

pub(crate) fn problem(problem: &Problem, colours: bool) -> String {
    let (word, colour) = match problem.severity {
        Severity::Error => ("error", "\u{1b}[1;31m"),
        Severity::Warning => ("warning", "\u{1b}[1;33m"),
    };
    let paint = |text: &str| {
        if colours { format!("{colour}{text}\u{1b}[0m") } else { text.to_owned() }
    };
    let place = match problem.line {
        0 => String::new(),
        line => format!(":{line}:{}", problem.column),
    };
    let file: String = problem.file.display().to_string().chars().map(visible).collect();
    let mut text = format!("{}: {file}{place}: {}\n", paint(word), problem.problem);
    let number = problem.line.to_string();
    let gutter = " ".repeat(number.len());
    let mut help = problem.suggestion.as_deref();
    if let Some(Snippet { text: line, indent, carets }) = &problem.snippet {
        // Writing to a String cannot fail, here and below.
        let carets = paint(&"^".repeat(*carets));
        // One line of help fits behind the carets.
        let beside = help.take().map(|help| format!(" {help}")).unwrap_or_default();
        let blank = " ".repeat(*indent);
        let _ = writeln!(text, "{gutter} |\n{number} | {line}\n{gutter} | {blank}{carets}{beside}");
    }
    if let Some(help) = help {
        let _ = writeln!(text, "{gutter} = help: {help}");
    }
    if let Some(rule) = &problem.rule {
        let _ = writeln!(text, "{gutter} = rule: {rule}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(line: &str, column: usize, width: usize) -> (String, String) {
        let Snippet { text, indent, carets } = Snippet::new(line, Place { line: 1, column, width });
        (text, " ".repeat(indent) + &"^".repeat(carets))
    }

    #[test]
    fn the_carets_stand_below_what_is_meant() {
        assert_eq!(lines("ab: cd", 5, 2), ("ab: cd".into(), "    ^^".into()));
        assert_eq!(lines("ab: cd", 5, 99), ("ab: cd".into(), "    ^^".into()));
        assert_eq!(lines("ab", 9, 1), ("ab".into(), "  ^".into()));
        assert_eq!(lines("\ta\u{1b}[31m", 2, 1), ("␉a␛[31m".into(), " ^".into()));
        let (text, carets) = lines(&("x".repeat(5000) + "yyy" + &"z".repeat(5000)), 5001, 3);
        assert_eq!(text.chars().count(), WIDTH + 2);
        let meant: String =
            text.chars().zip(carets.chars()).filter(|(_, c)| *c == '^').map(|(t, _)| t).collect();
        assert_eq!(meant, "yyy");
    }
}
