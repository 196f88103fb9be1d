//! One look at a cluster: one command while nothing changed, and the configs that did.

use std::time::Duration;

use tokio::time::timeout;
use vm_autoscale_planner::Moment;
use vm_autoscale_protocol::Request;
use vm_autoscale_proxmox::{ClusterName, ClusterRead, ConfigFiles, Pools};

use crate::claims::Care;
use crate::view::{InFlight, ToRead, View};
use crate::{AskError, Clock, Helper, Purpose};

/// Why a look did not come about.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Blind {
    #[error(transparent)]
    Ask(#[from] AskError),
    #[error("the look took longer than {} s", LOOK.as_secs())]
    Late,
    #[error("the answer is not what Proxmox writes: {0}")]
    Unreadable(#[from] vm_autoscale_proxmox::Error),
}

impl Blind {
    /// For whoever looks at the status: also what to do where it is the helper that says nothing.
    pub(crate) fn told(&self) -> String {
        match self {
            Self::Ask(AskError::NoAnswer(_) | AskError::NotAsked(_)) => {
                format!("{self}: systemctl status vm-autoscale-helper")
            }
            _ => self.to_string(),
        }
    }
}

/// What takes longer says nothing of now. The configs that were read by then stay, so that the
/// next look has fewer to read. The unit's `WatchdogSec=` is longer than this and a pause between
/// two looks.
pub(crate) const LOOK: Duration = Duration::from_secs(45);

/// Looks, and brings the view up to date; it ends within a deadline, whatever hangs.
pub(crate) async fn observe<C: Clock, H: Helper>(
    clock: &C,
    helper: &H,
    care: &Care,
    view: &mut View,
    in_flight: &InFlight,
) -> Result<(), Blind> {
    let seen = timeout(LOOK, look(clock, helper, care, view, in_flight)).await;
    seen.unwrap_or_else(|_| {
        view.settle(care);
        Err(Blind::Late)
    })
}

async fn look<C: Clock, H: Helper>(
    clock: &C,
    helper: &H,
    care: &Care,
    view: &mut View,
    in_flight: &InFlight,
) -> Result<(), Blind> {
    let cluster = &care.cluster;
    let (_, text) = helper.read_cluster(cluster).await?;
    let read = ClusterRead::parse(&text)?;
    if read.doubted > 0 {
        tracing::debug!(%cluster, lines = read.doubted, "lines of .rrd were not believed");
    }
    if read.unread > 0 && view.unread == 0 {
        let lines = read.unread;
        tracing::warn!(%cluster, lines, kind = "unread", "lines of /etc/pve/.rrd are of no format that this version knows: what they speak of has no figures");
    }
    let user_cfg = read.version.user_cfg;
    let to_read = view.update(clock.now(), read, care, in_flight);
    if care.roster.config().wants_pools() || view.pools_wanted {
        read_pools(clock.now(), helper, cluster, view, user_cfg).await;
    } else {
        view.drop_pools();
    }
    let read = read_configs(helper, cluster, view, to_read).await;
    view.settle(care);
    read
}

/// Reads the pools where `user.cfg` moved since they were read the last time. What cannot be read
/// is not known, whatever it was before.
async fn read_pools<H: Helper>(
    now: Moment,
    helper: &H,
    cluster: &ClusterName,
    view: &mut View,
    user_cfg: Option<u64>,
) {
    let Some(entry) = view.entry.clone() else { return };
    let node = entry.0.clone();
    if !view.pools_read.is_due(now, entry, user_cfg) {
        return;
    }
    match helper.read_pools(cluster, &node).await {
        Ok(text) => {
            view.put_pools(Some(Pools::parse(&text)));
            view.pools_read.succeeded();
            if view.pools_said.is_over() {
                tracing::info!(%cluster, %node, kind = "pools-known", "pools: read again");
            }
        }
        Err(error) => {
            let error = error.to_string();
            if view.pools_said.is_new(&error) {
                tracing::warn!(%cluster, %node, kind = "pools-unknown", "pools: {error}");
            }
            view.put_pools(None);
        }
    }
}

/// Reads configs at the node that answered, at most 64 a command.
async fn read_configs<H: Helper>(
    helper: &H,
    cluster: &ClusterName,
    view: &mut View,
    to_read: ToRead,
) -> Result<(), Blind> {
    let Some((answering, _)) = view.entry.clone() else { return Ok(()) };
    for (owner, vmids) in to_read {
        for vmids in vmids.chunks(ConfigFiles::MAX) {
            let request = Request::ReadConfigs {
                cluster: cluster.clone(),
                node: answering.clone(),
                owner: owner.clone(),
                vmids: vmids.to_vec(),
            };
            // Those that cannot be read now are asked for again at the next look.
            match helper.read_configs(&request, Purpose::Look).await {
                Ok(replies) => {
                    for reply in replies {
                        view.put_config(reply.vmid, reply.found);
                    }
                }
                // The next question would wait for the same node.
                Err(error) => {
                    let error = error.to_string();
                    if view.configs_said.is_new(&error) {
                        tracing::warn!(%cluster, node = %owner, kind = "configs-unread", "configs: {error}");
                    }
                    return Ok(());
                }
            }
        }
    }
    if view.configs_said.is_over() {
        tracing::info!(%cluster, kind = "configs-read", "configs: read again");
    }
    Ok(())
}

#[cfg(test)]
mod tests;
