//! A raw .conf file, and how qm writes it anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sha1::{Digest as _, Sha1};
use vm_autoscale_proxmox::{Digest, VmConfig};

/// The raw text, which is the truth: reads give it as it is, its SHA-1 is the digest. Every edit
/// writes it as `write_vm_config` would: comments, keys in order, `[PENDING]`, the rest.
#[derive(Debug, Clone)]
pub(crate) struct Conf {
    raw: String,
    /// The main section: every round of pvestatd asks for some of it.
    main: BTreeMap<Box<str>, Box<str>>,
}

/// The file taken apart.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    comments: Vec<String>,
    /// The main section.
    pub(crate) main: BTreeMap<String, String>,
    /// `[PENDING]` without its deletions.
    pub(crate) pending: BTreeMap<String, String>,
    /// What `[PENDING]` deletes.
    pub(crate) deletions: Vec<String>,
    rest: String,
}

impl Conf {
    pub(crate) fn new(raw: String) -> Self {
        let mut main = BTreeMap::new();
        let lines = raw.lines().take_while(|line| !line.starts_with('['));
        for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
            main.entry(name.into()).or_insert_with(|| value.trim_end().into());
        }
        Self { raw, main }
    }

    pub(crate) fn raw(&self) -> &str {
        &self.raw
    }

    pub(crate) fn digest(&self) -> Digest {
        Digest::from_bytes(Sha1::digest(self.raw.as_bytes()).into())
    }

    /// The value of a key of the main section.
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.main.get(key).map(AsRef::as_ref)
    }

    /// What a number's key says; absent where it is none.
    pub(crate) fn number(&self, key: &str) -> Option<u32> {
        let value = self.get(key)?;
        value.strip_prefix("current=").unwrap_or(value).parse().ok()
    }

    /// Whether the main section has `key0`, `key1` …
    pub(crate) fn has_numbered(&self, key: &str) -> bool {
        let main = self.raw.lines().take_while(|line| !line.starts_with('['));
        let numbers = main.filter_map(|line| line.split_once(':')?.0.strip_prefix(key));
        numbers.into_iter().any(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
    }

    pub(crate) fn parsed(&self) -> Option<VmConfig> {
        VmConfig::parse(&self.raw).ok()
    }

    /// Edits the parts; the raw text is written anew. Says whether that changed it.
    pub(crate) fn edit(&mut self, change: impl FnOnce(&mut Parts)) -> bool {
        let mut parts = self.parts();
        change(&mut parts);
        let raw = parts.render();
        let changed = raw != self.raw;
        *self = Self::new(raw);
        changed
    }

    pub(crate) fn parts(&self) -> Parts {
        let mut parts = Parts::default();
        let mut pending = false;
        let mut lines = self.raw.split_inclusive('\n');
        while let Some(line) = lines.next() {
            let text = line.trim_end();
            if text.eq_ignore_ascii_case("[PENDING]") {
                pending = true;
            } else if text.starts_with('[') {
                parts.rest = line.to_owned() + &lines.collect::<String>();
                break;
            } else {
                parts.take(text, pending);
            }
        }
        parts
    }
}

impl Parts {
    fn take(&mut self, line: &str, pending: bool) {
        if line.starts_with('#') {
            self.comments.push(line.to_owned());
            return;
        }
        let Some((key, value)) = line.split_once(':') else { return };
        let value = value.trim();
        if !pending {
            self.main.insert(key.to_owned(), value.to_owned());
        } else if key == "delete" {
            let names = value.split(',').map(|name| name.trim_start_matches('!').to_owned());
            self.deletions.extend(names.filter(|name| !name.is_empty()));
        } else {
            self.pending.insert(key.to_owned(), value.to_owned());
        }
    }

    /// Whether anything waits.
    pub(crate) fn waits(&self) -> bool {
        !self.pending.is_empty() || !self.deletions.is_empty()
    }

    /// Drops what waits for what already is (`cleanup_pending`).
    pub(crate) fn cleanup(&mut self) {
        let main = &self.main;
        self.pending.retain(|key, value| main.get(key) != Some(value));
        self.deletions.retain(|key| main.contains_key(key));
    }

    /// Takes over all that waits, as a start does.
    pub(crate) fn apply_all(&mut self) {
        for key in std::mem::take(&mut self.deletions) {
            self.main.remove(&key);
        }
        self.main.append(&mut self.pending);
    }

    fn render(&self) -> String {
        let mut raw = String::new();
        for comment in &self.comments {
            raw.push_str(comment);
            raw.push('\n');
        }
        write_keys(&mut raw, &self.main);
        if self.waits() {
            let mut pending = self.pending.clone();
            if !self.deletions.is_empty() {
                pending.insert("delete".into(), self.deletions.join(","));
            }
            raw.push_str("\n[PENDING]\n");
            write_keys(&mut raw, &pending);
        }
        if !self.rest.is_empty() {
            raw.push('\n');
            raw.push_str(&self.rest);
        }
        raw
    }
}

fn write_keys(raw: &mut String, keys: &BTreeMap<String, String>) {
    for (key, value) in keys {
        // Writing to a String cannot fail.
        let _ = writeln!(raw, "{key}: {value}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RAW: &str = "#a note\ncores: 4\nmemory: 2048\nvcpus: 2\n\n[PENDING]\ndelete: balloon\nvcpus: 4\n\n[snap1]\n#old\ncores: 1\nvcpus: 1\n";

    #[test]
    fn an_edit_keeps_all_else() {
        let mut conf = Conf::new(RAW.into());
        assert!(!conf.edit(|_| {}), "{}", conf.raw());
        assert_eq!(conf.get("vcpus"), Some("2"));
        conf.edit(Parts::cleanup);
        conf.edit(Parts::apply_all);
        let want =
            "#a note\ncores: 4\nmemory: 2048\nvcpus: 4\n\n[snap1]\n#old\ncores: 1\nvcpus: 1\n";
        assert_eq!(conf.raw(), want);
    }

    #[test]
    fn the_digest_is_over_every_byte() {
        let digest = |raw: &str| Conf::new(raw.into()).digest().to_string();
        assert_eq!(digest("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_ne!(digest(RAW), digest(&RAW.replace("#old", "#new")));
    }

    proptest::proptest! {
        #[test]
        fn whatever_stands_there_is_written_the_same_way_twice(
            raw in "(#[a-z]{0,3}\n|[a-z]{1,6}: [ -~]{0,9}\n|\n|\\[PENDING\\]\n|\\[[a-z]{1,4}\\]\n|[ -~\n]{0,9}){0,12}"
        ) {
            let mut conf = Conf::new(raw);
            conf.edit(|_| {});
            let once = conf.raw().to_owned();
            conf.edit(|_| {});
            proptest::prop_assert_eq!(once, conf.raw());
        }
    }
}
