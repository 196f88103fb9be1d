//! `/etc/pve/ha/manager_status`: what the HA manager does with whom.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{Error, VmId};

/// The states of HA-managed VMs that are not steady: `migrate`, `relocate`, `fence` … A VM that
/// is not in it is left alone by the HA manager for now.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HaMoves(BTreeMap<VmId, String>);

impl HaMoves {
    /// Reads the file.
    ///
    /// # Errors
    /// Not the JSON that the HA manager writes.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let raw: Raw = serde_json::from_str(text)
            .map_err(|e| Error::format("ha/manager_status", e.to_string()))?;
        let moving = raw.service_status.into_iter().filter_map(|(service, status)| {
            let vmid = service.strip_prefix("vm:")?.parse().ok()?;
            let steady = ["started", "ignored"].contains(&status.state.as_str());
            (!steady).then_some((vmid, status.state))
        });
        Ok(Self(moving.collect()))
    }

    /// What is done with the VM.
    #[must_use]
    pub fn get(&self, vmid: VmId) -> Option<&str> {
        self.0.get(&vmid).map(String::as_str)
    }
}

#[derive(Deserialize)]
struct Raw {
    #[serde(default)]
    service_status: BTreeMap<String, Status>,
}

#[derive(Deserialize)]
struct Status {
    state: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_not_steady_moves() {
        let text = r#"{"master_node":"pve1","node_status":{"pve1":"online"},"service_status":{
            "vm:101":{"node":"pve1","state":"started","uid":"abc"},
            "vm:102":{"node":"pve1","target":"pve2","state":"migrate","uid":"def"},
            "ct:103":{"node":"pve1","state":"stopped","uid":"ghi"}},"timestamp":1795297230}"#;
        let moves = HaMoves::parse(text).unwrap();
        let of = |vmid: u32| moves.get(vmid.try_into().unwrap());
        assert_eq!([of(101), of(102), of(103)], [None, Some("migrate"), None]);
        assert_eq!(HaMoves::parse("{}").unwrap(), HaMoves::default());
        assert!(HaMoves::parse("{").is_err());
    }
}
