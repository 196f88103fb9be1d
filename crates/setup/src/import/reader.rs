//! Values of the old file by their types; what is of another type is a problem with its place.

mod values;

use std::collections::BTreeMap;
use std::fmt::Display;

use vm_autoscale_config::{Part, Problem};

pub(crate) use self::values::{described, is_plain};
use super::keys::{self, Tool, Verdict};
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
}
