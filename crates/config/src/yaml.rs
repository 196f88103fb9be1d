//! From a file's bytes to its type, or to everything that is wrong with it.
//!
//! Values are read by `serde_yaml` into a tree, and by the types' own `Deserialize` from there:
//! nothing else decides what is accepted. Several files are one tree, and variables are replaced
//! in it before the types see it.

mod access;
mod ask;
mod document;
mod documents;
mod entries;
mod expand;
mod expanded;
mod fault;
mod foreign;
mod judge;
mod known;
mod load;
pub(crate) mod meaning;
mod merge;
mod places;
mod reader;
mod secrets;
mod syntax;
#[cfg(test)]
mod tests;
mod text;
mod tree;
mod words;

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use validator::Validate;
use zeroize::Zeroizing;

pub use self::entries::{Entry, Origin};
pub use self::foreign::{Foreign, Part, Value, quoted, sounds_secret, visible, without_secret};

use self::documents::Documents;
use self::expand::Variables;
use self::reader::Findings;
use self::tree::Node;
use crate::Environment;
use crate::problem::Problem;
use crate::source::Source;

/// A configuration as far as it could be read, from one file or several.
pub struct Checked<T> {
    /// Made of what is sound; whole only where there are no problems.
    config: Option<T>,
    documents: Documents,
    root: Option<Node>,
    findings: Findings,
    /// Each with its file's place in the list of documents.
    problems: Vec<(usize, Problem)>,
    more: usize,
}

/// Nothing of the values: those of variables are secrets.
impl<T> std::fmt::Debug for Checked<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let files: Vec<&Path> = self.files().collect();
        f.debug_struct("Checked").field("files", &files).finish_non_exhaustive()
    }
}

impl<T: DeserializeOwned + Validate> Checked<T> {
    /// Reads all that can be read of a file that has no variables. Never fails: what is wrong is
    /// in the report.
    #[must_use]
    pub fn new(file: &Path, bytes: &[u8]) -> Self {
        Self::of(vec![text::decode(file, bytes)], Variables::None)
    }

    /// The same with variables, and with those that hold over the file.
    #[must_use]
    pub fn expanded(file: &Path, bytes: &[u8], environment: &Environment) -> Self {
        Self::of(vec![text::decode(file, bytes)], Variables::Known(environment))
    }

    /// The same of a file and of those that add to it.
    pub(crate) fn merged(
        first: (&Path, &[u8]),
        others: Vec<crate::fragments::Read>,
        environment: &Environment,
    ) -> Self {
        let others = others.into_iter().map(|(path, read): (PathBuf, _)| match read {
            Ok(bytes) => text::decode(&path, &bytes),
            Err(problem) => (Source::new(&path, Zeroizing::default()), Some(*problem)),
        });
        let first = std::iter::once(text::decode(first.0, first.1));
        Self::of(first.chain(others).collect(), Variables::Known(environment))
    }

    fn of(texts: Vec<(Source, Option<Problem>)>, variables: Variables<'_>) -> Self {
        let mut checked = Self {
            config: None,
            documents: Documents::default(),
            root: None,
            findings: Findings::default(),
            problems: Vec::new(),
            more: 0,
        };
        let roots = checked.parse(texts);
        // What is missing may be wrong in meaning only because of a file that was not read.
        let is_whole = checked.problems.is_empty();
        if let Some(root) = checked.join(roots, variables) {
            checked.read(root, is_whole);
        }
        checked
    }

    fn read(&mut self, root: Node, is_whole: bool) {
        self.config = self.findings.read::<T>(&root);
        self.root = Some(root);
        self.explain();
        if let Some(Err(errors)) = self.config.as_ref().filter(|_| is_whole).map(Validate::validate)
        {
            self.judge(&errors);
        }
    }
}

/// The keys that a section's type knows.
#[cfg(test)]
pub(crate) fn known_keys<T: DeserializeOwned>() -> &'static [&'static str] {
    let findings = Findings::default();
    let root = Node::parse("no such key: 1", 0).ok();
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
