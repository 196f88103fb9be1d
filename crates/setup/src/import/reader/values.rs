//! The types that values have.

use std::ops::RangeInclusive;

use vm_autoscale_config::{Part, Value, quoted};

use super::Reader;
use crate::import::said::{is_block, is_secret};
use crate::import::section::Section;

impl Reader {
    pub(crate) fn integer(
        &mut self,
        section: &Section<'_>,
        key: &str,
        range: &RangeInclusive<u32>,
    ) -> Option<u32> {
        let rule = format!("a whole number, {} to {}", range.start(), range.end());
        let number = match self.get(section, key)?.value() {
            Value::Integer(number) => u32::try_from(number).ok(),
            Value::Float(number) => whole(number),
            // In quotes it was as good to the programs that converted it.
            Value::Text(text) => text.trim().parse().ok(),
            _ => None,
        };
        let number = number.filter(|number| range.contains(number));
        if number.is_none() {
            self.wrong(section, key, &rule);
        }
        number
    }

    pub(crate) fn percent(&mut self, section: &Section<'_>, key: &str) -> Option<f64> {
        let number = match self.get(section, key)?.value() {
            Value::Integer(number) => u32::try_from(number).ok().map(f64::from),
            Value::Float(number) => Some(number),
            Value::Text(text) => text.trim().parse().ok(),
            _ => None,
        };
        let number = number.filter(|number| (0.0..=100.0).contains(number));
        if number.is_none() {
            self.wrong(section, key, "a percentage, 0 to 100");
        }
        number
    }

    /// Python's YAML is 1.1, where more words than two are true or false; in quotes they are meant
    /// the same.
    pub(crate) fn boolean(&mut self, section: &Section<'_>, key: &str) -> Option<bool> {
        let said = match self.get(section, key)?.value() {
            Value::Bool(said) => Some(said),
            Value::Text(text) => match text.trim().to_ascii_lowercase().as_str() {
                "true" | "yes" | "on" => Some(true),
                "false" | "no" | "off" => Some(false),
                _ => None,
            },
            _ => None,
        };
        if said.is_none() {
            self.wrong(section, key, "true or false");
        }
        said
    }

    /// Text of one line without variables; empty text is none. A number is taken as text.
    pub(crate) fn text(&mut self, section: &Section<'_>, key: &str) -> Option<String> {
        let entry = self.get(section, key)?;
        let text = match entry.value() {
            Value::Text(text) => text.trim().to_owned(),
            Value::Integer(number) => number.to_string(),
            _ => {
                self.wrong(section, key, "text");
                return None;
            }
        };
        if !is_plain(&text) {
            self.wrong(section, key, "text of one line without control characters");
        } else if text.contains("${") {
            let problem = entry.problem(&section.path_of(key), format!("`{key}` is a variable"));
            let help = "write its value here: no .env file is read";
            self.problems.push(problem.rule("a value").help(help));
        } else if !text.is_empty() {
            return Some(text);
        }
        None
    }

    fn wrong(&mut self, section: &Section<'_>, key: &str, rule: &str) {
        let Some(entry) = section.get(key) else { return };
        let hidden = matches!(entry.value(), Value::Text(text) if is_secret(key, text));
        let what = if hidden { "not that, and not shown".to_owned() } else { described(entry) };
        let problem = format!("`{key}` is {what}");
        self.problems.push(entry.problem(&section.path_of(key), problem).rule(rule));
    }
}

/// One line that can be seen.
pub(crate) fn is_plain(text: &str) -> bool {
    !text.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'))
}

/// What is there, for a message. No value under a key that could hold a secret comes here.
pub(crate) fn described(entry: Part<'_>) -> String {
    match entry.value() {
        Value::Null => "empty".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Integer(value) => value.to_string(),
        Value::Float(value) => value.to_string(),
        Value::Text(text) if is_block(text) => "text of several lines".to_owned(),
        Value::Text(text) => quoted(text),
        Value::List => "a list".to_owned(),
        Value::Section => "a section".to_owned(),
        Value::Tagged => "a value with a tag".to_owned(),
    }
}

fn whole(number: f64) -> Option<u32> {
    // Whole numbers are printed without a fraction, and this conversion needs no cast.
    format!("{number}").parse().ok()
}
