//! From bytes to a text that a YAML parser can be given without fear of its time and memory.

use std::path::Path;

use zeroize::Zeroizing;

use crate::problem::Problem;
use crate::source::{Place, Source};

/// Most marks of structure, wherever they stand: the parser keeps a hundred bytes or so for each.
/// 5,000 VMs with every key of theirs have about 200,000.
const MAX_MARKS: usize = 500_000;
/// Most brackets that are open at once, quoted ones and comments included. The parser's own limit
/// is 128 deep, but it takes quadratic time to find out.
const MAX_OPEN: usize = 1_000;

/// The text, or the one problem that keeps it from being read.
pub(crate) fn decode(file: &Path, bytes: &[u8]) -> (Source, Option<Problem>) {
    let (text, failed) = match std::str::from_utf8(bytes) {
        Ok(text) => (text.to_owned(), None),
        Err(error) => {
            let lossy = String::from_utf8_lossy(bytes).into_owned();
            (lossy, Some(error.valid_up_to()))
        }
    };
    let text = Zeroizing::new(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text));
    let source = Source::new(file, text);
    let problem = failed
        .map(|at| not_utf8(&source, bytes, at))
        .or_else(|| control_character(&source))
        .or_else(|| too_much(&source));
    (source, problem)
}

fn not_utf8(source: &Source, bytes: &[u8], at: usize) -> Problem {
    let before = String::from_utf8_lossy(bytes.get(..at).unwrap_or_default());
    let place = place_after(before.strip_prefix('\u{feff}').unwrap_or(&before));
    let byte = bytes.get(at).copied().unwrap_or_default();
    let found = format!("byte {at} (0x{byte:02x}) is not part of any UTF-8 character");
    let sixteen = matches!(bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]);
    let help = if sixteen {
        "this looks like UTF-16: save it as UTF-8"
    } else {
        "save the file as UTF-8: iconv -f ISO-8859-1 -t UTF-8 may do it"
    };
    source.problem(Some(place), found).rule("the file is text in UTF-8").help(help)
}

fn control_character(source: &Source) -> Option<Problem> {
    let bad = |c: &char| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{85}');
    let (at, first) = source.text.char_indices().find(|(_, c)| bad(c))?;
    let more = match source.text.chars().filter(bad).count() {
        1 => String::new(),
        all => format!(", and {} more in this file", all - 1),
    };
    let place = place_after(source.text.get(..at).unwrap_or_default());
    let found = format!("a control character (U+{:04X}){more}", u32::from(first));
    let rule = "no control characters but line breaks and, inside a line, tabs";
    Some(source.problem(Some(place), found).rule(rule).help("delete it"))
}

fn too_much(source: &Source) -> Option<Problem> {
    let (mut marks, mut open, mut previous) = (0_usize, 0_usize, b'\n');
    for (at, byte) in source.text.bytes().enumerate() {
        match byte {
            b'[' | b'{' => open += 1,
            b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        let dash = byte == b' ' && matches!(previous, b'-' | b'?');
        marks += usize::from(dash || b",:[{\n".contains(&byte));
        previous = byte;
        if open > MAX_OPEN {
            let place = place_after(source.text.get(..at).unwrap_or_default());
            let found = format!("more than {MAX_OPEN} brackets are open here");
            return Some(source.problem(Some(place), found).rule("sections nest 128 deep at most"));
        }
    }
    let found = format!("{marks} lines, commas, colons and brackets");
    let rule = format!("at most {MAX_MARKS} of them, for some ten thousand VMs");
    (marks > MAX_MARKS).then(|| source.problem(None, found).rule(rule))
}

/// Where the next character stands.
fn place_after(before: &str) -> Place {
    let last = before.rsplit('\n').next().unwrap_or_default();
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    Place { line, column: last.chars().count() + 1, width: 1 }
}
