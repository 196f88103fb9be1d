//! The texts that a tree was made of, and which of them says what.

use std::cell::OnceCell;
use std::path::Path;

use super::places::Places;
use super::tree::{Data, Node};
use crate::environment::OVERRIDING;
use crate::problem::Problem;
use crate::source::{Place, Source};

/// Numbers from here down are overriding variables' instead of a text's values.
const VARIABLES: u32 = u32::MAX;

/// One text.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) source: Source,
    /// The number of its first value, and one more than that of its last.
    pub(crate) start: u32,
    pub(crate) end: u32,
    places: OnceCell<Places>,
}

impl Document {
    pub(crate) fn new(source: Source) -> Self {
        Self { source, start: 0, end: 0, places: OnceCell::new() }
    }

    /// A second parser finds them out, when they are first asked for.
    fn places(&self) -> &Places {
        let values = self.end.saturating_sub(self.start);
        self.places.get_or_init(|| Places::of(&self.source.text, values))
    }

    /// Hides what nobody may see of a text of which something is shown.
    fn hide_secrets(&mut self, root: &Node) {
        if let Some(places) = self.places.get() {
            super::secrets::hide(root, places, &mut self.source);
        }
    }
}

/// All texts, in the order in which they hold.
#[derive(Debug, Default)]
pub(crate) struct Documents {
    pub(crate) all: Vec<Document>,
    /// The numbers that the tree's values have in the texts; empty where they are the same.
    pub(crate) table: Vec<u32>,
}

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Home {
    /// The text's place in the list, and the number in it.
    Text(usize, u32),
    Variable(&'static str),
}

impl Documents {
    /// The number of an overriding variable, by its place in the list of those.
    pub(crate) fn variable(at: usize) -> u32 {
        VARIABLES.saturating_sub(u32::try_from(at).unwrap_or(u32::MAX))
    }

    pub(crate) fn home(&self, id: u32) -> Home {
        let at = usize::try_from(id).unwrap_or(usize::MAX);
        let id = if self.table.is_empty() { id } else { *self.table.get(at).unwrap_or(&id) };
        let variable = usize::try_from(VARIABLES.saturating_sub(id));
        if let Some((name, _)) = variable.ok().and_then(|at| OVERRIDING.get(at)) {
            return Home::Variable(name);
        }
        let at = self.all.partition_point(|document| document.end <= id);
        let start = self.all.get(at).map_or(0, |document| document.start);
        Home::Text(at, id.saturating_sub(start))
    }

    /// Which text a value stands in, and where. A variable's stands in none: the first is named.
    pub(crate) fn place(&self, node: &Node) -> (usize, Option<Place>) {
        let Home::Text(at, id) = self.home(node.id) else { return (0, None) };
        let is_section = matches!(&node.data, Data::Map(pairs) if !pairs.is_empty());
        let place = self.all.get(at).and_then(|document| document.places().get(id, is_section));
        (at, place)
    }

    /// A problem of a text, at a place in it or as a whole.
    pub(crate) fn problem(&self, at: usize, place: Option<Place>, problem: &str) -> Problem {
        match self.all.get(at) {
            Some(document) => document.source.problem(place, problem),
            None => Problem::of_file(Path::new(""), problem),
        }
    }

    /// The words for the line of something, in a message about something in the text `from`.
    pub(crate) fn line(&self, from: usize, node: &Node) -> String {
        let (at, place) = self.place(node);
        let line = place.map_or(0, |place| place.line).to_string();
        match self.all.get(at).filter(|_| at != from) {
            Some(document) => format!("{line} of {}", document.source.name()),
            None => line,
        }
    }

    /// Before anything of the texts is shown.
    pub(crate) fn hide_secrets(&mut self, root: Option<&Node>) {
        let is_only = self.table.is_empty() && self.all.len() == 1;
        for document in self.all.iter_mut().filter(|document| document.places.get().is_some()) {
            // What the tree of several no longer has stands in the text all the same.
            let own = if is_only { None } else { Node::parse(&document.source.text, 0).ok() };
            if let Some(root) = if is_only { root } else { own.as_ref() } {
                document.hide_secrets(root);
            }
        }
    }
}
