//! Texts of others on their way into a log.

/// A text of someone else's on one line, without anything that a terminal would act on.
#[must_use]
pub fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
