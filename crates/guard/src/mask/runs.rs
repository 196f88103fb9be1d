//! Words, and which of them look like a key.

/// As many characters of hexadecimal, and of base64, are no name and no number.
const HEX: usize = 32;
const BASE64: usize = 40;
/// Of a config digest.
const DIGEST: usize = 40;

/// The next word of a text.
pub(super) struct Run<'a> {
    pub(super) before: &'a str,
    pub(super) word: &'a str,
    pub(super) after: &'a str,
}

fn is_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || "+/_-".contains(c)
}

pub(super) fn runs(text: &str) -> Option<Run<'_>> {
    let begin = text.find(is_part)?;
    let (before, rest) = text.split_at(begin);
    let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
    let (word, after) = rest.split_at(end);
    Some(Run { before, word, after })
}

/// Whether the word is long and without sense; `before` is what stands before it.
pub(super) fn looks_secret(word: &str, before: &str) -> bool {
    if before.ends_with("SHA256:") {
        return false;
    }
    let is_digest = word.len() == DIGEST && names_digest(before);
    // A path is words between slashes; base64 has few of them.
    let is_path = word.starts_with('/') || word.matches('/').count() > word.len() / 16;
    if is_path {
        return word.split('/').any(is_key);
    }
    !is_digest && is_key(word)
}

fn is_key(word: &str) -> bool {
    let is_hex = word.len() >= HEX && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let has = |of: fn(&u8) -> bool| word.bytes().any(|byte| of(&byte));
    let is_mixed =
        has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit);
    (is_hex && has(u8::is_ascii_digit)) || (word.len() >= BASE64 && is_mixed)
}

/// `--digest X`, `digest: X`, `"digest":"X"`.
fn names_digest(before: &str) -> bool {
    let before = before.trim_end_matches([' ', '"', ':', '=', ',', '\\', '`']);
    before.ends_with("digest")
}
