//! Where the values of a configuration stand.

use std::fmt;
use std::path::PathBuf;

use super::Checked;
use super::documents::Home;
use super::tree::{Data, Expanded, Node};
use crate::render::visible;
use crate::source::is_telling;

/// What is shown of a secret.
const SECRET: &str = "(secret)";

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A file says it.
    File {
        /// The file as it was named.
        file: PathBuf,
        /// From 1.
        line: usize,
        /// In characters, from 1.
        column: usize,
    },
    /// The variable of that name holds over whatever the files say.
    Variable(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { file, line, column } => {
                let file: String = file.display().to_string().chars().map(visible).collect();
                write!(f, "{file}:{line}:{column}")
            }
            Self::Variable(name) => write!(f, "variable {name}"),
        }
    }
}

/// One value that the files or a variable set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Such as `virtual_machines[3].thresholds.cpu.high`.
    pub path: String,
    /// The value, without secrets: those are `(secret)`, and variables stand as in the file.
    pub shown: String,
    /// Where it stands.
    pub origin: Origin,
}

impl<T> Checked<T> {
    /// Where a value stands; `None` where no file says it, so that a default holds.
    #[must_use]
    pub fn origin(&self, path: &str) -> Option<Origin> {
        self.value(path)
            .filter(|node| node.data != Data::Null)
            .and_then(|node| self.origin_of(node))
    }

    /// Every value that is set, in the order of the files; last those that variables set.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        let mut leaves = Vec::new();
        if let Some(root) = &self.root {
            collect(root, &mut String::new(), false, &mut leaves);
        }
        leaves.sort_by_key(|(_, _, node)| match self.documents.home(node.id) {
            Home::Text(at, id) => (at, id),
            Home::Variable(_) => (usize::MAX, 0),
        });
        let entry = |(path, is_secret, node): (String, bool, &Node)| {
            let origin = self.origin_of(node)?;
            Some(Entry { path, shown: show(node, is_secret), origin })
        };
        leaves.into_iter().filter_map(entry).collect()
    }

    fn origin_of(&self, node: &Node) -> Option<Origin> {
        if let Home::Variable(name) = self.documents.home(node.id) {
            return Some(Origin::Variable(name));
        }
        let (at, place) = self.documents.place(node);
        let file = self.documents.all.get(at)?.source.file.clone();
        place.map(|place| Origin::File { file, line: place.line, column: place.column })
    }
}

fn collect<'a>(
    node: &'a Node,
    path: &mut String,
    is_secret: bool,
    into: &mut Vec<(String, bool, &'a Node)>,
) {
    let length = path.len();
    match &node.data {
        Data::List(items) if !items.is_empty() => {
            for (at, item) in items.iter().enumerate() {
                path.extend(["[", &at.to_string(), "]"]);
                collect(item, path, is_secret, into);
                path.truncate(length);
            }
        }
        Data::Map(pairs) if !pairs.is_empty() => {
            for (key, value) in pairs {
                let name = key.text().unwrap_or("?");
                path.push_str(if length == 0 { "" } else { "." });
                path.extend(name.chars().map(visible));
                collect(value, path, is_secret || is_telling(name), into);
                path.truncate(length);
            }
        }
        Data::Null => {}
        _ => into.push((path.clone(), is_secret, node)),
    }
}

fn show(node: &Node, is_secret: bool) -> String {
    let text = match &node.data {
        Data::Expanded(expanded) if is_secret => return reference(expanded),
        _ if is_secret => return SECRET.to_owned(),
        Data::Expanded(expanded) => expanded.written.to_string(),
        Data::Bool(value) => value.to_string(),
        Data::Signed(number) => number.to_string(),
        Data::Unsigned(number) => number.to_string(),
        Data::Float(number) => number.to_string(),
        Data::Text(text) => text.to_string(),
        Data::List(_) => "[]".to_owned(),
        Data::Map(_) => "{}".to_owned(),
        Data::Null | Data::Tagged => String::new(),
    };
    text.chars().map(visible).collect()
}

/// The variable alone: a default, or a text around it, may be a part of the secret.
fn reference(expanded: &Expanded) -> String {
    let name = expanded.written.strip_prefix("${").and_then(|text| text.strip_suffix('}'));
    let is_name = |name: &&str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    match name.filter(is_name) {
        Some(_) => expanded.written.to_string(),
        None => SECRET.to_owned(),
    }
}
