//! The parts of a help text that stand behind the options.

use super::page::joined;

/// What it says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    /// Before the examples.
    pub(super) first: Vec<String>,
    pub(super) examples: Vec<String>,
    /// Behind them.
    pub(super) last: Vec<String>,
    /// Exit codes with what each means.
    pub(super) codes: Vec<(u8, String)>,
}

/// Of one text; its paragraphs stand between blank lines.
pub(super) fn said(text: &str) -> Said {
    let mut said = Said::default();
    for paragraph in text.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty()) {
        if let Some(lines) = paragraph.strip_prefix("Examples:\n") {
            said.examples.extend(lines.lines().flat_map(example));
        } else if let Some(codes) = paragraph.strip_prefix("Exit codes:") {
            said.codes = codes_of(&joined(codes));
        } else if said.examples.is_empty() {
            said.first.push(joined(paragraph));
        } else {
            said.last.push(joined(paragraph));
        }
    }
    said
}

/// A command. What is said of it beside it, behind blanks, is a comment above it.
fn example(line: &str) -> Vec<String> {
    match line.trim().split_once("  ") {
        Some((command, words)) => vec![format!("# {}", words.trim()), command.to_owned()],
        None => vec![line.trim().to_owned()],
    }
}

/// Each begins with its number, behind a comma or semicolon.
fn codes_of(text: &str) -> Vec<(u8, String)> {
    let mut codes: Vec<(u8, String)> = Vec::new();
    for part in text.split_inclusive([',', ';']) {
        let words = part.trim_start().split_once(' ').unwrap_or((part, ""));
        match (words.0.parse(), codes.last_mut()) {
            (Ok(code), _) => codes.push((code, words.1.to_owned())),
            (Err(_), Some((_, meaning))) => meaning.push_str(part),
            (Err(_), None) => panic!("no exit code: {part}"),
        }
    }
    for (_, meaning) in &mut codes {
        *meaning = meaning.trim_end_matches([',', ';', '.']).to_owned();
    }
    assert!(codes.is_sorted_by_key(|(code, _)| *code), "{text}");
    codes
}

#[test]
fn a_help_text_falls_into_its_parts() {
    let text = "\
First
words.

Examples:
  a b
  a c      what it does

Last.

Exit codes: 0 all is well (it is), 1 it is not, and the first lines
say what; 66 file missing";
    let of = |list: &[&str]| list.iter().map(|&one| one.to_owned()).collect::<Vec<_>>();
    let codes = [
        (0, "all is well (it is)"),
        (1, "it is not, and the first lines say what"),
        (66, "file missing"),
    ];
    assert_eq!(
        said(text),
        Said {
            first: of(&["First words."]),
            examples: of(&["a b", "# what it does", "a c"]),
            last: of(&["Last."]),
            codes: codes.map(|(code, meaning)| (code, meaning.to_owned())).into(),
        }
    );
}
