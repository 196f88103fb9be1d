//! What is logged at once: a message and its fields, without secrets.

use std::fmt::{Debug, Write as _};

use tracing::Level;
use tracing::field::{Field, Visit};
use vm_autoscale_guard::{masked, one_line};

/// The longest message in bytes, and the longest value of a field. journald takes what fits into one
/// datagram; what is wrong with a file may be told at length.
const MESSAGE: usize = 16 * 1024;
const VALUE: usize = 1024;

/// The fields of a span, which its events have, too.
#[derive(Debug, Default)]
pub(super) struct Fields(pub(super) Vec<(&'static str, String)>);

/// One event. It takes what tracing shows it.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) level: Level,
    pub(super) message: String,
    pub(super) fields: Fields,
}

impl Entry {
    pub(super) fn new(level: Level) -> Self {
        Self { level, message: String::new(), fields: Fields::default() }
    }

    /// What holds for it because of where it happened; its own word counts more.
    pub(super) fn inherit(&mut self, outer: &Fields) {
        for (name, value) in &outer.0 {
            if !self.fields.0.iter().any(|(own, _)| own == name) {
                self.fields.0.push((name, value.clone()));
            }
        }
    }

    /// Message and fields for people. Whatever somebody wrote on a node or in a guest, it begins
    /// no line of its own: those that go on are set in.
    pub(super) fn body(&self) -> String {
        let lines: Vec<String> = self.message.lines().map(one_line).collect();
        let mut body = lines.join("\n    ");
        for (name, value) in &self.fields.0 {
            let is_bare =
                !value.is_empty() && value.chars().all(|c| c.is_ascii_graphic() && c != '"');
            let value = if is_bare { value.clone() } else { one_line(&format!("{value:?}")) };
            // Writing to a string does not fail.
            let _ = write!(body, " {name}={value}");
        }
        body
    }
}

impl Visit for Entry {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.record_str(field, &format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => self.message = masked(short(value, MESSAGE)),
            _ => self.fields.record_str(field, value),
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.record_str(field, &format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.push((field.name(), without_secret(field.name(), short(value, VALUE))));
    }
}

/// The name alone may say that the value is one.
fn without_secret(name: &str, value: &str) -> String {
    let name = format!("{name}=");
    let shown = masked(&format!("{name}{value}"));
    shown.strip_prefix(&name).map_or_else(|| masked(value), str::to_owned)
}

fn short(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    end.and_then(|end| text.get(..end)).unwrap_or(text)
}
