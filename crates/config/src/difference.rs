//! What two configurations say differently.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::SchedulerConfig;

/// One key that says something else, or only in one of the two.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The key; entries and classes by their numbers and names: `virtual_machines[101].mode`.
    pub key: String,
    /// What it said.
    pub before: Option<String>,
    /// What it says.
    pub after: Option<String>,
}

impl SchedulerConfig {
    /// What another one says differently. Secrets are not compared.
    #[must_use]
    pub fn differences(&self, after: &Self) -> Vec<Difference> {
        let (before, after) = (leaves(self), leaves(after));
        let keys = before.keys().chain(after.keys().filter(|key| !before.contains_key(*key)));
        let differ = keys.filter_map(|key| {
            let (before, after) = (before.get(key).cloned(), after.get(key).cloned());
            (before != after).then(|| Difference { key: key.clone(), before, after })
        });
        let mut all: Vec<_> = differ.collect();
        all.sort_by(|a, b| a.key.cmp(&b.key));
        all
    }
}

/// Everything that is said, by its path.
fn leaves(config: &SchedulerConfig) -> BTreeMap<String, String> {
    let mut leaves = BTreeMap::new();
    // Only a map whose keys are no text could fail.
    flatten("", &serde_json::to_value(config).unwrap_or_default(), &mut leaves);
    // A VM is of the first class that names it.
    let order: Vec<&str> = config.classes.iter().map(|class| class.name.as_str()).collect();
    if !order.is_empty() {
        leaves.insert("classes".to_owned(), order.join(", "));
    }
    leaves
}

/// Each value with its path; a list of plain values is one.
pub(crate) fn flatten(path: &str, value: &Value, into: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(section) => {
            let dot = if path.is_empty() { "" } else { "." };
            for (key, value) in section {
                flatten(&format!("{path}{dot}{key}"), value, into);
            }
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            for (at, item) in items.iter().enumerate() {
                flatten(&format!("{path}[{}]", label(item, at)), item, into);
            }
        }
        Value::Null => {}
        Value::String(text) => drop(into.insert(path.to_owned(), text.clone())),
        other => drop(into.insert(path.to_owned(), other.to_string().replace('"', ""))),
    }
}

/// What people call an item: its place says nothing once another is put before it.
fn label(item: &Value, at: usize) -> String {
    let text = |key: &str| item.get(key).and_then(Value::as_str);
    let number = item.get("vm_id").map(ToString::to_string);
    match (number, text("proxmox_host"), text("name")) {
        (Some(number), Some(host), _) => format!("{number}@{host}"),
        (Some(number), None, _) => number,
        (None, _, Some(name)) => name.to_owned(),
        (None, _, None) => at.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::Checked;

    fn config(text: &str) -> SchedulerConfig {
        Checked::new(Path::new("c"), text.as_bytes()).finish().unwrap()
    }

    #[test]
    fn what_is_said_differently_is_named_by_number_and_name() {
        let before = config(
            "mode: full\nselect: [101, '-@tag-a']\nclasses: [{name: web, select: [1000]}]\n\
             virtual_machines: [{vm_id: 101, mode: observe}, {vm_id: 102, proxmox_host: home}]",
        );
        let after = config(
            "mode: full\nselect: [101]\nclasses: [{name: db, select: [900]}, {name: web, select: [1000], profile: steady}]\n\
             virtual_machines: [{vm_id: 102, proxmox_host: home, cpu_scaling: false}, {vm_id: 101, mode: full}]",
        );
        let found: Vec<(String, Option<String>, Option<String>)> = before
            .differences(&after)
            .into_iter()
            .map(|Difference { key, before, after }| (key, before, after))
            .collect();
        let of = |key: &str, before: &str, after: &str| {
            let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            (key.to_owned(), some(before), some(after))
        };
        let expected = [
            of("classes", "web", "db, web"),
            of("classes[db].name", "", "db"),
            of("classes[db].select", "", "[900]"),
            of("classes[web].profile", "", "steady"),
            of("select", "[101,-@tag-a]", "[101]"),
            of("virtual_machines[101].mode", "observe", "full"),
            of("virtual_machines[102@home].cpu_scaling", "", "false"),
        ];
        assert_eq!(found, expected);
        assert_eq!(before.differences(&before), []);
    }

    /// What a daemon tells of its configuration is that configuration.
    #[test]
    fn a_configuration_survives_the_way_over_the_socket() {
        let text = std::fs::read_to_string(
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/good/everything.yaml"),
        )
        .unwrap();
        let before = config(&text);
        let json = serde_json::to_string(&before).unwrap();
        assert!(!json.contains("hunter2"), "{json}");
        let after: SchedulerConfig = serde_json::from_str(&json).unwrap();
        assert_eq!(before.differences(&after), []);
        assert_eq!(
            (before.select, before.virtual_machines),
            (after.select, after.virtual_machines)
        );
    }
}
