//! Several messages of one kind of one cluster within a moment are one.

use std::fmt::Write as _;

use super::message::{Level, Message};

/// So much of them is listed, in bytes; what is more is counted.
const LISTED: usize = 3500;

/// Messages that wait for others of their kind, and then for their turn.
#[derive(Debug)]
pub(super) struct Group<I> {
    first: Message,
    /// When the first one came.
    pub(super) since: I,
    /// All of them, a line each.
    lines: String,
    count: u64,
    unlisted: u64,
}

impl<I> Group<I> {
    pub(super) fn of(first: Message, since: I) -> Self {
        let mut group = Self { first, since, lines: String::new(), count: 0, unlisted: 0 };
        let line = group.first.line();
        group.list(&line);
        group
    }

    /// Whether it takes that one.
    pub(super) fn is_of(&self, message: &Message) -> bool {
        let first = &self.first;
        first.kind == message.kind
            && first.not_by == message.not_by
            && first.subject.cluster() == message.subject.cluster()
    }

    pub(super) fn level(&self) -> Level {
        self.first.level()
    }

    pub(super) fn add(&mut self, message: &Message) {
        self.list(&message.line());
    }

    fn list(&mut self, line: &str) {
        self.count += 1;
        if self.unlisted > 0 || self.lines.len() + line.len() > LISTED {
            self.unlisted += 1;
        } else {
            // Writing into a text cannot fail.
            let _ = writeln!(self.lines, "- {line}");
        }
    }

    /// As one message.
    pub(super) fn message(self) -> Message {
        let Self { first, lines, count, unlisted, .. } = self;
        if count == 1 {
            return first;
        }
        let more = count - 1;
        let mut text = format!("{count} of this kind ({}):\n\n{lines}", first.kind);
        if unlisted > 0 {
            let _ = writeln!(
                text,
                "and {unlisted} more, which are not listed: at most 60 messages an hour are sent."
            );
        }
        if let Some(cluster) = first.subject.cluster() {
            let _ = writeln!(text, "\ncluster {cluster}");
        }
        let title = format!("{} (and {more} more like this)", first.title);
        Message { title, text, count, unlisted, node: None, ..first }
    }
}
