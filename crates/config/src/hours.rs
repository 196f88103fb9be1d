//! Which schedules hold now, section by section.

use std::collections::{BTreeMap, BTreeSet};

use vm_autoscale_calendar::{Window, Zone};

use crate::schedule::{Holding, Schedule};
use crate::section::Section;
use crate::{Managed, SchedulerConfig};

/// The beginning of 2020, in seconds since 1970. A clock that says less was never set.
const SET: u64 = 1_577_836_800;

/// What a file's schedules say at one time.
#[derive(Debug, Clone)]
pub struct Hours {
    /// Of the sections that have schedules.
    lists: BTreeMap<Section, List>,
    /// The machine's zone, as it was when the file was read.
    machine: Zone,
    is_set: bool,
}

#[derive(Debug, Clone, Default)]
struct List {
    /// Of each schedule; none where the time is not known.
    windows: Vec<Window>,
    holding: Holding,
}

/// What is otherwise than before.
#[derive(Debug, Default)]
pub struct Turned {
    sections: BTreeSet<Section>,
    /// What began and what ended, for the log.
    pub said: Vec<String>,
}

impl Turned {
    /// Whether it is so for a VM.
    #[must_use]
    pub fn concerns(&self, managed: &Managed) -> bool {
        managed.schedules.is_some_and(|section| self.sections.contains(&section))
    }
}

impl Hours {
    /// Of a file, at no time yet: no schedule holds.
    #[must_use]
    pub fn new(config: &SchedulerConfig) -> Self {
        let lists = config.sections().filter(|section| {
            config.schedules(*section).is_some_and(|schedules| !schedules.is_empty())
        });
        let lists = lists.map(|section| (section, List::default())).collect();
        Self { lists, machine: Zone::of_machine(), is_set: true }
    }

    /// What is so at a time by a clock that people set, in seconds since 1970, and what of it is
    /// otherwise than before. Where that clock was never set, no schedule holds.
    ///
    /// Only what it says counts, not what it said before: it may jump.
    pub fn turn(&mut self, config: &SchedulerConfig, wall: u64) -> Turned {
        let now = i64::try_from(wall).ok().filter(|_| wall >= SET);
        self.is_set = now.is_some();
        let mut turned = Turned::default();
        for (section, list) in &mut self.lists {
            let Some(schedules) = config.schedules(*section) else { continue };
            let before = list.holding;
            list.turn(schedules, now, &self.machine);
            if before != list.holding {
                turned.sections.insert(*section);
                let names = config.section_name(*section);
                turned.said.extend(said(schedules, before, list.holding, &names));
            }
        }
        turned
    }

    /// Whether there are schedules, and none holds because the clock was never set.
    #[must_use]
    pub fn lacks_time(&self) -> bool {
        !self.is_set && !self.lists.is_empty()
    }

    pub(crate) fn holding(&self, section: Option<Section>) -> Holding {
        section
            .and_then(|section| self.lists.get(&section))
            .map_or_else(Holding::default, |list| list.holding)
    }

    /// What is so of a schedule, as people read it.
    pub(crate) fn words(&self, section: Section, at: usize, schedule: &Schedule) -> String {
        let zone = schedule.timezone.as_ref().unwrap_or(&self.machine);
        let name = zone.name().unwrap_or("the machine's time zone");
        let window = self.lists.get(&section).and_then(|list| list.windows.get(at));
        let state = match window {
            None => "the clock is not set".to_owned(),
            Some(Window { holds: true, from, .. }) => {
                format!("holds since {}", zone.written(*from).unwrap_or_default())
            }
            Some(Window { until, .. }) => match zone.written(*until) {
                Some(next) => format!("from {next}"),
                None => "never again".to_owned(),
            },
        };
        format!("{} for {}, {name}: {state}", schedule.at, schedule.duration)
    }
}

impl List {
    /// Asks only for what is not known: in steady hours for nothing.
    fn turn(&mut self, schedules: &[Schedule], now: Option<i64>, machine: &Zone) {
        let Some(now) = now else {
            *self = Self::default();
            return;
        };
        if self.windows.len() == schedules.len() && self.windows.iter().all(|w| w.is_of(now)) {
            return;
        }
        self.windows = schedules.iter().map(|schedule| schedule.window(now, machine)).collect();
        let holding = self.windows.iter().enumerate().filter(|(_, window)| window.holds);
        self.holding = holding.fold(Holding::default(), |all, (at, _)| all.with(Holding::only(at)));
    }
}

/// What began and what ended.
fn said(schedules: &[Schedule], before: Holding, now: Holding, of: &str) -> Vec<String> {
    let said = |(at, schedule): (usize, &Schedule)| match (before.has(at), now.has(at)) {
        (false, true) => Some(format!("the schedule {} of {of} holds now", schedule.name)),
        (true, false) => Some(format!("the schedule {} of {of} holds no longer", schedule.name)),
        _ => None,
    };
    schedules.iter().enumerate().filter_map(said).collect()
}

#[cfg(test)]
mod tests;
