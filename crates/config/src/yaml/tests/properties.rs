//! What is accepted is what the types' own `Deserialize` accepts, and nothing decides beside it.

use proptest::prelude::*;
use serde::de::DeserializeOwned;

use super::*;

const CONFIG: &str = include_str!("../../../tests/good/full.yaml");
const HELPER: &str = include_str!("../../../tests/good/helper-full.yaml");

/// What a word of a good file is replaced by.
const WORDS: [&str; 36] = [
    "",
    "~",
    "0",
    "-1",
    "1",
    "99",
    "101",
    "'101'",
    "0101",
    "1e3",
    "1.5",
    ".nan",
    ".inf",
    "0x65",
    "4294967296",
    "99999999999999999999999",
    "true",
    "abc",
    "'a b'",
    "\"x\\e\"",
    "[]",
    "{}",
    "[1]",
    "[101, 5, x]",
    "{a: 1}",
    "200-100",
    "100-200",
    "full",
    "Full",
    "192.0.2.1",
    "&a x",
    "*a",
    "!x 1",
    "vm_id",
    "mode",
    "home",
];

/// A good file with one to four words or lines changed.
fn mutated(good: &'static str) -> impl Strategy<Value = String> {
    let change = (any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..6_u8);
    prop::collection::vec(change, 1..5).prop_map(move |changes| {
        changes.into_iter().fold(good.to_owned(), |text, (at, word, kind)| match kind {
            0 => lines(&text, |lines| drop(lines.remove(at.index(lines.len())))),
            1 => lines(&text, |lines| {
                let line = lines[at.index(lines.len())].clone();
                lines.insert(word.index(lines.len()), line);
            }),
            2 => {
                let mut chars: Vec<char> = text.chars().collect();
                let _ = chars.remove(at.index(chars.len()));
                chars.into_iter().collect()
            }
            _ => replace(&text, at, WORDS[word.index(WORDS.len())]),
        })
    })
}

fn lines(text: &str, change: impl FnOnce(&mut Vec<String>)) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    if !lines.is_empty() {
        change(&mut lines);
    }
    lines.join("\n") + "\n"
}

fn replace(text: &str, at: prop::sample::Index, by: &str) -> String {
    let is_part = |c: char| !" \n:,{}[]".contains(c);
    let starts: Vec<usize> = text
        .char_indices()
        .filter(|(at, c)| is_part(*c) && !text[..*at].ends_with(is_part))
        .map(|(at, _)| at)
        .collect();
    if starts.is_empty() {
        return text.to_owned();
    }
    let start = starts[at.index(starts.len())];
    let end = text[start..].find(|c| !is_part(c)).map_or(text.len(), |end| start + end);
    format!("{}{by}{}", &text[..start], &text[end..])
}

/// The same by `serde_yaml` and `validator` alone.
fn plainly<T: DeserializeOwned + Validate>(text: &str) -> Option<T> {
    let value: serde_yaml::Value = serde_yaml::from_str(text).ok()?;
    serde_yaml::from_value::<T>(value).ok().filter(|config| config.validate().is_ok())
}

fn compare<T: DeserializeOwned + Validate + PartialEq + std::fmt::Debug>(text: &str) {
    let checked = Checked::<T>::new(Path::new("x.yaml"), text.as_bytes());
    match (checked.finish(), plainly::<T>(text)) {
        (Ok(ours), Some(plain)) => assert_eq!(ours, plain, "{text}"),
        (Ok(_), None) => panic!("only serde refuses\n{text}"),
        (Err(report), Some(_)) => {
            // Of three things serde makes something: a list in the place of a section, a tag that
            // is a variant's name, and a file without anything.
            let stricter = |p: &Problem| {
                let all = [" is a list", "with a tag", "holds no settings"];
                all.iter().any(|text| p.problem.contains(text))
            };
            assert!(report.problems().iter().all(stricter), "only we refuse\n{report}\n{text}");
        }
        (Err(report), None) => assert!(!report.problems().is_empty(), "{text}"),
    }
}

/// Every problem of a text that is YAML has a place: both parsers saw the same values. They do not
/// where an alias is a key without a blank behind it (`*a:`), or a hyphen is a value in braces
/// (`{a: -, b: 1}`); nothing gets a place then.
fn all_placed<T: DeserializeOwned + Validate>(text: &str) {
    let is_odd = ["*a:", "-,", "-}", "-]"].iter().any(|odd| text.contains(odd));
    if serde_yaml::from_str::<serde::de::IgnoredAny>(text).is_ok() && !is_odd {
        let report = Checked::<T>::new(Path::new("x.yaml"), text.as_bytes()).into_report();
        let lines = text.lines().count();
        let is_placed =
            |p: &Problem| (1..=lines).contains(&p.line) || p.problem.contains("holds no");
        assert!(report.problems().iter().all(is_placed), "{report}\n{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..Default::default() })]

    #[test]
    fn config_yaml_is_taken_as_serde_takes_it(text in mutated(CONFIG)) {
        compare::<SchedulerConfig>(&text);
        all_placed::<SchedulerConfig>(&text);
    }

    #[test]
    fn helper_yaml_is_taken_as_serde_takes_it(text in mutated(HELPER)) {
        compare::<HelperConfig>(&text);
        all_placed::<HelperConfig>(&text);
    }

    /// Nothing makes it panic, and nothing is shown that a terminal obeys.
    #[test]
    fn any_text_gets_an_answer(text in "[ \\n:,{}\\[\\]a-c&*!'\"|>#%@`?0-9\\t\\-]{0,60}|\\PC{0,40}", bytes: Vec<u8>) {
        for bytes in [text.as_bytes(), &bytes] {
            let report = check(bytes).to_string();
            prop_assert!(!report.contains(|c: char| c.is_control() && c != '\n'), "{report:?}");
        }
    }
}
