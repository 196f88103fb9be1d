//! The helper is met.

use std::time::{Duration, Instant};

use vm_autoscale_config::Clusters;
use vm_autoscale_protocol::ClusterInfo;

use crate::notify::Notifier;
use crate::{Helper as _, HelperClient};

/// A helper that is started at the same time is not missed for so long.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// What the helper may reach; it is waited for, and missed after this time. Each attempt is told.
pub(super) async fn clusters(
    helper: &HelperClient,
    notifier: &Notifier,
    patience: Duration,
    attempted: impl Fn(Option<&str>),
) -> Clusters {
    let (begun, mut said) = (Instant::now(), String::new());
    loop {
        match helper.hello().await {
            Ok(hello) => {
                let all = known(hello.clusters);
                tracing::info!(helper = hello.version, clusters = all.len(), "helper met");
                notifier.helper(None);
                attempted(None);
                return all;
            }
            Err(error) => {
                let why = error.to_string();
                attempted(Some(&why));
                if why != said {
                    tracing::error!("{why}");
                }
                if begun.elapsed() >= patience {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notify::tests::{config, servers::http};

    #[tokio::test]
    async fn a_helper_that_is_not_there_is_told_when_patience_ends() {
        let all = [Duration::ZERO, PATIENCE].map(|patience| async move {
            let server = http("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            let url = format!("http://{}", server.address);
            let yaml = format!("gotify: {{enabled: true, server_url: '{url}', app_token: t}}");
            let notifier = Notifier::start(&config(&yaml));
            let helper = HelperClient::new("/nowhere/helper.sock".into());
            let met = clusters(&helper, &notifier, patience, |_| {});
            assert!(tokio::time::timeout(Duration::from_secs(8), met).await.is_err());
            notifier.stop();
            server.all()
        });
        let [told, patient] = all;
        let (told, patient) = tokio::join!(told, patient);
        assert!(told.len() == 1 && told[0].contains("the helper cannot be reached: "), "{told:?}");
        assert_eq!(patient, Vec::<String>::new());
    }
}
