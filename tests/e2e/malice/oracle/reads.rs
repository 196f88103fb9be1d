//! What the asker has read, as the helper must remember it, too.

use std::collections::HashMap;

use serde_json::Value;

use super::{Oracle, rule_of};

/// A config, as far as it matters.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Read {
    pub(crate) digest: String,
    pub(crate) vcpus: u64,
    /// With more vCPUs than these it does not start.
    pub(crate) cores: u64,
    pub(crate) memory: u64,
    /// Options and values that wait.
    pub(crate) pending: HashMap<String, String>,
}

impl Oracle {
    /// Takes note of what a request was answered with.
    pub(crate) fn heard(&mut self, request: &str, replies: &[Value]) {
        let call: Value = serde_json::from_str(request).unwrap();
        if !call["method"].as_str().unwrap().ends_with(".ReadConfigs") {
            return;
        }
        let name = call["parameters"]["cluster"].as_str().unwrap();
        for reply in replies.iter().map(|reply| &reply["parameters"]) {
            let vm = reply["vmid"].as_u64().unwrap();
            let ours = self.cluster(name).is_some_and(|cluster| rule_of(cluster, vm).is_some());
            let key = (name.to_owned(), vm);
            match reply["found"]["text"].as_str().filter(|_| ours) {
                Some(text) => {
                    let digest = reply["found"]["digest"].as_str().unwrap();
                    self.read.insert(key, Read::of(digest, text))
                }
                None => self.read.remove(&key),
            };
        }
    }

    /// The config of a VM that was read last.
    pub(crate) fn last(&self, cluster: &str, vm: u64) -> Option<&Read> {
        self.read.get(&(cluster.to_owned(), vm))
    }
}

impl Read {
    fn of(digest: &str, text: &str) -> Self {
        let mut sections = text.split("\n[");
        let main = pairs(sections.next().unwrap());
        let pending = sections.find_map(|section| section.strip_prefix("PENDING]"));
        let number = |key: &str| main.get(key).and_then(|value| value.parse::<u64>().ok());
        let plugged = number("cores").unwrap_or(1) * number("sockets").unwrap_or(1);
        Self {
            digest: digest.to_owned(),
            vcpus: number("vcpus").unwrap_or(plugged),
            cores: plugged,
            memory: number("memory").unwrap_or(512),
            pending: pairs(pending.unwrap_or_default()),
        }
    }
}

fn pairs(text: &str) -> HashMap<String, String> {
    let pair = |line: &str| {
        let (key, value) = line.split_once(": ")?;
        Some((key.to_owned(), value.to_owned()))
    };
    text.lines().filter(|line| !line.starts_with('#')).filter_map(pair).collect()
}
