//! The text of a file, as far as messages show it.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::problem::Problem;
use crate::render::Snippet;

/// Parts of a key that say that its value is nobody's business.
const TELLING: [&str; 10] = [
    "pass",
    "secret",
    "token",
    "credential",
    "api_key",
    "apikey",
    "private_key",
    "uptime_kuma_url",
    "healthchecks_url",
    "webhook_url",
];

/// Where something stands; all from 1, in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
    /// How much is meant; at most to the end of the line is marked.
    pub(crate) width: usize,
}

/// A file's name and text.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) file: PathBuf,
    pub(crate) text: Zeroizing<String>,
    /// Where each line begins.
    starts: Vec<usize>,
    /// Lines (first, last) of which nothing is shown but the key on the first.
    hidden: Vec<(usize, usize)>,
}

impl Source {
    pub(crate) fn new(file: &Path, text: Zeroizing<String>) -> Self {
        let after = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = std::iter::once(0).chain(after.map(|(at, _)| at + 1)).collect();
        Self { file: file.to_owned(), text, starts, hidden: Vec::new() }
    }

    /// The file's name as messages show it.
    pub(crate) fn name(&self) -> String {
        self.file.display().to_string().chars().map(crate::render::visible).collect()
    }

    /// The line of that number, from 1.
    pub(crate) fn line(&self, number: usize) -> Option<&str> {
        let start = *self.starts.get(number.checked_sub(1)?)?;
        self.text.get(start..)?.lines().next()
    }

    /// From now on shows nothing of these lines but the key.
    pub(crate) fn hide(&mut self, first: usize, last: usize) {
        self.hidden.push((first, last));
    }

    /// A problem at a place; without one, of the whole file.
    pub(crate) fn problem(&self, place: Option<Place>, problem: impl Into<String>) -> Problem {
        let whole = Problem::of_file(&self.file, problem);
        place.map_or(whole.clone(), |Place { line, column, width }| Problem {
            line,
            column,
            width,
            ..whole
        })
    }

    /// Gives a problem its line.
    pub(crate) fn illustrate(&self, problem: &mut Problem) {
        if problem.line == 0 {
            return;
        }
        let line = self.line(problem.line).unwrap_or_default();
        let place = Place { line: problem.line, column: problem.column, width: problem.width };
        problem.snippet = Some(Snippet::new(&self.masked(line, problem.line), place));
    }

    fn masked(&self, line: &str, number: usize) -> String {
        let telling = telling_at(line);
        let hidden = self.hidden.iter().find(|(first, last)| (*first..=*last).contains(&number));
        let below = hidden.is_some_and(|(first, _)| number > *first)
            || (telling.is_none() && self.is_below_secret(number));
        if below {
            return "…".to_owned();
        }
        let Some(at) = telling.or(hidden.map(|_| 0)) else { return line.to_owned() };
        // The rest of the key, then nothing.
        let rest = line.get(at..).unwrap_or_default();
        let key = rest.find([':', '=', ' ', '"', '\'', ',']).unwrap_or(rest.len());
        format!("{}: …", line.get(..at + key).unwrap_or_default())
    }

    /// Whether the line may go on a value whose key stands on a line above, by indentation and
    /// quotes alone: it must hold for a text that no parser understands.
    fn is_below_secret(&self, number: usize) -> bool {
        let is_open = |line: &str| {
            let value = telling_at(line).and_then(|at| line.get(at..)?.split_once(':'));
            let value = value.map(|(_, value)| value.trim_start()).unwrap_or_default();
            let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
            quote.is_some_and(|quote| value.matches(quote).count() == 1)
        };
        // An item stands below its key even where it is not indented.
        let indent = |line: &str| {
            let text = line.trim_start();
            line.len() - text.len() + usize::from(text.starts_with("- "))
        };
        let above: Vec<&str> = self.text.lines().take(number).collect();
        let Some((last, above)) = above.split_last() else { return false };
        let mut least = indent(last);
        for line in above.iter().rev().filter(|line| !line.trim().is_empty()) {
            let is_parent = indent(line) < least;
            least = least.min(indent(line));
            if is_open(line) || (is_parent && telling_at(line).is_some()) {
                return true;
            }
        }
        false
    }
}

/// Whether a key by that name can hold a secret.
pub(crate) fn is_telling(key: &str) -> bool {
    telling_at(key).is_some()
}

/// A key that nobody knows: it may have its value in it, as `{password:x}` has.
pub(crate) fn without_secret(key: &str) -> String {
    let lower = key.to_ascii_lowercase().replace('-', "_");
    let Some(at) = telling_at(key) else { return key.to_owned() };
    let rest = lower.get(at..).unwrap_or_default();
    let word = ["password", "passphrase", "passwd"].iter().chain(&TELLING);
    let length = word.copied().find(|word| rest.starts_with(word)).map_or(0, str::len);
    let shown = key.get(..at + length).unwrap_or_default();
    if shown.len() == key.len() { key.to_owned() } else { format!("{shown}…") }
}

fn telling_at(text: &str) -> Option<usize> {
    let lower = text.to_ascii_lowercase().replace('-', "_");
    let word = TELLING.iter().filter_map(|word| lower.find(word)).min();
    // A URL may have a user and a password in it, or a key.
    let url = lower.find("://");
    let url = url.filter(|at| lower.get(*at..).is_some_and(|url| url.contains(['@', '?'])));
    word.into_iter().chain(url).min()
}
