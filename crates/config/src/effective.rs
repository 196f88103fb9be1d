//! What holds after all, and what says so.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::difference::flatten;
use crate::resolve::Place;
use crate::section::Section;
use crate::settings::paths;
use crate::{Hours, Managed, Profile, Schedule, SchedulerConfig};

/// One value that holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Effective<W> {
    /// Its key: that of the file, for what a layer may say `thresholds` for any section of marks.
    pub key: String,
    /// What holds.
    pub value: String,
    /// The profile that says it.
    pub profile: Option<Profile>,
    /// The schedule that says it, by itself or by that profile.
    pub schedule: Option<String>,
    /// The key for whose sake it holds, where none says it: only of `policy`.
    pub chosen_by: Option<String>,
    /// Where that stands, or where the profile is chosen; `None` is the program's own default.
    pub place: Option<W>,
}

/// The keys of the file that are none of its own: layers.
const LAYERED: [&str; 6] =
    ["profile", "behaviour", "schedules", "scaling_thresholds", "classes", "virtual_machines"];

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
            let of_vms = paths().any(|known| known.split('.').next() == Some(first));
            of_vms || LAYERED.contains(&first)
        };
        let own = leaves.into_iter().filter(|(path, _)| !is_layered(path));
        own.map(|(key, value)| Effective {
            place: at(&key),
            key,
            value,
            profile: None,
            schedule: None,
            chosen_by: None,
        })
        .collect()
    }

    /// What holds for VMs without a class and an entry, at the time of `hours`.
    #[must_use]
    pub fn effective_plain<W>(
        &self,
        hours: &Hours,
        at: impl Fn(&str) -> Option<W>,
    ) -> Vec<Effective<W>> {
        self.layered(hours, None, None, at)
    }

    /// The classes' names, each with what holds for a VM of it that has no entry.
    #[must_use]
    pub fn effective_classes<W>(
        &self,
        hours: &Hours,
        at: impl Fn(&str) -> Option<W>,
    ) -> Vec<(String, Vec<Effective<W>>)> {
        let classes = self.classes.iter().enumerate();
        classes
            .map(|(class, own)| (own.name.clone(), self.layered(hours, Some(class), None, &at)))
            .collect()
    }

    /// What holds for one VM.
    #[must_use]
    pub fn effective_vm<W>(
        &self,
        hours: &Hours,
        managed: &Managed,
        at: impl Fn(&str) -> Option<W>,
    ) -> Vec<Effective<W>> {
        self.layered(hours, managed.class, managed.entry, at)
    }

    /// The name of a VM's class.
    #[must_use]
    pub fn class_name(&self, managed: &Managed) -> Option<&str> {
        Some(self.classes.get(managed.class?)?.name.as_str())
    }

    fn layered<W>(
        &self,
        hours: &Hours,
        class: Option<usize>,
        entry: Option<usize>,
        at: impl Fn(&str) -> Option<W>,
    ) -> Vec<Effective<W>> {
        let by = self.scheduled_by(class, entry);
        let (settings, origins) = self.resolve(class, entry, hours.holding(by));
        let effective = |((key, value), place): ((&str, String), Place)| {
            let path = place.path(self, key);
            let chooser = path.as_ref().filter(|path| key == "policy" && !path.ends_with(key));
            Effective {
                key: key.to_owned(),
                value,
                profile: place.profile(),
                schedule: place.schedule(self).map(|schedule| schedule.name.clone()),
                place: path.as_ref().and_then(|path| at(path)),
                chosen_by: chooser.and_then(|path| Some(path.rsplit("].").next()?.to_owned())),
            }
        };
        let values = settings.each().into_iter().zip(origins.each());
        let values = values.filter(|((key, _), _)| settings.knows(key)).map(effective);
        values.chain(self.effective_schedules(hours, by, &at)).collect()
    }

    /// The schedules of a section, each with what it says and whether it holds.
    fn effective_schedules<W>(
        &self,
        hours: &Hours,
        by: Option<Section>,
        at: impl Fn(&str) -> Option<W>,
    ) -> Vec<Effective<W>> {
        let all = by.and_then(|section| Some((section, self.schedules(section)?)));
        let Some((section, all)) = all else { return Vec::new() };
        let effective = |(place, schedule): (usize, &Schedule)| Effective {
            key: format!("schedules.{}", schedule.name),
            value: hours.words(section, place, schedule),
            profile: schedule.profile,
            schedule: None,
            chosen_by: None,
            place: at(&Place::Schedule(section, place, None).key("at")),
        };
        all.iter().enumerate().map(effective).collect()
    }
}

#[cfg(test)]
mod tests;
