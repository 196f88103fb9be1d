//! From a file's bytes to its type, or to everything that is wrong with it.
//!
//! Values are read by `serde_yaml` into a tree, and by the types' own `Deserialize` from there:
//! nothing else decides what is accepted.

mod access;
mod document;
mod fault;
mod foreign;
mod known;
pub(crate) mod meaning;
mod places;
mod reader;
mod syntax;
#[cfg(test)]
mod tests;
mod text;
mod tree;
mod words;

use std::cell::OnceCell;
use std::path::Path;

use serde::de::DeserializeOwned;
use validator::Validate;

use self::document::{Trail, follow, trail};
pub use self::foreign::{Entry, Foreign, Value, quoted, sounds_secret};
use self::places::Places;
use self::reader::Findings;
use self::tree::{Data, Node};
use self::words::Words;
use crate::problem::{Problem, Report};
use crate::source::{Source, is_telling};

/// So many problems of one file get a text and a place; of the others only the number is known.
const MAX_PROBLEMS: usize = 1_000;

/// A file as far as it could be read.
#[derive(Debug)]
pub struct Checked<T> {
    /// Made of what is sound; whole only where there are no problems.
    config: Option<T>,
    source: Source,
    root: Option<Node>,
    findings: Findings,
    places: OnceCell<Places>,
    problems: Vec<Problem>,
    more: usize,
}

impl<T: DeserializeOwned + Validate> Checked<T> {
    /// Reads all that can be read. Never fails: what is wrong is in the report.
    #[must_use]
    pub fn new(file: &Path, bytes: &[u8]) -> Self {
        let (source, problem) = text::decode(file, bytes);
        let mut checked = Self {
            config: None,
            source,
            root: None,
            findings: Findings::default(),
            places: OnceCell::new(),
            problems: Vec::new(),
            more: 0,
        };
        match problem {
            Some(problem) => checked.problems.push(problem),
            None => checked.read(),
        }
        checked
    }

    fn read(&mut self) {
        let root = match Node::parse(&self.source.text) {
            Ok(root) => root,
            Err(error) => return self.problems.push(syntax::problem(&self.source, &error)),
        };
        if root.data == Data::Null {
            let empty = self.source.problem(None, "the file holds no settings");
            let help = "write `{}` where the defaults are meant";
            return self.problems.push(empty.rule("a file has keys and values").help(help));
        }
        self.config = self.findings.read::<T>(&root);
        self.root = Some(root);
        self.explain();
        if let Some(Err(errors)) = self.config.as_ref().map(Validate::validate) {
            self.judge(&errors);
        }
    }

    fn explain(&mut self) {
        let Some(root) = &self.root else { return };
        let flaws = self.findings.flaws();
        self.more = flaws.len().saturating_sub(MAX_PROBLEMS);
        for ((id, _), what) in flaws.iter().take(MAX_PROBLEMS) {
            let places = self.places.get_or_init(|| Places::of(&self.source.text, root));
            let words = Words { source: &self.source, root, places };
            self.problems.push(words.problem(*id, what));
        }
    }

    fn judge(&mut self, errors: &validator::ValidationErrors) {
        let mut broken = Vec::new();
        meaning::collect(errors, "", &mut broken);
        for broken in broken {
            if broken.keys.iter().all(|key| self.is_sound(key)) {
                let path = broken.keys.first().map_or("", String::as_str);
                let line = broken.keys.get(1).and_then(|key| self.line(key)).unwrap_or(0);
                let problem = broken.problem.replace("{line}", &line.to_string());
                let problem = Problem::of_file(&self.source.file, problem).rule(broken.rule);
                self.object(path, Problem { suggestion: broken.help, ..problem });
            }
        }
    }
}

impl<T> Checked<T> {
    /// The configuration as far as it could be read: ask [`Checked::is_sound`] before a value of
    /// it is believed.
    #[must_use]
    pub fn config(&self) -> Option<&T> {
        self.config.as_ref()
    }

    /// Whether what the path names is what the file says, or rightly absent.
    #[must_use]
    pub fn is_sound(&self, path: &str) -> bool {
        let Some(root) = &self.root else { return false };
        let found = follow(root, path, &self.findings);
        found.steps.iter().last().is_none_or(|(section, key)| self.findings.is_sound(section, key))
            && found.steps.iter().all(|(section, key)| !self.findings.is_doubtful(section, key))
    }

    fn line(&self, path: &str) -> Option<usize> {
        let root = self.root.as_ref()?;
        let places = self.places.get_or_init(|| Places::of(&self.source.text, root));
        places.get(follow(root, path, &self.findings).node).map(|place| place.line)
    }

    /// Adds a problem of what the path names, at its place.
    pub fn object(&mut self, path: &str, problem: Problem) {
        let Some(root) = &self.root else { return self.problems.push(problem) };
        let places = self.places.get_or_init(|| Places::of(&self.source.text, root));
        let found = follow(root, path, &self.findings).node;
        let Trail { path: real, .. } = trail(root, found.id);
        let words = Words { source: &self.source, root, places };
        let place = words.place(&trail(root, found.id));
        let Problem { line, column, width, .. } = self.source.problem(place, "");
        self.problems.push(Problem { line, column, width, path: real, ..problem });
    }

    /// The configuration, or everything that is wrong with it.
    ///
    /// # Errors
    /// There is a problem.
    pub fn finish(mut self) -> Result<T, Report> {
        if self.problems.is_empty()
            && let Some(config) = self.config.take()
        {
            return Ok(config);
        }
        Err(self.into_report())
    }

    /// Everything that is wrong; empty where nothing is.
    #[must_use]
    pub fn into_report(mut self) -> Report {
        if let (Some(root), Some(places)) = (&self.root, self.places.get()) {
            hide_secrets(root, places, &mut self.source);
        }
        Report::of(&self.source, self.problems, self.more)
    }
}

/// Lines of values whose key says that they are nobody's business.
fn hide_secrets(node: &Node, places: &Places, source: &mut Source) {
    match &node.data {
        Data::List(items) => items.iter().for_each(|item| hide_secrets(item, places, source)),
        Data::Map(pairs) => {
            for (key, value) in pairs {
                match (places.lines(source, key), places.lines(source, value)) {
                    (Some((first, _)), Some((_, last))) if key.text().is_some_and(is_telling) => {
                        source.hide(first, last);
                    }
                    _ => hide_secrets(value, places, source),
                }
            }
        }
        _ => {}
    }
}

/// The keys that a section's type knows.
#[cfg(test)]
pub(crate) fn known_keys<T: DeserializeOwned>() -> &'static [&'static str] {
    let findings = Findings::default();
    let root = Node::parse("no such key: 1").ok();
    root.as_ref().and_then(|root| findings.read::<T>(root));
    let flaws = findings.flaws();
    let known = flaws.values().find_map(|what| match what {
        fault::What::UnknownKey { known } => Some(*known),
        _ => None,
    });
    known.unwrap_or_default()
}

/// Those that it must have, as far as messages know.
#[cfg(test)]
pub(crate) fn required_keys(section: &str) -> std::collections::BTreeSet<String> {
    known::required(section).iter().map(|(key, _)| (*key).to_owned()).collect()
}
