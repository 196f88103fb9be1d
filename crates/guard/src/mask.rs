//! The last resort: secrets are masked by their type, and where one should get into a line of a
//! log all the same, it does not get out of it.

use std::io::{self, Write};

mod runs;
use runs::{Run, looks_secret, runs};

/// What stands in a secret's place.
const MASK: &str = "(masked)";
/// What a private key in text form begins with; nothing behind it is shown.
const PEM: &str = "-----BEGIN ";
/// What a word contains that names one; `pass` alone is in too many others.
const NAMES: [&str; 7] =
    ["password", "passwd", "passphrase", "token", "api_key", "apikey", "secret"];
/// What is named in other ways. Their values end only with the line or a quote.
const HEADERS: [&str; 4] = ["pveapitoken", "pveauthcookie", "csrfpreventiontoken", "authorization"];
/// Words whose next word is one, as an option that names one is.
const SCHEMES: [&str; 2] = ["bearer", "basic"];

/// The text with a mask over everything that looks like a secret: values of names such as
/// `password` or `token`, logins in URLs, what HTTP and Proxmox send to log in, and long
/// hexadecimal or base64 texts other than config digests and fingerprints of keys.
#[must_use]
pub fn masked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let key = text.find(PEM);
    let mut rest = key.and_then(|at| text.get(..at)).unwrap_or(text);
    while let Some(run) = runs(rest) {
        let Run { before, word, after } = run;
        out.push_str(before);
        rest = take(&mut out, word, after);
    }
    out.push_str(rest);
    if key.is_some() {
        out.push_str(PEM);
        out.push_str(MASK);
    }
    out
}

/// Puts a word out, and with it what it names; what is left to be looked at.
fn take<'a>(out: &mut String, word: &str, after: &'a str) -> &'a str {
    let lower = word.to_ascii_lowercase();
    if after.starts_with("://") {
        out.push_str(word);
        return past_login(out, after);
    }
    let is_header = HEADERS.iter().any(|name| lower.ends_with(name));
    let names = is_header || NAMES.iter().any(|name| lower.contains(name));
    if let Some(value) = after_sign(after).filter(|_| names) {
        out.push_str(word);
        out.push_str(after.get(..after.len() - value.len()).unwrap_or_default());
        return past_value(out, value, is_header);
    }
    let leads = SCHEMES.contains(&lower.as_str()) || (names && word.starts_with("--"));
    if leads && after.starts_with(' ') {
        out.push_str(word);
        out.push(' ');
        return past_value(out, after.trim_start_matches(' '), false);
    }
    out.push_str(if looks_secret(word, out) { MASK } else { word });
    after
}

/// What stands behind `=` or `:`, with quotes and blanks around it.
fn after_sign(after: &str) -> Option<&str> {
    let quotes: &[char] = &['"', '\'', '\\'];
    let rest = after.trim_start_matches(quotes).trim_start_matches(' ');
    let rest = rest.strip_prefix('=').or_else(|| rest.strip_prefix(':'))?;
    Some(rest.trim_start_matches(' ').trim_start_matches(quotes))
}

fn past_value<'a>(out: &mut String, value: &'a str, is_header: bool) -> &'a str {
    let ends = |c: char| match c {
        '"' | '\'' | '\n' | '\\' => true,
        ' ' | ',' | '&' | ';' | ')' | ']' | '}' => !is_header,
        _ => false,
    };
    let end = value.find(ends).unwrap_or(value.len());
    let (hidden, rest) = value.split_at(end);
    out.push_str(if hidden.is_empty() { "" } else { MASK });
    rest
}

/// `://user:password@host`: the login is not shown.
fn past_login<'a>(out: &mut String, after: &'a str) -> &'a str {
    out.push_str("://");
    let rest = after.strip_prefix("://").unwrap_or_default();
    let end = rest.find(|c: char| c.is_whitespace() || "/?#\"'<>".contains(c));
    let authority = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
    let Some(at) = authority.rfind('@') else { return rest };
    out.push_str(MASK);
    rest.get(at..).unwrap_or_default()
}

/// Masks every line on its way.
#[derive(Debug)]
pub struct Masked<W>(pub W);

impl<W: Write> Write for Masked<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write_all(masked(&String::from_utf8_lossy(bytes)).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests;
