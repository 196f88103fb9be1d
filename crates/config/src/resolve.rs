//! Layer by layer: what holds for a VM, and which section says so.

use crate::schedule::Holding;
use crate::scheduler::layer::Layer;
use crate::section::Section;
use crate::settings::{Origins, Own, policy_of};
use crate::{Class, Mode, Policy, Profile, SchedulerConfig, VirtualMachine, VmSettings};

/// So many classes inherit from each other in a row.
pub(crate) const MAX_DEPTH: usize = 16;

/// Where a setting was decided on: a section of the file, and by which profile of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Nowhere: the program's own default.
    Default,
    /// The file itself.
    File(Option<Profile>),
    /// A class.
    Class(usize, Option<Profile>),
    /// An entry of `virtual_machines`.
    Vm(usize, Option<Profile>),
    /// The file's `dry_run`.
    DryRun,
    /// A schedule of a section.
    Schedule(Section, usize, Option<Profile>),
}

impl SchedulerConfig {
    /// A class and those that it inherits from, nearest first. A circle, which is refused where
    /// the file is checked, ends.
    pub(crate) fn chain(&self, class: Option<usize>) -> Vec<(usize, &Class)> {
        let mut chain: Vec<(usize, &Class)> = Vec::new();
        let mut next = class;
        while let Some(at) = next.filter(|at| chain.iter().all(|(known, _)| known != at)) {
            // One more than there may be, so that it shows.
            if chain.len() > MAX_DEPTH {
                break;
            }
            let Some(class) = self.classes.get(at) else { break };
            chain.push((at, class));
            next = class.inherits.as_deref().and_then(|name| self.class_named(name));
        }
        chain
    }

    /// What the file itself says, for VMs without a class and an entry, while no schedule holds.
    #[must_use]
    pub fn settings(&self) -> VmSettings {
        self.resolve(None, None, Holding::default()).0
    }

    /// What holds for a VM of that class and with that entry while those of its schedules hold, and
    /// where each value comes from.
    pub(crate) fn resolve(
        &self,
        class: Option<usize>,
        entry: Option<usize>,
        holding: Holding,
    ) -> (VmSettings, Origins<Place>) {
        let layers = self.layers(class, entry, holding);
        let (mut settings, mut origins) = VmSettings::choose(&layers, Place::Default);
        (origins.mode, settings.mode) = self.least(class, entry);
        if origins.policy == Place::Default
            && let Some((place, _)) = layers.iter().find(|(at, own)| of_threshold(*at, own))
        {
            (origins.policy, settings.policy) = (*place, Policy::Threshold);
        }
        (settings, origins)
    }

    /// What holds for such a VM, the nearest first.
    pub(crate) fn layers(
        &self,
        class: Option<usize>,
        entry: Option<usize>,
        holding: Holding,
    ) -> Vec<(Place, Own)> {
        let by = self.scheduled_by(class, entry);
        let hold = |section| if by == Some(section) { holding } else { Holding::default() };
        let mut layers: Vec<(Place, Own)> = Vec::with_capacity(8);
        if let Some((at, vm)) = self.entry(entry) {
            ask(vm, Section::Vm(at), hold(Section::Vm(at)), &mut layers);
        }
        for (at, class) in self.chain(class) {
            ask(class, Section::Class(at), hold(Section::Class(at)), &mut layers);
        }
        ask(self, Section::File, hold(Section::File), &mut layers);
        layers
    }

    fn entry(&self, entry: Option<usize>) -> Option<(usize, &VirtualMachine)> {
        entry.and_then(|at| Some((at, self.virtual_machines.get(at)?)))
    }

    /// Of `mode` the least counts that the entry, the class and the file say, and of equals the
    /// nearest.
    fn least(&self, class: Option<usize>, entry: Option<usize>) -> (Place, Mode) {
        let chain = self.chain(class);
        let of_vm = self.entry(entry).and_then(|(at, vm)| Some((Place::Vm(at, None), vm.mode?)));
        let mut classes = chain.iter();
        let of_class = classes.find_map(|(at, class)| Some((Place::Class(*at, None), class.mode?)));
        let of_file = self.mode.map(|mode| (Place::File(None), mode));
        let of_file = of_file.unwrap_or((Place::Default, Mode::default()));
        let dry_run = self.dry_run.then_some((Place::DryRun, Mode::Recommend));
        let nearest = of_vm.into_iter().chain(of_class);
        let least =
            |least: (Place, Mode), next: (Place, Mode)| if next.1 < least.1 { next } else { least };
        let mut all = nearest.chain([of_file]).chain(dry_run);
        let first = all.next().unwrap_or(of_file);
        all.fold(first, least)
    }
}

/// Whether the section has a key that only the policy `threshold` knows. A profile has figures for
/// both.
fn of_threshold(place: Place, own: &Own) -> bool {
    let known_by = |key| policy_of(key) == Some(Policy::Threshold);
    place.profile().is_none() && own.keys().any(known_by)
}

/// What the bounds of those schedules say, the last one first; what a section says itself; what the
/// profiles of the schedules say, then its own.
fn ask<L: Layer>(layer: &L, section: Section, holding: Holding, into: &mut Vec<(Place, Own)>) {
    let schedules = layer.schedules().unwrap_or_default().iter().enumerate().rev();
    let schedules = schedules.filter(|(at, _)| holding.has(*at));
    let place = |at, profile| Place::Schedule(section, at, profile);
    into.extend(schedules.clone().map(|(at, schedule)| (place(at, None), schedule.limits())));
    into.push((section.place(None), layer.own()));
    let profiles = schedules.filter_map(|(at, schedule)| Some((at, schedule.profile?)));
    into.extend(profiles.map(|(at, profile)| (place(at, Some(profile)), profile.own())));
    into.extend(layer.profile().map(|profile| (section.place(Some(profile)), profile.own())));
}
