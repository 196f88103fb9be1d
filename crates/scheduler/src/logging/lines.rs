//! Events on their way into the log: each in one piece, in the shape that its place wants.

use std::io::Write as _;

use serde::Serializer as _;
use tracing::span::{Attributes, Id};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime as _, SystemTime};
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::entry::{Entry, Fields};
use super::native::datagram;

/// What an event looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// A line that begins with its time; what belongs to it and has lines of its own is set in.
    Text {
        /// Whether the level has a colour.
        ansi: bool,
    },
    /// An object a line; every value is a text, as `journalctl --output=json` has them.
    Json,
    /// What journald takes.
    Native,
}

/// Our own in place of tracing-subscriber's: each value is masked before it becomes a part of any
/// shape, so that no mask can break one, and journald is written to by the same thread as all else.
/// (tracing-journald waits in the thread that logs where journald stands still.)
#[derive(Debug)]
pub(super) struct Lines<W> {
    pub(super) shape: Shape,
    pub(super) writer: W,
}

impl<S, W> Layer<S> for Lines<W>
where
    S: Subscriber + for<'s> LookupSpan<'s>,
    W: for<'w> MakeWriter<'w> + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        span.extensions_mut().insert(fields);
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut entry = Entry::new(*event.metadata().level());
        event.record(&mut entry);
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(fields) = span.extensions().get::<Fields>() {
                entry.inherit(fields);
            }
        }
        let piece = match self.shape {
            Shape::Text { ansi } => text(&entry, ansi).into_bytes(),
            Shape::Json => json(&entry),
            Shape::Native => datagram(&entry),
        };
        // Nobody is told of a log that takes nothing.
        let _ = self.writer.make_writer().write_all(&piece);
    }
}

fn text(entry: &Entry, ansi: bool) -> String {
    let level = match (ansi, entry.level) {
        (false, level) => format!("{level:>5}"),
        (true, level) => format!("\u{1b}[{}m{level:>5}\u{1b}[0m", colour(level)),
    };
    format!("{} {level} {}\n", time(), entry.body())
}

fn colour(level: Level) -> u8 {
    match level {
        Level::ERROR => 31,
        Level::WARN => 33,
        Level::INFO => 32,
        Level::DEBUG => 34,
        Level::TRACE => 35,
    }
}

fn json(entry: &Entry) -> Vec<u8> {
    let (time, level) = (time(), entry.level.to_string());
    let own = [("time", &time), ("level", &level), ("message", &entry.message)];
    let fields = entry.fields.0.iter().map(|(name, value)| (*name, value));
    let mut line = Vec::new();
    // Texts always fit into memory and JSON.
    let _ = serde_json::Serializer::new(&mut line).collect_map(own.into_iter().chain(fields));
    line.push(b'\n');
    line
}

/// Of now, in UTC.
fn time() -> String {
    let mut time = String::new();
    // Writing to a string does not fail.
    let _ = SystemTime.format_time(&mut Writer::new(&mut time));
    time
}
