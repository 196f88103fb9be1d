//! What serde says of one value, kept as parts instead of a sentence.

use std::fmt;

use serde::de::{Error, Expected, Unexpected};

use super::tree::{Data, Node};
use crate::render::quote;

/// What is wrong with a key or value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    /// A key that is none of the section's.
    UnknownKey { known: &'static [&'static str] },
    /// A key that is no text.
    KeyNotText,
    /// The key stands there a second time; the first one's node.
    Duplicate { first: u32 },
    /// A key that must be there.
    Missing { key: &'static str, all: Vec<&'static str> },
    /// A value of the wrong type or range.
    Unfit { given: String, wanted: String },
    /// A word that is none of the allowed.
    Choice { given: String, allowed: &'static [&'static str] },
    /// What the value's own type says, and its rule after a line break.
    Refused(String),
    /// The same of a value that a variable gave, without a word of it.
    Given(Box<What>),
    /// A variable that cannot be put in; no word of any value.
    Variable { problem: String, rule: &'static str, help: String },
}

impl What {
    /// Without a word of the value where a variable gave it, or a part of it.
    pub(crate) fn about(self, node: &Node) -> Self {
        let none = String::new();
        let masked = match self {
            Self::Unfit { wanted, .. } if node.has_expanded() => {
                Self::Unfit { given: none, wanted }
            }
            Self::Choice { allowed, .. } if node.has_expanded() => {
                Self::Choice { given: none, allowed }
            }
            Self::Refused(message) if node.has_expanded() => {
                let rule = rule_of(&message, node);
                let rule = rule.as_deref().unwrap_or("a value of its type");
                Self::Refused(format!("\n{rule}"))
            }
            other => return other,
        };
        Self::Given(Box::new(masked))
    }
}

/// The rule that ends what a type says. The value stands before it, and may hold whatever sets
/// the two apart: what could be a part of it is no rule.
fn rule_of(message: &str, node: &Node) -> Option<String> {
    const LONGEST: usize = 4096;
    const PART: usize = 6;
    let Data::Expanded(expanded) = &node.data else { return None };
    let value = Some(expanded.value.expose()).filter(|value| value.len() <= LONGEST)?;
    let message = message.replacen(value, "", 1);
    let in_brackets = || message.strip_suffix(')')?.rsplit_once(" (").map(|(_, rule)| rule);
    let range = || message.rsplit_once(" is outside ").map(|(_, rule)| rule);
    let rule =
        message.rsplit_once('\n').map(|(_, rule)| rule).or_else(in_brackets).or_else(range)?;
    let mut parts = rule.as_bytes().windows(PART);
    let is_part = |part: &[u8]| value.as_bytes().windows(PART).any(|other| other == part);
    (!parts.any(is_part)).then(|| rule.to_owned())
}

/// The error of [`super::reader::Reader`].
#[derive(Debug)]
pub(crate) enum Fault {
    /// Is in the list already; only stops.
    Recorded,
    /// To be put into the list, at the value that it is about.
    New(What),
}

impl std::error::Error for Fault {}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl Fault {
    fn unfit(given: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        let (wanted, range) = plain(&wanted.to_string());
        let is_whole = matches!(given, Unexpected::Signed(_) | Unexpected::Unsigned(_));
        let wanted = if is_whole { wanted + range } else { wanted };
        Self::New(What::Unfit { given: say(given), wanted })
    }
}

impl Error for Fault {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::New(What::Refused(message.to_string()))
    }

    fn invalid_type(given: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        Self::unfit(given, wanted)
    }

    fn invalid_value(given: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        Self::unfit(given, wanted)
    }

    fn unknown_variant(given: &str, allowed: &'static [&'static str]) -> Self {
        Self::New(What::Choice { given: given.to_owned(), allowed })
    }

    fn missing_field(key: &'static str) -> Self {
        Self::New(What::Missing { key, all: vec![key] })
    }
}

/// The same for what serde's own visitors saw.
fn say(given: Unexpected<'_>) -> String {
    match given {
        Unexpected::Bool(value) => format!("`{value}`"),
        Unexpected::Unsigned(number) => format!("the number {number}"),
        Unexpected::Signed(number) => format!("the number {number}"),
        Unexpected::Float(number) if number.is_infinite() => "too large a number".to_owned(),
        Unexpected::Float(number) => format!("the number {number:?}"),
        Unexpected::Str(text) => format!("the text {}", quote(text)),
        Unexpected::Unit | Unexpected::Option => "empty".to_owned(),
        Unexpected::Seq => "a list".to_owned(),
        Unexpected::Map => "a section of keys".to_owned(),
        other => other.to_string(),
    }
}

/// What Rust calls a type, in everybody's words, and its range where it has one.
fn plain(wanted: &str) -> (String, &'static str) {
    let (words, range) = match wanted {
        "u8" => ("a whole number", ", 0 to 255"),
        "u16" => ("a whole number", ", 0 to 65535"),
        "u32" => ("a whole number", ", 0 to 4294967295"),
        "a nonzero u32" => ("a whole number", ", 1 to 4294967295"),
        "f64" => ("a number", ""),
        "a boolean" => ("true or false", ""),
        "a string" | "path string" => ("text (put a number or `true` in quotes)", ""),
        "a sequence" => ("a list", ""),
        section if section.starts_with("struct ") => ("a section of keys", ""),
        other => (other, ""),
    };
    (words.to_owned(), range)
}

/// A value in the words of whoever wrote it.
pub(crate) fn describe(data: &Data) -> String {
    match data {
        Data::Null => say(Unexpected::Unit),
        Data::Bool(value) => say(Unexpected::Bool(*value)),
        Data::Signed(number) => say(Unexpected::Signed(*number)),
        Data::Unsigned(number) => say(Unexpected::Unsigned(*number)),
        Data::Float(number) => say(Unexpected::Float(*number)),
        Data::Text(text) => say(Unexpected::Str(text)),
        Data::List(_) => say(Unexpected::Seq),
        Data::Map(_) => say(Unexpected::Map),
        Data::Tagged => "a value with a tag".to_owned(),
        Data::Expanded(_) => "what a variable gives".to_owned(),
    }
}
