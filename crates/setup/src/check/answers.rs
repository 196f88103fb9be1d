//! What the helper and the scheduler say when they are asked.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use vm_autoscale_protocol::{FoundGate, NodeState, Sandbox};

use super::accounts::Accounts;
use super::codes::{CAPABILITIES, HELPER, LANDLOCK, SCHEDULER as CODE, SECCOMP, SOCKET};
use super::entry::{Entry, Is, Want, rights};
use super::finding::Finding;
use super::heard::Heard;
use super::settings::Settings;
use crate::paths::{SCHEDULER, USER};

/// For all nodes together; one that does not answer takes 10 s.
const PATIENCE: u32 = 300;
/// The first Landlock that keeps the helper from other ports than its nodes'.
const PORTS: u32 = 4;

/// The answers as they came.
#[derive(Debug, Clone, Default)]
pub(super) struct Answers {
    pub(super) socket: Option<Entry>,
    pub(super) nodes: Heard,
    pub(super) status: Heard,
}

/// Of `vm-autoscale nodes --output-format json`.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Probe {
    pub(super) helper: Facts,
    #[serde(default)]
    pub(super) answered_by: BTreeMap<String, String>,
    pub(super) nodes: Vec<Node>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Facts {
    pub(super) version: String,
    pub(super) sandbox: Sandbox,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Node {
    pub(super) cluster: String,
    #[serde(rename = "node")]
    pub(super) name: String,
    pub(super) state: NodeState,
    pub(super) latency_ms: Option<u64>,
    pub(super) clock_ahead_s: Option<i64>,
    pub(super) gate: Option<FoundGate>,
    pub(super) error: Option<String>,
}

/// Of `vm-autoscale status --output-format json`.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Status {
    pub(super) version: String,
    #[serde(default)]
    source: String,
    #[serde(default)]
    problems: Vec<String>,
}

pub(super) fn gather(settings: &Settings) -> Answers {
    let json = "--output-format=json";
    Answers {
        socket: Entry::at(Path::new(&settings.socket)),
        nodes: Heard::as_scheduler(&[SCHEDULER, "nodes", json], PATIENCE),
        status: Heard::of(SCHEDULER, &["status", json], 30),
    }
}

impl Answers {
    pub(super) fn probe(&self) -> Option<Probe> {
        self.nodes.json()
    }

    /// What the daemon says; not what is only remembered of it.
    pub(super) fn status(&self) -> Option<Status> {
        self.status.json().filter(|status: &Status| status.source != "journal")
    }
}

pub(super) fn judge(answers: &Answers, settings: &Settings, accounts: &Accounts) -> Vec<Finding> {
    let mut found = vec![socket(answers, settings, accounts)];
    match answers.probe() {
        Some(probe) => {
            found.push(HELPER.ok(format!("answers, {}", probe.helper.version)));
            found.extend(sandbox(probe.helper.sandbox));
        }
        None => found.push(HELPER.error(answers.nodes.complaint(), NO_HELPER)),
    }
    found.push(scheduler(answers));
    found
}

const NO_HELPER: &str =
    "systemctl restart vm-autoscale-helper   (then: journalctl -u vm-autoscale-helper -n 20)";

fn socket(answers: &Answers, settings: &Settings, accounts: &Accounts) -> Finding {
    let path = settings.socket.display().to_string();
    let again = "systemctl restart vm-autoscale-helper.socket";
    let Some(entry) = answers.socket else {
        return SOCKET.error(format!("{path} is missing"), again);
    };
    let want = Want { is: Is::Socket, mode: 0o660, user: "root", group: USER };
    let wrong = rights(SOCKET, &path, entry, &want, accounts);
    wrong.map_or_else(|| SOCKET.ok(path), |wrong| Finding { help: Some(again.to_owned()), ..wrong })
}

fn sandbox(reached: Sandbox) -> Vec<Finding> {
    let help = "journalctl --unit vm-autoscale-helper   (its first line says what it gave up)";
    let newer = "apt-get install linux-image-amd64   (6.7 and later keep it from other ports)";
    vec![
        match reached.landlock {
            0 => LANDLOCK.warning("the helper runs without it", newer),
            abi @ 1..PORTS => {
                let said =
                    format!("version {abi}: its files are limited, its ports by systemd only");
                LANDLOCK.ok(said)
            }
            abi => LANDLOCK.ok(format!("version {abi}: files and ports are limited")),
        },
        if reached.seccomp {
            SECCOMP.ok("on")
        } else {
            SECCOMP.error("the helper runs without it", help)
        },
        if reached.bounding_set_empty {
            CAPABILITIES.ok("none, nor any to gain")
        } else {
            CAPABILITIES.warning("the helper's bounding set is not empty", help)
        },
    ]
}

fn scheduler(answers: &Answers) -> Finding {
    let help = "systemctl restart vm-autoscale   (then: journalctl -u vm-autoscale -n 20)";
    let Some(status) = answers.status() else {
        return CODE.error(answers.status.complaint(), help);
    };
    match (answers.status.exit, status.problems.first()) {
        (Some(0), _) => CODE.ok(format!("answers, {}", status.version)),
        (_, Some(problem)) => CODE.warning(problem, "vm-autoscale status"),
        (_, None) => CODE.warning("it answers that not all is well", "vm-autoscale status"),
    }
}
