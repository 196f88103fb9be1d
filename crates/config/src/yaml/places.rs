//! Where each value stands. A second parser reads the text for that, and for nothing else: it is
//! asked only when there is something to point at, and never for a value.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, Span};

use super::tree::{MAX_VALUES, Node};
use crate::source::{Place, Source};

/// The places of a text's values, by their numbers in it.
#[derive(Debug, Default)]
pub(crate) struct Places(Vec<Span>);

impl Places {
    /// Those of a text with so many values; none at all should the two parsers have seen
    /// different ones, so that nothing ever points at a wrong line.
    pub(crate) fn of(text: &str, values: u32) -> Self {
        let spans = collect(text).filter(|spans| u32::try_from(spans.len()) == Ok(values));
        Self(spans.unwrap_or_default())
    }

    /// A value's place; a section's is that of its first key, which has the number behind its own.
    pub(crate) fn get(&self, id: u32, is_section: bool) -> Option<Place> {
        let own = self.place(id)?;
        let first = self.place(id.checked_add(u32::from(is_section))?)?;
        // A section in braces begins at its brace.
        if first.line == own.line && first.column > own.column { Some(own) } else { Some(first) }
    }

    /// The lines from a node's first to its last, in a tree of this text alone.
    pub(crate) fn lines(&self, source: &Source, node: &Node) -> Option<(usize, usize)> {
        let span = |id: u32| self.0.get(usize::try_from(id).ok()?);
        let (first, end) = (span(node.id)?.start.line(), span(node.end.checked_sub(1)?)?.end);
        // A block of text ends where the next line begins.
        let line = source.line(end.line()).unwrap_or_default();
        let is_next = line.chars().take(end.col()).all(char::is_whitespace);
        Some((first, if is_next { first.max(end.line().saturating_sub(1)) } else { end.line() }))
    }

    fn place(&self, id: u32) -> Option<Place> {
        let span = self.0.get(usize::try_from(id).ok()?)?;
        let one_line = span.start.line() == span.end.line();
        let width =
            if one_line { span.end.col().saturating_sub(span.start.col()) } else { usize::MAX };
        Some(Place { line: span.start.line(), column: span.start.col() + 1, width })
    }
}

/// One span a node, in the order of the text, an alias's once for every node that it stands for.
fn collect(text: &str) -> Option<Vec<Span>> {
    let (mut spans, mut open) = (Vec::new(), Vec::new());
    // From an anchor's number to how many nodes it stands for.
    let mut anchors: BTreeMap<usize, usize> = BTreeMap::new();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.ok()?;
        match event {
            Event::Scalar(_, _, anchor, _) => {
                anchors.insert(anchor, 1);
                spans.push(span);
            }
            Event::SequenceStart(anchor, _) | Event::MappingStart(anchor, _) => {
                open.push((anchor, spans.len()));
                // Without its end, which may be lines below.
                spans.push(Span::new(span.start, span.start));
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let (anchor, start) = open.pop()?;
                anchors.insert(anchor, spans.len() - start);
            }
            Event::Alias(anchor) => {
                let size = *anchors.get(&anchor)?;
                spans.resize(spans.len().checked_add(size)?, span);
            }
            _ => {}
        }
        if spans.len() > usize::try_from(MAX_VALUES).ok()? {
            return None;
        }
    }
    Some(spans)
}
