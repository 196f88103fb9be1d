//! What holds after all, and what says so.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::difference::flatten;
use crate::roster::Place;
use crate::settings::PATHS;
use crate::{Managed, Profile, SchedulerConfig};

/// One value that holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Effective<W> {
    /// Its key: that of the file, for what a layer may say `thresholds` for any section of marks.
    pub key: String,
    /// What holds.
    pub value: String,
    /// The profile that says it.
    pub profile: Option<Profile>,
    /// Where that stands, or where the profile is chosen; `None` is the program's own default.
    pub place: Option<W>,
}

/// The keys of the file that are none of its own: layers.
const LAYERED: [&str; 5] =
    ["profile", "behaviour", "scaling_thresholds", "classes", "virtual_machines"];

impl SchedulerConfig {
    /// What holds for the whole file, but for what VMs may have of their own. `at` says where a
    /// path stands.
    #[must_use]
    pub fn effective<W>(&self, at: impl Fn(&str) -> Option<W>) -> Vec<Effective<W>> {
        let mut leaves = BTreeMap::new();
        // Only a map whose keys are no text could fail.
        flatten("", &serde_json::to_value(self).unwrap_or_default(), &mut leaves);
        let is_layered = |path: &str| {
            let first = path.split(['.', '[']).next().unwrap_or(path);
            let of_vms = PATHS.iter().any(|known| known.split('.').next() == Some(first));
            of_vms || LAYERED.contains(&first)
        };
        let own = leaves.into_iter().filter(|(path, _)| !is_layered(path));
        own.map(|(key, value)| Effective { place: at(&key), key, value, profile: None }).collect()
    }

    /// What holds for VMs without a class and an entry.
    #[must_use]
    pub fn effective_plain<W>(&self, at: impl Fn(&str) -> Option<W>) -> Vec<Effective<W>> {
        self.layered(None, None, at)
    }

    /// The classes' names, each with what holds for a VM of it that has no entry.
    #[must_use]
    pub fn effective_classes<W>(
        &self,
        at: impl Fn(&str) -> Option<W>,
    ) -> Vec<(String, Vec<Effective<W>>)> {
        let classes = self.classes.iter().enumerate();
        classes
            .map(|(class, own)| (own.name.clone(), self.layered(Some(class), None, &at)))
            .collect()
    }

    /// What holds for one VM.
    #[must_use]
    pub fn effective_vm<W>(
        &self,
        managed: &Managed,
        at: impl Fn(&str) -> Option<W>,
    ) -> Vec<Effective<W>> {
        self.layered(managed.class, managed.entry, at)
    }

    /// The name of a VM's class.
    #[must_use]
    pub fn class_name(&self, managed: &Managed) -> Option<&str> {
        Some(self.classes.get(managed.class?)?.name.as_str())
    }

    fn layered<W>(
        &self,
        class: Option<usize>,
        entry: Option<usize>,
        at: impl Fn(&str) -> Option<W>,
    ) -> Vec<Effective<W>> {
        let (settings, origins) = self.resolve(class, entry);
        let effective = |((key, value), place): ((&str, String), Place)| Effective {
            key: key.to_owned(),
            value,
            profile: place.profile(),
            place: place.path(self, key).and_then(|path| at(&path)),
        };
        settings.each().into_iter().zip(origins.each()).map(effective).collect()
    }
}

#[cfg(test)]
mod tests;
