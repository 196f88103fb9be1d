//! The parts of the file that say what holds for VMs, and whose schedules count.

use crate::resolve::Place;
use crate::scheduler::layer::Layer;
use crate::{Profile, Schedule, SchedulerConfig};

/// A part of the file that says what holds for VMs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Section {
    /// The file itself.
    File,
    /// A class.
    Class(usize),
    /// An entry of `virtual_machines`.
    Vm(usize),
}

impl Section {
    /// As the place of what it says, by that profile or itself.
    pub(crate) fn place(self, profile: Option<Profile>) -> Place {
        match self {
            Self::File => Place::File(profile),
            Self::Class(at) => Place::Class(at, profile),
            Self::Vm(at) => Place::Vm(at, profile),
        }
    }
}

impl SchedulerConfig {
    /// All sections that there are.
    pub(crate) fn sections(&self) -> impl Iterator<Item = Section> {
        let classes = (0..self.classes.len()).map(Section::Class);
        let vms = (0..self.virtual_machines.len()).map(Section::Vm);
        std::iter::once(Section::File).chain(classes).chain(vms)
    }

    /// A section's own list of schedules.
    pub(crate) fn schedules(&self, section: Section) -> Option<&[Schedule]> {
        match section {
            Section::File => Layer::schedules(self),
            Section::Class(at) => self.classes.get(at)?.schedules(),
            Section::Vm(at) => self.virtual_machines.get(at)?.schedules(),
        }
    }

    /// How the log calls a section.
    pub(crate) fn section_name(&self, section: Section) -> String {
        match section {
            Section::File => "the file".to_owned(),
            Section::Class(at) => {
                format!("class {}", self.classes.get(at).map_or("", |class| &class.name))
            }
            Section::Vm(at) => {
                let vmid = self.virtual_machines.get(at).map(|vm| vm.vm_id.to_string());
                format!("VM {}", vmid.unwrap_or_default())
            }
        }
    }

    /// The section whose schedules are those of a VM: the nearest with a list.
    pub(crate) fn scheduled_by(
        &self,
        class: Option<usize>,
        entry: Option<usize>,
    ) -> Option<Section> {
        let classes = self.chain(class).into_iter().map(|(at, _)| Section::Class(at));
        let mut sections = entry.map(Section::Vm).into_iter().chain(classes).chain([Section::File]);
        sections.find(|section| self.schedules(*section).is_some())
    }
}
