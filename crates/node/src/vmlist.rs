//! `/etc/pve/.vmlist`: which guest is on which node, and the version of its config.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Deserialize;
use serde::de::{MapAccess, Visitor};

use crate::{Error, NodeName, VmId};

/// What kind of guest a VMID names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GuestKind {
    /// A QEMU virtual machine.
    Qemu,
    /// A container.
    Lxc,
}

/// Where a guest is, and which version of its config the answering node has.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct VmEntry {
    /// The node whose directory holds the config.
    pub node: NodeName,
    /// VM or container.
    #[serde(rename = "type")]
    pub kind: GuestKind,
    /// Rises with every write or rename of the config. Local to the answering node: compare it
    /// only with another read from the same node since the same pmxcfs start.
    pub version: u64,
}

/// One reading of `.vmlist`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VmList {
    entries: BTreeMap<VmId, VmEntry>,
    /// Stand there, and are not believed: where they are is not known.
    doubted: BTreeSet<VmId>,
}

impl VmList {
    /// Reads one copy. Entries whose VMID stands there twice are dropped: such a text is torn.
    ///
    /// # Errors
    /// Not the JSON that pmxcfs writes.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let raw: Raw =
            serde_json::from_str(text).map_err(|e| Error::format(".vmlist", e.to_string()))?;
        let mut list = Self::default();
        for (id, entry) in raw.ids.0 {
            match entry {
                Some(entry) => drop(list.entries.insert(id, entry)),
                None => drop(list.doubted.insert(id)),
            }
        }
        Ok(list)
    }

    /// What two copies from one command agree on. A read of this file can tear
    /// (`pmxcfs/cfs-plug-func.c`), and the same tear does not happen twice.
    #[must_use]
    pub fn agreed(mut self, other: &Self) -> Self {
        let both =
            |id: &VmId| self.entries.get(id).is_some_and(|e| other.entries.get(id) == Some(e));
        let named = self.entries.keys().chain(other.entries.keys()).chain(&other.doubted);
        let doubted: Vec<VmId> = named.filter(|id| !both(id)).copied().collect();
        self.doubted.extend(doubted);
        self.entries.retain(|id, _| !self.doubted.contains(id));
        self
    }

    /// Whether the number stands there at all, also where it is not believed: what does not is
    /// absent from both copies.
    #[must_use]
    pub fn names(&self, id: VmId) -> bool {
        self.entries.contains_key(&id) || self.doubted.contains(&id)
    }

    /// Whether there is a guest that is not believed.
    #[must_use]
    pub fn has_doubts(&self) -> bool {
        !self.doubted.is_empty()
    }

    /// The guest of that number.
    #[must_use]
    pub fn get(&self, id: VmId) -> Option<&VmEntry> {
        self.entries.get(&id)
    }

    /// All guests by number.
    pub fn iter(&self) -> impl Iterator<Item = (VmId, &VmEntry)> {
        self.entries.iter().map(|(id, entry)| (*id, entry))
    }
}

#[derive(Deserialize)]
struct Raw {
    #[serde(default)]
    ids: Ids,
}

#[derive(Default)]
struct Ids(BTreeMap<VmId, Option<VmEntry>>);

impl<'de> Deserialize<'de> for Ids {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(IdsVisitor)
    }
}

struct IdsVisitor;

impl<'de> Visitor<'de> for IdsVisitor {
    type Value = Ids;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map from VMID to guest")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Ids, A::Error> {
        let mut seen: BTreeMap<VmId, Option<VmEntry>> = BTreeMap::new();
        while let Some((id, entry)) = map.next_entry::<String, VmEntry>()? {
            // A stray file with another number hides no VM.
            let Ok(id) = id.parse() else { continue };
            seen.entry(id).and_modify(|twice| *twice = None).or_insert(Some(entry));
        }
        Ok(Ids(seen))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str = r#"{
"version": 17,
"ids": {
"101": { "node": "pve1", "type": "qemu", "version": 5 },
"2001": { "node": "pve2", "type": "lxc", "version": 9 }}

}
"#;

    #[test]
    fn reads_what_pmxcfs_writes() {
        let list = VmList::parse(TWO).unwrap();
        let vm = list.get(101u32.try_into().unwrap()).unwrap();
        assert_eq!((vm.node.as_str(), vm.kind, vm.version), ("pve1", GuestKind::Qemu, 5));
        assert_eq!(list.iter().filter(|(_, e)| e.kind == GuestKind::Lxc).count(), 1);
        assert_eq!(VmList::parse("{\n\"version\": 1}").unwrap(), VmList::default());
        assert!(VmList::parse(&TWO[..80]).is_err());
    }

    #[test]
    fn what_differs_or_repeats_is_not_believed() {
        let list = VmList::parse(TWO).unwrap();
        let moved = VmList::parse(&TWO.replace("\"pve2\"", "\"pve3\"")).unwrap();
        let agreed = list.clone().agreed(&moved);
        assert_eq!(agreed.iter().count(), 1);
        let twice = VmList::parse(&TWO.replace("2001", "101")).unwrap();
        assert_eq!(twice.iter().count(), 0);
        // It is not known where they are, but that they are: they are not gone.
        let (both, one): (VmId, VmId) = (101u32.try_into().unwrap(), 2001u32.try_into().unwrap());
        assert!(agreed.names(both) && agreed.names(one) && agreed.get(one).is_none());
        assert!(twice.names(both) && !twice.names(one));
        let empty = VmList::default();
        for agreed in [list.clone().agreed(&empty), empty.clone().agreed(&list)] {
            assert!(agreed.names(both) && agreed.get(both).is_none());
        }
        assert!(!empty.clone().agreed(&empty).names(both));
        assert!(empty.agreed(&twice).names(both));
    }
}
