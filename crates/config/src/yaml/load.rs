//! From texts to one tree, and from what is wrong with that to words.

use super::documents::{Document, Documents};
use super::expand::{self, Variables};
use super::fault::describe;
use super::tree::{Data, Node};
use super::words::Words;
use super::{Checked, merge, syntax};
use crate::environment::OVERRIDING;
use crate::problem::Problem;
use crate::source::Source;

/// So many problems of one configuration get a text and a place; of the others only the number is
/// known.
const MAX_PROBLEMS: usize = 1_000;

impl<T> Checked<T> {
    /// The tree of each text, as far as they are YAML and have sections.
    pub(super) fn parse(&mut self, texts: Vec<(Source, Option<Problem>)>) -> Vec<Node> {
        let (mut roots, mut start, mut is_full) = (Vec::new(), 0, false);
        for (at, (source, problem)) in texts.into_iter().enumerate() {
            let parsed = match problem {
                _ if is_full => Err(None),
                Some(problem) => Err(Some(problem)),
                None => Node::parse(&source.text, start).map_err(|error| {
                    is_full = syntax::is_too_much(&error);
                    Some(syntax::problem(&source, &error))
                }),
            };
            let mut document = Document::new(source);
            document.start = start;
            start = parsed.as_ref().map_or(start, |root| root.end);
            document.end = start;
            self.documents.all.push(document);
            match parsed.map_err(|problem| problem.map(|problem| (at, problem))) {
                Ok(root) => match self.refuse(at, &root) {
                    Some(problem) => self.problems.push((at, problem)),
                    None => roots.push(root),
                },
                Err(problem) => self.problems.extend(problem),
            }
        }
        roots
    }

    /// What is no section of keys, which could not be merged. The first may also not be empty: it
    /// may have been cut off by accident.
    fn refuse(&self, at: usize, root: &Node) -> Option<Problem> {
        let problem = match &root.data {
            Data::Map(_) => return None,
            Data::Null if at > 0 => return None,
            Data::Null => {
                let empty = self.documents.problem(at, None, "the file holds no settings");
                let help = "write `{}` where the defaults are meant";
                return Some(empty.rule("a file has keys and values").help(help));
            }
            other => format!("the file is {}", describe(other)),
        };
        let (_, place) = self.documents.place(root);
        Some(self.documents.problem(at, place, &problem).rule("the file is a section of keys"))
    }

    /// One tree of all, with its variables replaced.
    pub(super) fn join(&mut self, mut roots: Vec<Node>, variables: Variables<'_>) -> Option<Node> {
        let is_one = roots.len() < 2;
        let mut root = if is_one { roots.pop() } else { merge::merge(roots) }?;
        let mut is_overridden = false;
        if let Variables::Known(environment) = variables {
            for (at, (name, path)) in OVERRIDING.iter().enumerate() {
                if let Some(value) = environment.get(name).filter(|value| !value.is_empty()) {
                    merge::put(&mut root, path, Documents::variable(at), value, name);
                    is_overridden = true;
                }
            }
        }
        let is_first = root.id == 0;
        if !is_one || is_overridden || !is_first {
            merge::renumber(&mut root, &mut self.documents.table);
        }
        expand::expand(&mut root, variables, &self.findings);
        Some(root)
    }

    pub(super) fn explain(&mut self) {
        let Some(root) = &self.root else { return };
        let flaws = self.findings.flaws();
        self.more = flaws.len().saturating_sub(MAX_PROBLEMS);
        let words = Words { documents: &self.documents, root };
        let shown = flaws.iter().take(MAX_PROBLEMS);
        self.problems.extend(shown.map(|((id, _), what)| words.problem(*id, what)));
    }
}
