//! Both configurations, by the programs that read them.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use vm_autoscale_config::HelperConfig;

use super::codes::{CONFIG, POLICY as CODE};
use super::finding::{Code, Finding};
use super::heard::Heard;
use crate::paths::{HELPER, POLICY, SCHEDULER};

const SOCKET: &str = "/run/vm-autoscale/helper.sock";
const ENV: &str = "/etc/vm-autoscale/helper.env";

/// What the programs say of the files, and what of helper.yaml this program needs.
#[derive(Debug, Clone, Default)]
pub(super) struct Settings {
    pub(super) config: Heard,
    pub(super) policy: Heard,
    pub(super) socket: PathBuf,
    pub(super) keys: Vec<PathBuf>,
    /// Each node's name, address and port.
    pub(super) nodes: Vec<(String, IpAddr, u16)>,
}

pub(super) fn gather() -> Settings {
    let mut settings = Settings {
        config: Heard::as_scheduler(&[SCHEDULER, "--validate-only", "--strict"], 60),
        socket: SOCKET.into(),
        ..Settings::default()
    };
    let mut words = vec!["--validate-only", "--strict"];
    // Where it cannot be read, the helper says why.
    if let Ok(policy) = HelperConfig::read(Path::new(POLICY)) {
        if policy.clusters.iter().any(|cluster| cluster.password_variable.is_some()) {
            words.extend(["--env-file", ENV]);
        }
        settings.socket = policy.socket;
        // What systemd hands to the helper alone is looked at where it comes from.
        let own = |key: &PathBuf| !key.starts_with("/run/credentials");
        let keys = policy.clusters.iter().filter_map(|it| it.identity.clone());
        settings.keys = keys.filter(own).collect();
        settings.keys.sort();
        settings.keys.dedup();
        let nodes = policy.clusters.iter().flat_map(|cluster| &cluster.nodes);
        settings.nodes =
            nodes.map(|node| (node.name.to_string(), node.address, node.port)).collect();
    }
    settings.policy = Heard::of(HELPER, &words, 60);
    settings
}

pub(super) fn judge(settings: &Settings) -> Vec<Finding> {
    let scheduler =
        format!("setpriv --reuid vm-autoscale --regid vm-autoscale --clear-groups {SCHEDULER}");
    vec![
        valid(CONFIG, &settings.config, &format!("{scheduler} --validate-only --strict")),
        valid(CODE, &settings.policy, &format!("{HELPER} --validate-only --strict")),
    ]
}

fn valid(code: Code, heard: &Heard, line: &str) -> Finding {
    match heard.exit {
        Some(0) => code.ok("valid"),
        Some(4) => code.warning(heard.complaint(), line),
        _ => code.error(heard.complaint(), line),
    }
}
