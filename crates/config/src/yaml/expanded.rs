//! What a variable gave, as serde sees it where no text is demanded.

use serde::de::Visitor;

use super::fault::Fault;

/// A variable is always text, but `check_interval: ${INTERVAL}` means a number: what is written
/// like a number or like true and false is one.
pub(super) fn visit<'de, V: Visitor<'de>>(text: &str, visitor: V) -> Result<V::Value, Fault> {
    match text {
        "true" | "True" | "TRUE" => return visitor.visit_bool(true),
        "false" | "False" | "FALSE" => return visitor.visit_bool(false),
        _ => {}
    }
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_number = digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.chars().all(|c| c.is_ascii_digit() || ".eE+-".contains(c));
    // As in YAML, `0101` is none: it may well be a name.
    let is_padded = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
    if !is_number || is_padded {
        return visitor.visit_str(text);
    }
    if let Ok(number) = text.parse() {
        return visitor.visit_u64(number);
    }
    if let Ok(number) = text.parse() {
        return visitor.visit_i64(number);
    }
    match text.parse() {
        Ok(number) => visitor.visit_f64(number),
        Err(_) => visitor.visit_str(text),
    }
}
