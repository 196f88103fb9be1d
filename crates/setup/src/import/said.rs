//! A key's old value as it is shown: never a secret.

use vm_autoscale_config::{Part, Value, quoted, sounds_secret};

use super::keys::{self, Key};
use super::reader::described;

/// What the examples of the three programs have in the place of a secret or a name.
const PLACEHOLDERS: [&str; 4] = ["your_", "another_secure_password", "REPLACE_ME", "/path/to/"];

/// What is said of a secret that stands in the file itself.
pub(crate) const PLAIN: &str = "(secret, in plain text)";

/// Whether nobody ever put a value there.
pub(crate) fn is_placeholder(text: &str) -> bool {
    PLACEHOLDERS.iter().any(|placeholder| text.starts_with(placeholder))
}

/// Keys of addresses, in which somebody may have put a login.
const ADDRESSES: [&str; 3] = ["host", "smtp_server", "server_url"];

/// Whether an address has a login or a token in it.
pub(crate) fn has_secret(key: &str, text: &str) -> bool {
    let is_address = ADDRESSES.contains(&key) || text.contains("://");
    let token = ADDRESSES.contains(&key) && text.to_ascii_lowercase().contains("token");
    is_address && (token || text.contains(['@', '?', '#']))
}

/// Whether a text of several lines is there, such as a key itself in the place of its path.
pub(crate) fn is_block(text: &str) -> bool {
    text.contains(['\n', '\r']) || text.contains("PRIVATE KEY")
}

/// Whether the line of a value must not be shown, whatever is wrong with it.
pub(crate) fn is_secret(key: &str, text: &str) -> bool {
    key.starts_with("webhook_") || is_block(text) || has_secret(key, text) || !keys::is_name(key)
}

pub(crate) fn said(key: &Key, value: Part<'_>) -> String {
    let name = key.path.rsplit('.').next().unwrap_or(key.path);
    // A webhook's address often is its own password.
    if sounds_secret(name) || name.starts_with("webhook_") {
        return secret(value);
    }
    match value.value() {
        Value::Text(text) if is_placeholder(text) => "(a placeholder)".to_owned(),
        Value::Text(text) if is_block(text) => "(not shown: more than a line)".to_owned(),
        Value::Text(text) if has_secret(name, text) => {
            "(secret: a login or token in the address)".into()
        }
        Value::Text(text) => quoted(text).trim_matches('`').to_owned(),
        Value::List if key.path == "alerts.email_recipient" => recipients(value),
        _ => described(value),
    }
}

fn recipients(value: Part<'_>) -> String {
    let texts = value.items().filter_map(|item| match item.value() {
        Value::Text(text) if is_block(text) => Some("(not shown)".to_owned()),
        Value::Text(text) => Some(quoted(text).trim_matches('`').to_owned()),
        _ => None,
    });
    texts.take(5).collect::<Vec<_>>().join(", ")
}

fn secret(value: Part<'_>) -> String {
    match value.value() {
        Value::Null | Value::Text("") => "(empty)".to_owned(),
        Value::Text(text) if is_placeholder(text) => "(a placeholder)".to_owned(),
        Value::Text(text) => variable(text)
            .map_or_else(|| PLAIN.to_owned(), |name| format!("(secret, in the variable {name})")),
        _ => "(secret)".to_owned(),
    }
}

/// The name of `${NAME}`.
fn variable(text: &str) -> Option<&str> {
    let name = text.strip_prefix("${")?.strip_suffix('}')?;
    let plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    (!name.is_empty() && name.len() <= 64 && name.chars().all(plain)).then_some(name)
}
