//! A VMID that users write as a number or as text.

use serde::{Deserialize, Deserializer, de};
use vm_autoscale_proxmox::VmId;

#[derive(Deserialize)]
#[serde(untagged, expecting = "a VMID, 100 to 999999999")]
enum Either {
    Number(u32),
    Text(String),
}

pub(super) fn either<'de, D: Deserializer<'de>>(deserializer: D) -> Result<VmId, D::Error> {
    let vmid = match Either::deserialize(deserializer)? {
        Either::Number(number) => VmId::try_from(number),
        Either::Text(text) => text.parse(),
    };
    vmid.map_err(de::Error::custom)
}
