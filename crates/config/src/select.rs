//! Which VMs: numbers, ranges, and what VMs are called, tagged and put into.

mod selector;

use std::fmt;

use serde::de::value::{SeqDeserializer, StrDeserializer};
use serde::{Deserialize, Deserializer, Serialize};
use vm_autoscale_proxmox::{ClusterName, NodeName, Tags, VmId};

use crate::leaf;
pub(crate) use selector::Selector;

/// The tag that holds over everything: such a VM is not looked after.
pub const OFF_TAG: &str = "autoscale-off";

/// What is known of a VM where it is asked whether it is meant.
#[derive(Debug, Clone, Copy)]
pub struct VmFacts<'a> {
    /// Its number.
    pub vmid: VmId,
    /// The cluster that it is in; `None` where that is not known. A [`crate::Roster`] knows it.
    pub cluster: Option<&'a ClusterName>,
    /// The node that it is on; `None` where that is not known.
    pub node: Option<&'a NodeName>,
    /// Its name, if it has one, and its tags; `None` as long as its config has not been read.
    pub described: Option<(Option<&'a str>, &'a Tags)>,
    /// Its pool, if it is in one; `None` as long as the pools have not been read.
    pub pool: Option<Option<&'a str>>,
}

/// `[101, 200-299, "@tag-web", "-@pool-prod", "lab/101"]`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Selection(Vec<Item>);

/// One of them; `is_out` where it begins with a hyphen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) is_out: bool,
    /// Of this cluster only: a number may be several VMs'.
    pub(crate) cluster: Option<ClusterName>,
    pub(crate) selector: Selector,
}

impl Selection {
    /// Of words as they stand in `select`, one item each.
    ///
    /// # Errors
    /// What is wrong, and the rule in a second line.
    pub fn of_words<'w>(words: impl IntoIterator<Item = &'w str>) -> Result<Self, String> {
        let words = words.into_iter().map(StrDeserializer::<serde::de::value::Error>::new);
        Self::deserialize(SeqDeserializer::new(words)).map_err(|error| error.to_string())
    }

    /// Whether it names the VM; `None` where that hangs on what is not known.
    #[must_use]
    pub fn names(&self, vm: &VmFacts<'_>) -> Option<bool> {
        match self.excludes(vm) {
            Some(false) => any(self.0.iter().filter(|item| !item.is_out), vm),
            Some(true) => Some(false),
            // What is not in is not in, whatever would be taken out of it.
            None => any(self.0.iter().filter(|item| !item.is_out), vm).filter(|named| !named),
        }
    }

    /// Whether an item with a hyphen names it.
    pub(crate) fn excludes(&self, vm: &VmFacts<'_>) -> Option<bool> {
        any(self.0.iter().filter(|item| item.is_out), vm)
    }

    /// Whether the pools of VMs are asked for.
    #[must_use]
    pub fn wants_pools(&self) -> bool {
        self.0.iter().any(|item| matches!(item.selector, Selector::Pool(_)))
    }

    /// The clusters that items are limited to.
    pub fn clusters(&self) -> impl Iterator<Item = &ClusterName> {
        self.0.iter().filter_map(|item| item.cluster.as_ref())
    }

    /// Whether nothing is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it may name a VM of that number: not one that is none of its numbers, or that a
    /// number takes out.
    pub(crate) fn may_name(&self, vmid: VmId) -> bool {
        let names = |item: &Item| match &item.selector {
            Selector::Range(range) => range.contains(&vmid),
            _ => true,
        };
        self.0.iter().any(|item| !item.is_out && names(item)) && self.excluded_by(vmid).is_none()
    }

    /// Whether it has items and none of them names anything.
    #[must_use]
    pub fn only_excludes(&self) -> bool {
        !self.0.is_empty() && self.0.iter().all(|item| item.is_out)
    }

    /// The item with a hyphen that takes out a number, whatever the VM is.
    pub(crate) fn excluded_by(&self, vmid: VmId) -> Option<usize> {
        self.0.iter().position(|item| {
            let everywhere = item.is_out && item.cluster.is_none();
            everywhere && matches!(&item.selector, Selector::Range(range) if range.contains(&vmid))
        })
    }
}

/// As it is written, with blanks between the items.
impl fmt::Display for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, item) in self.0.iter().enumerate() {
            write!(f, "{}{item}", if at == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}

/// Whether one of them names the VM.
fn any<'i>(items: impl Iterator<Item = &'i Item>, vm: &VmFacts<'_>) -> Option<bool> {
    let mut answer = Some(false);
    for item in items {
        match item.names(vm) {
            Some(true) => return Some(true),
            Some(false) => {}
            None => answer = None,
        }
    }
    answer
}

impl<'de> Deserialize<'de> for Selection {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        leaf::each(deserializer).map(Self)
    }
}

#[cfg(test)]
mod tests;
