//! The helper is met.

use std::time::{Duration, Instant};

use vm_autoscale_config::Clusters;
use vm_autoscale_protocol::ClusterInfo;

use crate::notify::Notifier;
use crate::{Helper as _, HelperClient};

/// A helper that is started at the same time is not missed for so long.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// Where nothing is to be looked at no worker would feed the watchdog: it is as if the helper had not
/// been met.
const NO_CLUSTER: &str = "the helper has no cluster: add one to helper.yaml";

/// What the helper may reach; it is waited for, and missed after this time. Each attempt is told.
pub(super) async fn clusters(
    helper: &HelperClient,
    notifier: &Notifier,
    patience: Duration,
    attempted: impl Fn(Option<&str>),
) -> Clusters {
    let (begun, mut said) = (Instant::now(), String::new());
    loop {
        let (why, told) = match helper.hello().await {
            Ok(hello) if hello.clusters.is_empty() => {
                (NO_CLUSTER.to_owned(), NO_CLUSTER.to_owned())
            }
            Ok(hello) => {
                let all = known(hello.clusters);
                let sandbox = hello.sandbox;
                tracing::info!(helper = hello.version, %sandbox, clusters = all.len(), "helper met");
                notifier.helper(None);
                attempted(None);
                return all;
            }
            Err(error) => (error.to_string(), format!("the helper was not met yet: {error}")),
        };
        attempted(Some(&told));
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

pub(super) fn known(clusters: Vec<ClusterInfo>) -> Clusters {
    let nodes = |info: ClusterInfo| (info.name, info.nodes.into_iter().collect());
    clusters.into_iter().map(nodes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notify::tests::{config, servers::http};

    /// Greets, and has nothing to look at.
    fn idle(dir: &std::path::Path) -> HelperClient {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

        let path = dir.join("s");
        let listener = tokio::net::UnixListener::bind(&path).unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let hello = serde_json::json!({"parameters": {
                    "version": "1", "protocol": vm_autoscale_protocol::PROTOCOL, "instance": "i",
                    "clusters": [],
                    "sandbox": {"landlock": 7, "seccomp": true, "bounding_set_empty": true},
                }});
                let mut bytes = [0; 4096];
                while let Ok(1..) = stream.read(&mut bytes).await {
                    let _ = stream.write_all(format!("{hello}\0").as_bytes()).await;
                }
            }
        });
        HelperClient::new(path)
    }

    /// No worker would feed the watchdog: the waiting goes on, which feeds it, and says why.
    #[tokio::test]
    async fn a_helper_without_a_cluster_is_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let (helper, told) = (idle(dir.path()), std::sync::Mutex::new(Vec::new()));
        let attempted =
            |problem: Option<&str>| told.lock().unwrap().push(problem.map(str::to_owned));
        let notifier = Notifier::default();
        let met = clusters(&helper, &notifier, PATIENCE, attempted);
        assert!(tokio::time::timeout(Duration::from_secs(3), met).await.is_err());
        let told = told.into_inner().unwrap();
        assert_eq!(told, vec![Some(NO_CLUSTER.to_owned()); 2]);
    }

    #[tokio::test]
    async fn a_helper_that_is_not_there_is_told_when_patience_ends() {
        let all = [Duration::ZERO, PATIENCE].map(|patience| async move {
            let server = http("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            let url = format!("http://{}", server.address);
            let yaml = format!("gotify: {{enabled: true, server_url: '{url}', app_token: t}}\nnotify_allow: ['127.0.0.1']\n");
            let notifier = Notifier::start(&config(&yaml), crate::notify::Blocked::default());
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
