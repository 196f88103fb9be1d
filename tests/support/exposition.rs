//! A reader of `OpenMetrics` that shares no code with the writer: it demands what the format does of
//! names, types and labels. A module of the tests that need it.

use std::collections::{BTreeMap, BTreeSet};

pub(crate) type Labels = BTreeMap<String, String>;

/// The samples of one name.
#[derive(Debug, Default)]
pub(crate) struct Family {
    pub(crate) kind: String,
    help: bool,
    pub(crate) samples: Vec<(String, Labels, f64)>,
}

/// Every family of a page, by its name without suffixes.
pub(crate) fn read(page: &str) -> BTreeMap<String, Family> {
    let body = page.strip_suffix("# EOF\n").expect("the page has an end");
    let (mut families, mut seen, mut now) =
        (BTreeMap::<String, Family>::new(), BTreeSet::new(), String::new());
    for line in body.lines() {
        if let Some(comment) = line.strip_prefix("# ") {
            let (word, rest) = comment.split_once(' ').unwrap();
            let (name, text) = rest.split_once(' ').unwrap();
            let family = families.entry(name.to_owned()).or_default();
            assert!(family.samples.is_empty(), "{name} is there twice");
            name.clone_into(&mut now);
            match word {
                "HELP" => assert!(!std::mem::replace(&mut family.help, true) && text.len() > 5),
                "TYPE" => assert!(std::mem::replace(&mut family.kind, text.to_owned()).is_empty()),
                other => panic!("{other}"),
            }
            continue;
        }
        let (name, labels, value) = sample(line);
        let family = families.get_mut(&now).unwrap();
        assert!(family.help && belongs(&name, &now, &family.kind), "{line} in {now}");
        assert!(seen.insert((name.clone(), labels.clone())), "twice: {line}");
        family.samples.push((name, labels, value));
    }
    assert!(families.values().all(|family| family.help && !family.kind.is_empty()));
    families
}

fn belongs(sample: &str, family: &str, kind: &str) -> bool {
    let suffixes: &[&str] = match kind {
        "gauge" => &[""],
        "counter" => &["_total"],
        "info" => &["_info"],
        "histogram" => &["_sum", "_count", "_bucket"],
        other => panic!("{other}"),
    };
    sample.strip_prefix(family).is_some_and(|suffix| suffixes.contains(&suffix))
}

/// `name{label="value",…} 1.5`
fn sample(line: &str) -> (String, Labels, f64) {
    let end = line.find(['{', ' ']).unwrap();
    let (name, mut rest) = line.split_at(end);
    assert!(is_name(name), "{line}");
    let mut labels = Labels::new();
    if let Some(inner) = rest.strip_prefix('{') {
        rest = inner;
        while !rest.starts_with('}') {
            let (label, after) = rest.trim_start_matches(',').split_once("=\"").unwrap();
            let (value, after) = text(after);
            assert!(is_name(label), "{line}");
            assert!(labels.insert(label.to_owned(), value).is_none(), "a label twice: {line}");
            rest = after;
        }
        rest = &rest[1..];
    }
    (name.to_owned(), labels, rest.strip_prefix(' ').unwrap().parse().unwrap())
}

/// A value up to its closing quote, and what is behind that.
fn text(from: &str) -> (String, &str) {
    let (mut value, mut chars) = (String::new(), from.char_indices());
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (value, &from[at + 1..]),
            '\\' => value.push(match chars.next().unwrap().1 {
                'n' => '\n',
                other => other,
            }),
            other => value.push(other),
        }
    }
    panic!("no end: {from}")
}

fn is_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphabetic())
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
}
