//! What a .conf file says of what may be changed; read without any of the project's parsers.

use std::collections::BTreeMap;

#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a line of the file")]
pub(super) struct Conf {
    pub(super) lock: bool,
    pub(super) template: bool,
    /// vCPUs that are plugged, and the most that can be.
    pub(super) vcpus: Option<u32>,
    pub(super) most: u32,
    /// Hundredths of a core; none where there is no limit.
    pub(super) cpulimit: Option<u32>,
    /// MiB.
    pub(super) memory: Option<u32>,
    pub(super) balloon: Option<u32>,
    /// Whether automatic ballooning leaves it alone.
    pub(super) is_ours: bool,
    /// Whether vCPUs, and DIMMs, can be plugged.
    pub(super) takes_cpus: bool,
    pub(super) takes_dimms: bool,
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
        let is = |key: &str, value: &str| keys.get(key).is_some_and(|has| has == value);
        let plugs = |what: &str| {
            keys.get("hotplug").is_some_and(|list| list.split(',').any(|item| item == what))
        };
        Self {
            lock: keys.contains_key("lock"),
            template: keys.get("template").is_some_and(|value| value == "1"),
            vcpus: number("vcpus").or(Some(most)),
            most,
            cpulimit: keys.get("cpulimit").and_then(|limit| hundredths(limit)),
            memory: number("memory"),
            balloon: number("balloon"),
            is_ours: is("shares", "0"),
            takes_cpus: plugs("cpu"),
            takes_dimms: plugs("memory") && is("numa", "1"),
            pending,
        }
    }

    /// What of it a change of that key moves: vCPUs, hundredths of a core, MiB.
    pub(super) fn size(&self, key: &str) -> Option<u32> {
        match key {
            "vcpus" => self.vcpus,
            "cpulimit" => Some(self.cpulimit.unwrap_or(u32::MAX)),
            "memory" => self.memory,
            _ => self.left(),
        }
    }

    /// MiB that the balloon leaves.
    pub(super) fn left(&self) -> Option<u32> {
        Some(self.memory?.min(self.balloon.filter(|mib| *mib > 0).unwrap_or(u32::MAX)))
    }

    /// What use is relative to: cores.
    pub(super) fn cores(&self) -> Option<f64> {
        let limit = self.cpulimit.map_or(f64::INFINITY, |limit| f64::from(limit) / 100.0);
        Some(f64::from(self.vcpus?).min(limit))
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

/// `1.5` is 150; no limit is none.
pub(super) fn hundredths(limit: &str) -> Option<u32> {
    let (whole, part) = limit.split_once('.').unwrap_or((limit, ""));
    let part: String = part.chars().chain("00".chars()).take(2).collect();
    let limit = whole.parse::<u32>().ok()? * 100 + part.parse::<u32>().ok()?;
    (limit > 0).then_some(limit)
}
