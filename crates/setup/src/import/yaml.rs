//! Text that YAML reads as the same text.

use std::fmt::Write as _;

/// In quotes wherever it could be read as anything else.
pub(crate) fn text(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-');
    let is_word = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
        && text.chars().all(plain)
        && !matches!(
            text.to_ascii_lowercase().as_str(),
            "true" | "false" | "yes" | "no" | "on" | "off" | "null" | "y" | "n"
        );
    if is_word {
        return text.to_owned();
    }
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            ' '..='~' => quoted.push(c),
            c if c.is_alphanumeric() => quoted.push(c),
            // Writing to a String cannot fail.
            c => drop(write!(quoted, "\\U{:08X}", u32::from(c))),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use vm_autoscale_config::{Foreign, Value};

    proptest! {
        #[test]
        fn it_is_read_as_what_it_was(text in "\\PC{0,30}|[a-z0-9.:#-]{1,6}|true|Null|~|1e3|0x1F") {
            let yaml = format!("a: {}\n", super::text(&text));
            let file = Foreign::new(std::path::Path::new("x"), yaml.as_bytes()).unwrap();
            let (_, value) = file.root().pairs().next().unwrap();
            prop_assert_eq!(value.value(), Value::Text(&text));
        }
    }
}
