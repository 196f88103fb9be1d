//! Where a VM is whose config is not where it was. Only then is the whole cluster looked at.

use std::time::Duration;

use vm_autoscale_proxmox::{ClusterRead, GuestKind, NodeName, VmEntry};

use super::Way;
use super::read_back::{Learnt, read_config};
use crate::{Clock, Helper, Outcome};

/// A VM is gone only when it is in no list so often in a row: a migration's rename takes it from
/// every list for a moment.
const LOOKS: u32 = 2;
const BETWEEN: Duration = Duration::from_secs(3);

/// What became of a VM that is not there. `tried` says whether the change may have been written
/// before.
pub(super) async fn look_for<C: Clock, H: Helper>(
    way: &Way<'_, C, H>,
    tried: bool,
) -> Result<Learnt, String> {
    let Way { helper, intent, .. } = way;
    for look in 0..LOOKS {
        if look > 0 {
            way.wait(BETWEEN).await;
        }
        let (at, text) = helper.read_cluster(&intent.cluster).await.map_err(|e| e.to_string())?;
        let guests = ClusterRead::parse(&text).map_err(|e| e.to_string())?.guests;
        match guests.get(intent.vmid) {
            Some(entry) if entry.node == intent.node && entry.kind == GuestKind::Qemu => {
                return Err("its config was not there, and it is listed there".to_owned());
            }
            Some(entry) => return elsewhere(way, &at, entry, tried).await,
            None if guests.names(intent.vmid) => {
                return Err("the lists do not agree on where it is".to_owned());
            }
            None => {}
        }
    }
    Ok(Learnt::Ended { outcome: Outcome::Gone, duty: false })
}

/// Someone of that number is on another node: the VM itself, or a later one.
async fn elsewhere<C, H: Helper>(
    way: &Way<'_, C, H>,
    at: &NodeName,
    entry: &VmEntry,
    tried: bool,
) -> Result<Learnt, String> {
    let Way { helper, intent, .. } = way;
    let replaced = Learnt::Ended { outcome: Outcome::Replaced, duty: false };
    if entry.kind != GuestKind::Qemu {
        return Ok(replaced);
    }
    let config = read_config(*helper, intent, (at, &entry.node)).await?;
    let (config, _) = config.ok_or("its config moved on meanwhile")?;
    if intent.is_another(&config) {
        return Ok(replaced);
    }
    let outcome = Outcome::Moved { to: entry.node.clone(), tried };
    Ok(Learnt::Ended { outcome, duty: tried })
}
