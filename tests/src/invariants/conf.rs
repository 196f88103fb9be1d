//! What a .conf file says of what may be changed; read without any of the project's parsers.

use std::collections::BTreeMap;

#[derive(Debug, Clone, Default)]
pub(super) struct Conf {
    pub(super) lock: bool,
    pub(super) template: bool,
    /// vCPUs that are plugged, and the most that can be.
    pub(super) vcpus: Option<u32>,
    pub(super) most: u32,
    /// MiB.
    pub(super) memory: Option<u32>,
    /// What waits, by key; `delete` names keys.
    pub(super) pending: BTreeMap<String, String>,
}

impl Conf {
    pub(super) fn parse(text: &str) -> Self {
        let (mut keys, mut pending, mut section) = (BTreeMap::new(), BTreeMap::new(), 0);
        for line in text.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
            if line.starts_with('[') {
                // A snapshot's section ends all that counts.
                section = if line == "[PENDING]" { 1 } else { 2 };
            } else if let Some((key, value)) = line.split_once(':') {
                let (key, value) = (key.to_owned(), value.trim().to_owned());
                match section {
                    0 => drop(keys.insert(key, value)),
                    1 => drop(pending.insert(key, value)),
                    _ => {}
                }
            }
        }
        let number = |key: &str| keys.get(key).and_then(|value: &String| value.parse::<u32>().ok());
        let most = number("cores").unwrap_or(1) * number("sockets").unwrap_or(1);
        Self {
            lock: keys.contains_key("lock"),
            template: keys.get("template").is_some_and(|value| value == "1"),
            vcpus: number("vcpus").or(Some(most)),
            most,
            memory: number("memory"),
            pending,
        }
    }

    /// Why a VM of this config is to be left alone.
    pub(super) fn forbids(&self) -> Option<String> {
        let waits = || self.pending.keys().next().map(|key| format!("{key} is pending"));
        match self {
            Self { lock: true, .. } => Some("it is locked".to_owned()),
            Self { template: true, .. } => Some("it is a template".to_owned()),
            _ => waits(),
        }
    }
}
