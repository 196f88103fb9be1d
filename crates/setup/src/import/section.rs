//! A section of the old file and what is in it, whether it is there or not.

use vm_autoscale_config::{Part, Problem, Value};

/// A section of the file, or the place of one that is not there.
#[derive(Debug, Clone)]
pub(crate) struct Section<'a> {
    entry: Option<Part<'a>>,
    /// The same, or the nearest around it that is there.
    near: Part<'a>,
    /// Such as `proxmox_hosts[0]`; empty for the whole file.
    pub(crate) path: String,
}

impl<'a> Section<'a> {
    pub(crate) fn root(entry: Part<'a>) -> Self {
        Self { entry: Some(entry), near: entry, path: String::new() }
    }

    /// A key's value, unless nothing is there.
    pub(crate) fn get(&self, key: &str) -> Option<Part<'a>> {
        let named = |(name, _): &(Part<'a>, Part<'a>)| name.value() == Value::Text(key);
        let (_, value) = self.entry?.pairs().find(named)?;
        (value.value() != Value::Null).then_some(value)
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    pub(crate) fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// A section in it. That it is one is looked at where all keys are.
    pub(crate) fn section(&self, key: &str) -> Self {
        let entry = self.get(key);
        Self { entry, near: entry.unwrap_or(self.near), path: self.path_of(key) }
    }

    /// The sections of a list in it.
    pub(crate) fn list(&self, key: &str) -> Vec<Self> {
        let items = self.get(key).into_iter().flat_map(Part::items).enumerate();
        items
            .map(|(at, item)| Self {
                entry: Some(item),
                near: item,
                path: format!("{}[{at}]", self.path_of(key)),
            })
            .collect()
    }

    /// A problem at one of its keys, or at the section itself where the key is not there.
    pub(crate) fn problem(&self, key: &str, problem: impl Into<String>) -> Problem {
        self.get(key).unwrap_or(self.near).problem(&self.path_of(key), problem)
    }

    /// A problem of the section as a whole.
    pub(crate) fn whole_problem(&self, problem: impl Into<String>) -> Problem {
        self.near.problem(&self.path, problem)
    }
}
