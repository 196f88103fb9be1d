//! Why a VM is looked after, or why not.

use super::{Answer, Roster};
use crate::{OFF_TAG, VmFacts};

/// What of the file decides on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// Its entry, by its place in `virtual_machines`, which says `scaling_enabled: false`.
    EntryOff(usize),
    /// An item of `select` with a hyphen.
    Excluded,
    /// The tag that holds over everything.
    OffTag,
    /// Its entry, by its place in `virtual_machines`.
    Entry(usize),
    /// The class of that name.
    Class(String),
    /// `select`.
    Selected,
    /// Nothing names it.
    Nothing,
    /// That hangs on its config or on the pools, which have not been read.
    Unknown,
}

impl Roster {
    /// What decides that a VM is looked after, or that it is not.
    #[must_use]
    pub fn why(&self, vm: &VmFacts<'_>) -> Why {
        let vm = &self.here(vm);
        let entry = self.entries.get(&vm.vmid).map(|listed| listed.at);
        let own = entry.and_then(|at| Some((at, self.config.virtual_machines.get(at)?)));
        if let Some((at, _)) = own.filter(|(_, own)| !own.scaling_enabled) {
            return Why::EntryOff(at);
        }
        if self.config.select.excludes(vm) == Some(true) {
            return Why::Excluded;
        }
        if vm.described.is_some_and(|(_, tags)| tags.has(OFF_TAG)) {
            return Why::OffTag;
        }
        match self.answer(vm) {
            Answer::No => Why::Nothing,
            Answer::Unknown => Why::Unknown,
            Answer::Yes(managed) => match (entry, self.config.class_name(&managed)) {
                (Some(at), _) => Why::Entry(at),
                (None, Some(class)) => Why::Class(class.to_owned()),
                (None, None) => Why::Selected,
            },
        }
    }
}
