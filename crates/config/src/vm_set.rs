//! Sets of VMIDs as an administrator writes them: numbers and ranges.

use std::ops::RangeInclusive;

use serde::{Deserialize, Deserializer, Serialize};
use vm_autoscale_proxmox::VmId;

use crate::leaf;

/// `[101, 200-299, "305"]`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(into = "Vec<Item>")]
pub struct VmSet(Vec<RangeInclusive<VmId>>);

impl<'de> Deserialize<'de> for VmSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let ranges = leaf::each::<D, Range>(deserializer)?;
        Ok(Self(ranges.into_iter().map(|Range(range)| range).collect()))
    }
}

impl VmSet {
    /// Whether the VM is in it.
    #[must_use]
    pub fn contains(&self, vmid: VmId) -> bool {
        self.0.iter().any(|range| range.contains(&vmid))
    }

    /// From which to which, in the order of the file.
    pub fn ranges(&self) -> impl Iterator<Item = (VmId, VmId)> {
        self.0.iter().map(|range| (*range.start(), *range.end()))
    }

    /// Whether nothing is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A number, or a number or range as text (YAML reads `200-299` as text).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "this is no VMID\na VMID (100 to 999999999) or a range such as 100-199"
)]
enum Item {
    Number(u32),
    Text(String),
}

#[derive(Deserialize)]
#[serde(try_from = "Item")]
struct Range(RangeInclusive<VmId>);

impl From<VmSet> for Vec<Item> {
    fn from(set: VmSet) -> Self {
        set.0.iter().map(|range| Item::Text(format!("{}-{}", range.start(), range.end()))).collect()
    }
}

impl TryFrom<Item> for Range {
    type Error = String;

    fn try_from(item: Item) -> Result<Self, String> {
        let range = match item {
            Item::Number(number) => {
                let vmid = VmId::try_from(number).map_err(|e| e.to_string())?;
                vmid..=vmid
            }
            Item::Text(text) => leaf::parse_range(&text)?,
        };
        Ok(Self(range))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_ranges() {
        let set: VmSet = serde_yaml::from_str("[101, 200-299, '305']").unwrap();
        let has = |id: u32| set.contains(id.try_into().unwrap());
        assert!(has(101) && has(200) && has(299) && has(305));
        assert!(!has(102) && !has(300));
        for bad in ["[99]", "[200-100]", "[abc]", "[1-200]", "[1.5]", "[{}]"] {
            assert!(serde_yaml::from_str::<VmSet>(bad).is_err(), "{bad}");
        }
    }
}
