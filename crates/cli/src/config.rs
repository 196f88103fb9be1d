//! `vm-autoscale config`: what holds and which line says so, and what a reload would change.

mod diff;
mod modes;
mod show;
mod vm;

use std::collections::BTreeMap;

use vm_autoscale_config::{Answer, Checked, Effective, Entry, Hours, SchedulerConfig};
use vm_autoscale_scheduler::wall;

pub(crate) use diff::diff;
pub(crate) use modes::{ModeLine, Modes};
pub(crate) use show::show;
pub(crate) use vm::answer;

/// The file's values with their places.
pub(crate) struct Read {
    pub(crate) config: SchedulerConfig,
    /// In their order.
    entries: Vec<Entry>,
    by_path: BTreeMap<String, usize>,
    /// Which schedules hold now.
    pub(crate) hours: Hours,
}

impl Read {
    pub(crate) fn new(
        checked: Checked<SchedulerConfig>,
    ) -> Result<Self, vm_autoscale_config::Error> {
        let entries = checked.entries();
        let by_path = entries.iter().enumerate().map(|(at, entry)| (entry.path.clone(), at));
        let by_path = by_path.collect();
        let config = checked.finish()?;
        let mut hours = Hours::new(&config);
        hours.turn(&config, wall());
        Ok(Self { config, entries, by_path, hours })
    }

    fn entry(&self, path: &str) -> Option<&Entry> {
        self.entries.get(*self.by_path.get(path)?)
    }

    /// Where a path stands; a list stands where its first item does.
    pub(crate) fn place(&self, path: &str) -> Option<String> {
        let first = || self.entry(&format!("{path}[0]"));
        self.entry(path).or_else(first).map(|entry| entry.origin.to_string())
    }

    /// What classes and schedules are called in the files.
    pub(crate) fn names(&self) -> impl Iterator<Item = String> {
        let names =
            self.entries.iter().filter(|entry| entry.path.rsplit('.').next() == Some("name"));
        names.map(|entry| entry.shown.clone())
    }

    /// What holds for a VM, where it is looked after.
    pub(crate) fn values(&self, answer: &Answer) -> Option<Vec<Effective<String>>> {
        let Answer::Yes(managed) = answer else { return None };
        Some(self.config.effective_vm(&self.hours, managed, |path| self.place(path)))
    }

    /// What holds for the whole file; what a variable gives is shown by its name.
    fn own(&self) -> Vec<Effective<String>> {
        let mut own = self.config.effective(|path| self.place(path));
        for value in &mut own {
            let items: Vec<&str> = (0..)
                .map_while(|at| self.entry(&format!("{}[{at}]", value.key)))
                .map(|entry| entry.shown.as_str())
                .collect();
            if let Some(entry) = self.entry(&value.key) {
                value.value.clone_from(&entry.shown);
            } else if !items.is_empty() {
                value.value = format!("[{}]", items.join(", "));
            }
        }
        own
    }
}

/// A line of a table: key, value, and where that is said.
type Row = [String; 3];

/// Columns below each other, the last one as long as it is.
fn columns(rows: &[Row]) -> String {
    const WIDEST: usize = 40;
    let wide = |at: usize| {
        let lengths = rows.iter().filter_map(|row| row.get(at)).map(|text| text.chars().count());
        lengths.max().unwrap_or(0).min(WIDEST)
    };
    let (first, second) = (wide(0), wide(1));
    let line = |[key, value, from]: &Row| {
        let line = format!("  {key:<first$}  {value:<second$}  {from}");
        line.trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

/// What holds, as lines.
fn lines(values: &[Effective<String>]) -> String {
    let row = |value: &Effective<String>| {
        let place = value.place.as_deref().unwrap_or("default");
        let from = match (value.profile, &value.schedule, &value.chosen_by) {
            (Some(profile), Some(schedule), _) => {
                format!("{place} (profile {profile} of schedule {schedule})")
            }
            (Some(profile), None, _) => format!("{place} (profile {profile})"),
            (None, Some(schedule), _) => format!("{place} (schedule {schedule})"),
            (None, None, Some(key)) => format!("{place} (for `{key}` is there)"),
            (None, None, None) => place.to_owned(),
        };
        [value.key.clone(), value.value.clone(), from]
    };
    columns(&values.iter().map(row).collect::<Vec<_>>())
}
