//! Rules across keys, as problems at the keys' places.

use super::document::{follow, trail};
use super::documents::Home;
use super::tree::Node;
use super::words::{Words, does_not_fit};
use super::{Checked, meaning};
use crate::problem::Problem;

impl<T> Checked<T> {
    pub(super) fn judge(&mut self, errors: &validator::ValidationErrors) {
        let mut broken = Vec::new();
        meaning::collect(errors, "", &mut broken);
        for broken in broken {
            if broken.keys.iter().all(|key| self.is_sound(key)) {
                self.broken(broken);
            }
        }
    }

    fn broken(&mut self, broken: meaning::Broken) {
        let Some(root) = &self.root else { return };
        let first = broken.keys.first().map_or("", String::as_str);
        let from = self.documents.place(follow(root, first, &self.findings).node).0;
        let second = broken.keys.get(1).map(|key| follow(root, key, &self.findings).node);
        let line = second.map_or_else(String::new, |node| self.documents.line(from, node));
        let mut problem = broken.problem.replace("{line}", &line);
        let mut help = broken.help;
        // The rule's words are its own; the problem's and the help's may be values.
        let is_given = |key: &String| self.value(key).is_some_and(Node::has_expanded);
        if broken.keys.iter().any(is_given) {
            let keys = broken.keys.iter().map(|key| key.rsplit('.').next().unwrap_or(key));
            let name = keys.take(1).map(crate::render::quote).collect::<String>();
            let home =
                self.value(first).map_or(Home::Text(0, 0), |node| self.documents.home(node.id));
            (problem, help) = (does_not_fit(&name, home), None);
        }
        let problem = Problem::of_file(std::path::Path::new(""), problem).rule(broken.rule);
        self.object(first, Problem { suggestion: help, ..problem });
    }

    /// What the path names, where the files say it.
    pub(super) fn value(&self, path: &str) -> Option<&Node> {
        let found = follow(self.root.as_ref()?, path, &self.findings);
        found.is_there.then_some(found.node)
    }

    /// Adds a problem of what the path names, at its place.
    pub fn object(&mut self, path: &str, problem: Problem) {
        let Some(root) = &self.root else { return self.problems.push((0, problem)) };
        let found = trail(root, follow(root, path, &self.findings).node.id);
        let (at, place) = Words { documents: &self.documents, root }.place(&found);
        let Problem { file, line, column, width, .. } = self.documents.problem(at, place, "");
        self.problems
            .push((at, Problem { file, line, column, width, path: found.path, ..problem }));
    }
}
