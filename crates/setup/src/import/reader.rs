//! Values of the old file by their types; what is of another type is a problem with its place.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::RangeInclusive;

use vm_autoscale_config::{Part, Problem, Value, quoted};

use super::keys::{self, Tool, Verdict};
use super::said::{is_block, is_secret};
use super::section::Section;

/// A default that was written out.
#[derive(Debug)]
pub(crate) struct Unsaid {
    pub(crate) path: String,
    pub(crate) value: String,
}

/// What is found out on the way.
#[derive(Debug)]
pub(crate) struct Reader {
    /// Whose file it is: what that program never read has no effect here either.
    tool: Tool,
    pub(crate) problems: Vec<Problem>,
    /// By a key's path: what stands behind what its table says, or in its place.
    pub(crate) notes: BTreeMap<String, (Option<Verdict>, String)>,
    pub(crate) unsaid: Vec<Unsaid>,
}

impl Reader {
    pub(crate) const fn new(tool: Tool) -> Self {
        Self { tool, problems: Vec::new(), notes: BTreeMap::new(), unsaid: Vec::new() }
    }

    /// A key's value, unless the program whose file this is never read it.
    pub(crate) fn get<'a>(&self, section: &Section<'a>, key: &str) -> Option<Part<'a>> {
        let known = keys::find(&keys::general(&section.path_of(key)));
        let is_read = known.is_none_or(|key| key.tools.contains(&self.tool));
        section.get(key).filter(|_| is_read)
    }

    pub(crate) fn refuse(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// Adds to what is said of a key.
    pub(crate) fn note(&mut self, path: String, text: impl Into<String>) {
        self.notes.insert(path, (None, text.into()));
    }

    /// Says something else of a key.
    pub(crate) fn instead(&mut self, path: String, verdict: Verdict, text: impl Into<String>) {
        self.notes.insert(path, (Some(verdict), text.into()));
    }

    /// The value, or the old program's default, which is then told.
    pub(crate) fn or<T: Display>(
        &mut self,
        section: &Section<'_>,
        key: &str,
        value: Option<T>,
        default: T,
    ) -> T {
        value.unwrap_or_else(|| {
            let path = section.path_of(key);
            self.unsaid.push(Unsaid { path, value: default.to_string() });
            default
        })
    }

    /// The sections of a list that may have so many of them: what is made of them must be read, too.
    pub(crate) fn list<'a>(
        &mut self,
        section: &Section<'a>,
        key: &str,
        most: usize,
    ) -> Vec<Section<'a>> {
        let mut list = section.list(key);
        if let Some(first) = list.get(most) {
            let problem = first.whole_problem(format!("more than {most} of them"));
            self.problems.push(problem.rule(format!("at most {most} in `{key}`")));
            list.truncate(most);
        }
        list
    }

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
