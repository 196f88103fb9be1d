//! A YAML file of another program: its values with their places, and nothing known of its keys.

use std::path::Path;

use super::places::Places;
use super::tree::{Data, Node};
use super::{secrets, syntax, text};
use crate::problem::{Problem, Report};
use crate::source::{self, Place, Source, is_telling};
use crate::{Error, MAX_FILE, render};
use vm_autoscale_guard::read_regular_bytes;

/// So many problems are kept; of the others only the number.
const MAX_PROBLEMS: usize = 1_000;

/// The file, bounded and read as YAML.
#[derive(Debug)]
pub struct Foreign {
    source: Source,
    root: Node,
    places: Places,
}

/// One of its values.
#[derive(Debug, Clone, Copy)]
pub struct Part<'a> {
    file: &'a Foreign,
    node: &'a Node,
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// Nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number that fits.
    Integer(i64),
    /// Any other number.
    Float(f64),
    /// Text.
    Text(&'a str),
    /// A list.
    List,
    /// Keys and values.
    Section,
    /// Something with a tag of its own.
    Tagged,
}

impl Foreign {
    /// Reads the file.
    ///
    /// # Errors
    /// It cannot be read, is no regular file, or is no YAML.
    pub fn read(path: &Path) -> Result<Self, Error> {
        Ok(Self::new(path, &read_regular_bytes(path, MAX_FILE)?)?)
    }

    /// The same of a text that was read before.
    ///
    /// # Errors
    /// It is no YAML.
    pub fn new(file: &Path, bytes: &[u8]) -> Result<Self, Report> {
        let (mut source, problem) = text::decode(file, bytes);
        let read = match problem {
            None => Node::parse(&source.text, 0).map_err(|error| syntax::problem(&source, &error)),
            Some(problem) => Err(problem),
        };
        let root = match read {
            Ok(root) => root,
            Err(problem) => {
                // Nobody knows which of its lines are secrets.
                source.hide(0, usize::MAX);
                return Err(Report::of(&[&source], vec![(0, problem)], 0));
            }
        };
        let places = Places::of(&source.text, root.end);
        secrets::hide(&root, &places, &mut source);
        Ok(Self { source, root, places })
    }

    /// The same, which shows nothing of the lines of values that are secrets by their key and text.
    #[must_use]
    pub fn hiding(mut self, is_secret: impl Fn(&str, &str) -> bool) -> Self {
        let mut left = vec![&self.root];
        while let Some(node) = left.pop() {
            match &node.data {
                Data::List(items) => left.extend(items),
                Data::Map(pairs) => {
                    for (key, value) in pairs {
                        left.push(value);
                        let text = value.text().unwrap_or_default();
                        let hidden = is_secret(key.text().unwrap_or_default(), text);
                        let lines = |node| self.places.lines(&self.source, node);
                        if let (true, Some((first, _)), Some((_, last))) =
                            (hidden, lines(key), lines(value))
                        {
                            self.source.hide(first, last);
                        }
                    }
                }
                _ => {}
            }
        }
        self
    }

    /// The whole of it.
    #[must_use]
    pub fn root(&self) -> Part<'_> {
        Part { file: self, node: &self.root }
    }

    /// These problems with their lines; those of secrets are masked.
    #[must_use]
    pub fn report(&self, problems: Vec<Problem>) -> Report {
        let more = problems.len().saturating_sub(MAX_PROBLEMS);
        let problems = problems.into_iter().take(MAX_PROBLEMS).map(|problem| (0, problem));
        Report::of(&[&self.source], problems.collect(), more)
    }
}

impl<'a> Part<'a> {
    /// What it is.
    #[must_use]
    pub fn value(self) -> Value<'a> {
        match &self.node.data {
            Data::Null => Value::Null,
            Data::Bool(value) => Value::Bool(*value),
            Data::Signed(value) => Value::Integer(*value),
            Data::Unsigned(value) => {
                i64::try_from(*value).map_or(Value::Float(f64::INFINITY), Value::Integer)
            }
            Data::Float(value) => Value::Float(*value),
            Data::Text(text) => Value::Text(text),
            Data::List(_) => Value::List,
            Data::Map(_) => Value::Section,
            // Nothing is expanded in a file that is not ours.
            Data::Tagged | Data::Expanded(_) => Value::Tagged,
        }
    }

    /// The keys of a section with their values, in the file's order.
    pub fn pairs(self) -> impl Iterator<Item = (Part<'a>, Part<'a>)> {
        let pairs = if let Data::Map(pairs) = &self.node.data { pairs.as_slice() } else { &[] };
        let entry = move |node| Part { node, ..self };
        pairs.iter().map(move |(key, value)| (entry(key), entry(value)))
    }

    /// The items of a list.
    pub fn items(self) -> impl Iterator<Item = Part<'a>> {
        let items = if let Data::List(items) = &self.node.data { items.as_slice() } else { &[] };
        items.iter().map(move |node| Part { node, ..self })
    }

    /// The line that it begins on; 0 where that is not known.
    #[must_use]
    pub fn line(self) -> usize {
        self.place().map_or(0, |place| place.line)
    }

    fn place(self) -> Option<Place> {
        let is_section = matches!(&self.node.data, Data::Map(pairs) if !pairs.is_empty());
        self.file.places.get(self.node.id, is_section)
    }

    /// A problem that stands there.
    #[must_use]
    pub fn problem(self, path: &str, problem: impl Into<String>) -> Problem {
        let problem = self.file.source.problem(self.place(), problem);
        Problem { path: path.to_owned(), ..problem }
    }
}

/// Whether a key by that name can hold a secret.
#[must_use]
pub fn sounds_secret(key: &str) -> bool {
    is_telling(key)
}

/// The name of a key that nobody knows, without what may be a secret behind such a word.
#[must_use]
pub fn without_secret(key: &str) -> String {
    source::without_secret(key)
}

/// A text of a file as messages show it: short, and every character visible.
#[must_use]
pub fn quoted(text: &str) -> String {
    render::quote(text)
}

/// The same of a whole text, such as a file's name.
#[must_use]
pub fn visible(text: &str) -> String {
    text.chars().map(render::visible).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn foreign(text: &str) -> Result<Foreign, Report> {
        Foreign::new(Path::new("old.yaml"), text.as_bytes())
    }

    #[test]
    fn values_have_their_places() {
        let file = foreign("a: 1\nb:\n- {c: no, d: 1.5}\n").unwrap();
        let (key, value) = file.root().pairs().nth(1).unwrap();
        assert_eq!((key.value(), key.line()), (Value::Text("b"), 2));
        let item = value.items().next().unwrap();
        let inner: Vec<_> = item.pairs().map(|(_, value)| (value.value(), value.line())).collect();
        assert_eq!(inner, [(Value::Text("no"), 3), (Value::Float(1.5), 3)]);
        let report = file.report(vec![item.problem("b[0]", "x")]).to_string();
        assert!(report.starts_with("error: old.yaml:3:3: x\n"), "{report}");
    }

    #[test]
    fn nothing_behind_a_telling_word_is_shown() {
        for (key, shown) in [
            ("ssh_password:hunter2", "ssh_password…"),
            ("Api-Key=hunter2", "Api-Key…"),
            ("http://a:hunter2@b", "http…"),
            ("passhunter2", "pass…"),
            ("password", "password"),
            ("tokens", "token…"),
            ("colour", "colour"),
        ] {
            assert_eq!(without_secret(key), shown);
        }
    }

    #[test]
    fn lines_that_are_hidden_stay_so() {
        let file = foreign("url: http://a:hunter2@b\npassword:\n  hunter2\n").unwrap();
        let file = file.hiding(|_, text| text.contains('@'));
        let problems = file
            .root()
            .pairs()
            .flat_map(|(key, value)| [key.problem("", "x"), value.problem("", "x")]);
        let report = file.report(problems.collect()).to_string();
        assert!(report.matches("error").count() == 4 && !report.contains("hunter2"), "{report}");
        let report = foreign("url: http://a:hunter2@b\n  c: [").unwrap_err().to_string();
        assert!(report.contains("old.yaml:2:") && !report.contains("hunter2"), "{report}");
    }
}
