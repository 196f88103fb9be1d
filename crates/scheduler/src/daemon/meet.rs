//! The helper is met.

use std::time::{Duration, Instant};

use vm_autoscale_config::Clusters;
use vm_autoscale_protocol::ClusterInfo;

use crate::notify::Notifier;
use crate::{Helper as _, HelperClient};

/// A helper that is started at the same time is not missed for so long.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the helper may reach; it is waited for.
pub(super) async fn clusters(helper: &HelperClient, notifier: &Notifier) -> Clusters {
    let (begun, mut said) = (Instant::now(), String::new());
    loop {
        match helper.hello().await {
            Ok(hello) => {
                let all = known(hello.clusters);
                tracing::info!(helper = hello.version, clusters = all.len(), "helper met");
                notifier.helper(None);
                return all;
            }
            Err(error) => {
                let why = error.to_string();
                if why != said {
                    tracing::error!("{why}");
                }
                if begun.elapsed() >= PATIENCE {
                    notifier.helper(Some(&why));
                }
                said = why;
                tokio::time::sleep(Duration::from_secs(2)).await;
            }
        }
    }
}

pub(super) fn known(clusters: Vec<ClusterInfo>) -> Clusters {
    let nodes = |info: ClusterInfo| (info.name, info.nodes.into_iter().collect());
    clusters.into_iter().map(nodes).collect()
}
