use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};

use vm_autoscale_config::{Checked, SchedulerConfig};
use vm_autoscale_planner::{Move, Resource};
use vm_autoscale_protocol::{NodeHealth, NodeState};
use vm_autoscale_proxmox::{Failure, NodeName, VmId};

use super::gate::Gate;
use super::message::{Message, Subject};
use super::*;
use crate::act::Settled;
use crate::{Intent, Outcome, Pause};

mod channels;
mod digests;
mod gates;
mod hooks;
mod keys;
mod mails;
pub(crate) mod servers;
mod storms;
mod trials;
mod webs;

const SECRET: &str = "hunter2";

pub(crate) fn config(yaml: &str) -> SchedulerConfig {
    let checked = Checked::<SchedulerConfig>::new(Path::new("config.yaml"), yaml.as_bytes());
    checked.finish().unwrap_or_else(|report| panic!("{report}"))
}

/// With these authorities and nothing told before.
fn notifier(config: &SchedulerConfig, roots: &trust::Roots) -> Notifier {
    let shared = Arc::new(Shared::new(start::dedup(config), Blocked::default()));
    Notifier::trusting(config, roots, &shared)
}

/// A clock that is set by hand, in seconds since 1970.
#[derive(Clone)]
struct ByHand(Arc<AtomicI64>);

impl ByHand {
    /// A Thursday in 2026, at noon.
    fn new() -> Self {
        Self(Arc::new(AtomicI64::new(1_793_275_200)))
    }

    fn now(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }

    /// With it in the place of the machine's own; one VM is blocked.
    fn notifier(&self, config: &SchedulerConfig) -> Notifier {
        let blocked = Blocked::new(|| vec!["VM 140 of lab: locked (backup)".to_owned()]);
        let (its, shared) = (self.clone(), Shared::new(start::dedup(config), blocked));
        let shared = Shared { clock: Arc::new(move || its.now()), ..shared };
        Notifier::trusting(config, &Vec::new(), &Arc::new(shared))
    }

    /// It is looked at once more, whether or not the thread did so before.
    fn set(&self, notifier: &Notifier, time: i64) {
        self.0.store(time, Ordering::Relaxed);
        notifier.0.as_ref().unwrap().teller.look();
    }
}

/// Where the servers of tests are.
fn here() -> Vec<vm_autoscale_config::Target> {
    ["127.0.0.0/8", "::1"].map(|item| item.parse().unwrap()).to_vec()
}

fn vcpus(vmid: u32, from: u32, to: u32, outcome: Outcome) -> (Intent, Settled) {
    let intent = Intent {
        cluster: "lab".try_into().unwrap(),
        node: "pve1".try_into().unwrap(),
        vmid: vmid.try_into().unwrap(),
        step: Move::Cpu { from: from.try_into().unwrap(), to: to.try_into().unwrap() },
        identity: None,
        reason: "98.8 % used, above 80.0 %".to_owned(),
    };
    (intent, Settled { outcome, reverted: false, duty: false })
}

fn message(vmid: u32) -> Message {
    let (intent, settled) = vcpus(vmid, 2, 3, Outcome::Applied);
    Message::of_change(&intent, &settled)
}

#[test]
fn messages_say_what_where_and_why() {
    let (intent, mut settled) = vcpus(101, 4, 3, Outcome::Failed(Failure::Locked));
    settled.reverted = true;
    let message = Message::of_change(&intent, &settled);
    assert!(message.title.starts_with("VM 101: vcpus 4 -> 3 failed: "), "{}", message.title);
    assert!(message.text.contains("; reverted (98.8 % used, above 80.0 %)"), "{}", message.text);
    assert!(message.text.contains("node pve1, cluster lab"), "{}", message.text);
    let cluster = intent.cluster;
    let unseen = Message::of_cluster(&cluster, Some("no answer\r\nX-Evil: 1\u{1b}[2J"));
    assert!(unseen.text.starts_with("cluster lab cannot be seen: no answer \nX-Evil: 1 [2J\n"));
    let long = Message::of_cluster(&cluster, Some(&"x".repeat(100_000)));
    assert_eq!(long.text.len(), 4000);
}

/// What a node or the helper said is in titles, and must not end a header.
#[test]
fn a_title_is_one_line() {
    let (intent, settled) = vcpus(101, 2, 3, Outcome::Refused("no\r\nBcc: evil".repeat(100)));
    let title = Message::of_change(&intent, &settled).title;
    assert!(!title.contains(char::is_control) && title.chars().count() == 160, "{title:?}");
}

/// It may arrive hours later.
#[test]
fn a_message_says_when_it_was_so() {
    let mut message = message(101);
    message.at = std::time::UNIX_EPOCH + Duration::from_secs(86_399);
    for lost in [0, 3] {
        let text = message.text_after(lost);
        assert!(text.contains("\nThu, 01 Jan 1970 23:59:59 +0000\n"), "{text}");
    }
}

#[test]
fn a_helper_out_of_reach_is_told_and_when_it_is_met() {
    let server = servers::http("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    let yaml = format!(
        "gotify: {{enabled: true, server_url: 'http://{}', app_token: t}}\nnotify_allow: ['127.0.0.1']",
        server.address
    );
    let notifier = notifier(&config(&yaml), &Vec::new());
    // It is always met at some time: that alone is no news.
    notifier.helper(None);
    (0..9).for_each(|_| notifier.helper(Some("no socket")));
    let text = server.next();
    assert!(text.contains("the helper cannot be reached: no socket"), "{text}");
    notifier.helper(None);
    assert!(server.next().contains("the helper is met"));
    notifier.stop();
    assert_eq!(server.all(), Vec::<String>::new());
}

/// A host key or a login that is refused, and commands that hang, are told once each, and when that
/// is over; a node that nobody needs is no news.
#[test]
fn a_node_that_cannot_be_worked_with_is_told_once() {
    let server = servers::http("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    let yaml = format!(
        "gotify: {{enabled: true, server_url: 'http://{}', app_token: t}}\nnotify_allow: ['127.0.0.1']",
        server.address
    );
    let notifier = notifier(&config(&yaml), &Vec::new());
    let say = |state: NodeState, error: Option<&str>| {
        let (cluster, node) = ("lab".try_into().unwrap(), "pve2".try_into().unwrap());
        let error = error.map(str::to_owned);
        (0..9).for_each(|_| {
            let (cluster, node) = (ClusterName::clone(&cluster), NodeName::clone(&node));
            let error = error.clone();
            notifier.way(&NodeHealth { cluster, node, state, since_s: 5, error, hung: 0 });
        });
    };
    for state in [NodeState::Idle, NodeState::Up] {
        say(state, None);
    }
    say(NodeState::HostKeyRefused, Some("it offered SHA256:x"));
    let text = server.next();
    assert!(text.contains("node pve2 of cluster lab: host key refused: it offered"), "{text}");
    assert!(text.contains("those of other nodes are"), "{text}");
    // What is tried now and then is not well for that.
    for state in [NodeState::Connecting, NodeState::Idle] {
        say(state, None);
    }
    say(NodeState::Up, None);
    assert!(server.next().contains("node pve2 of cluster lab can be worked with again"));
    notifier.stop();
    assert_eq!(server.all(), Vec::<String>::new());
}
