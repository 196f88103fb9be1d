//! A VM's tags.

use std::convert::Infallible;
use std::str::FromStr;

/// The tags of `tags:`, in lower case and in the order written, each once.
///
/// Proxmox itself (`PVE/GuestHelpers.pm`, `get_unique_tags`) writes them in lower case and takes
/// two that differ only in that for one, unless `tag-style` in `datacenter.cfg` says
/// `case-sensitive=1`. That file is not read here: `Web` and `web` are one tag everywhere.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tags(Vec<String>);

impl Tags {
    /// No tags.
    #[must_use]
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// Whether it is one of them, in whatever case.
    #[must_use]
    pub fn has(&self, tag: &str) -> bool {
        self.iter().any(|own| own.eq_ignore_ascii_case(tag))
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl FromStr for Tags {
    type Err = Infallible;

    /// Separated by `;`, `,` or blanks (`PVE/Tools.pm`, `split_list`). What Proxmox would not
    /// take for a tag is left out.
    fn from_str(text: &str) -> Result<Self, Infallible> {
        let mut tags = Self::default();
        for tag in text.split([';', ',', ' ', '\t', '\0']).filter(|tag| is_tag(tag)) {
            if !tags.has(tag) {
                tags.0.push(tag.to_ascii_lowercase());
            }
        }
        Ok(tags)
    }
}

/// The format `pve-tag` (`PVE/JSONSchema.pm`).
fn is_tag(text: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    text.bytes().next().is_some_and(word)
        && text.bytes().all(|byte| word(byte) || matches!(byte, b'-' | b'+' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(text: &str) -> Vec<String> {
        text.parse::<Tags>().unwrap().0
    }

    #[test]
    fn every_separator_separates_and_case_tells_nothing_apart() {
        assert_eq!(tags("web;Prod, db  WEB\tc++;x.y-z"), ["web", "prod", "db", "c++", "x.y-z"]);
        assert!(tags("").is_empty() && tags(" ;,; ").is_empty());
        let tags: Tags = "Prod".parse().unwrap();
        assert!(tags.has("prod") && tags.has("PROD") && !tags.has("pro") && !tags.has(""));
    }

    #[test]
    fn what_is_no_tag_is_left_out() {
        assert_eq!(tags("-a;+b;a/b;a:b;gr\u{fc}n;\u{1b}[2J;ok"), ["ok"]);
    }
}
