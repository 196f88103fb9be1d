//! What is told.

use std::fmt::Write as _;
use std::time::SystemTime;

use lettre::message::header::{Date, Headers};
use vm_autoscale_planner::Resource;
use vm_autoscale_proxmox::{ClusterName, NodeName, VmId};

use crate::Intent;
use crate::act::Settled;

mod more;
mod subject;
pub(crate) use subject::Subject;

/// So long a title is cut, in characters; what a node said may be in it.
const TITLE: usize = 160;
/// And so long a text.
const TEXT: usize = 4000;

/// How much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    /// A change that did what it should: many, and none of them urgent.
    Routine,
    /// What is well again, or as somebody wanted it.
    News,
    /// What somebody has to know.
    Trouble,
}

impl Level {
    /// A stable word for programs.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Routine => "routine",
            Self::News => "news",
            Self::Trouble => "trouble",
        }
    }
}

/// The kinds that are no trouble.
const NEWS: [&str; 14] = [
    "channel-works",
    "cluster-resumed",
    "cluster-paused",
    "cluster-seen",
    "digest",
    "helper-met",
    "journal-works",
    "node-back",
    "pause-ended",
    "paused",
    "released",
    "reloaded",
    "test",
    "unstuck",
];

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub(super) subject: Subject,
    /// A stable word for programs: `verified`, `failed`, …, `cluster-unseen`, `node-offline`.
    pub(super) kind: &'static str,
    pub(super) node: Option<NodeName>,
    /// One line.
    pub(super) title: String,
    pub(super) text: String,
    /// When it was so: it may be delivered later.
    pub(super) at: SystemTime,
    /// No two have the same; every attempt has the same.
    pub(super) id: String,
    /// How often the same was so and was not told since it was told the last time.
    pub(super) again: u64,
    /// Of how much it tells, all in all.
    pub(super) count: u64,
    /// Of these, what is only counted.
    pub(super) unlisted: u64,
    /// The channel that does not tell it, for it is what it is about.
    pub(super) not_by: Option<&'static str>,
}

impl Message {
    pub(super) fn of_change(intent: &Intent, settled: &Settled) -> Self {
        let Intent { cluster, node, vmid, step, .. } = intent;
        let Settled { outcome, reverted, .. } = settled;
        let kind = outcome.kind();
        let subject = Subject::Change {
            cluster: cluster.clone(),
            vmid: *vmid,
            memory: step.resource() == Resource::Memory,
            grows: step.is_growth(),
            kind,
        };
        let title = format!("VM {vmid}: {step} {outcome}");
        let told = intent.told(outcome, *reverted);
        let text = format!("VM {vmid}: {step} {told}\n\nnode {node}, cluster {cluster}\n");
        Self::new(subject, kind, Some(node.clone()), &title, &text)
    }

    pub(super) fn of_cluster(cluster: &ClusterName, problem: Option<&str>) -> Self {
        let (kind, title) = match problem {
            Some(_) => ("cluster-unseen", format!("cluster {cluster} cannot be seen")),
            None => ("cluster-seen", format!("cluster {cluster} is seen again")),
        };
        let text = problem.map_or_else(
            || format!("{title}\n"),
            |problem| format!("{title}: {problem}\n\nNone of its VMs is changed meanwhile.\n"),
        );
        Self::new(Subject::Cluster(cluster.clone()), kind, None, &title, &text)
    }

    /// Whether the journal works; nothing is changed while it does not.
    pub(super) fn of_journal(cluster: &ClusterName, problem: Option<&str>) -> Self {
        let (kind, title) = match problem {
            Some(_) => ("journal-failed", format!("cluster {cluster}: the journal does not work")),
            None => ("journal-works", format!("cluster {cluster}: the journal works again")),
        };
        let then = |problem: &str| format!(": {problem}\n\nNone of its VMs is changed meanwhile.");
        let text = format!("{title}{}\n", problem.map(then).unwrap_or_default());
        Self::new(Subject::Journal(cluster.clone()), kind, None, &title, &text)
    }

    /// That somebody else changed a VM.
    pub(super) fn of_others(cluster: &ClusterName, vmid: VmId, what: &str) -> Self {
        let title = format!("VM {vmid} was changed by someone else");
        let then = "Its new size is the one to go on from. Where nobody did that by hand, another \
                    autoscaler (or a second one of this kind) is at work on this VM.";
        let text = format!("{title}: {what}\n\n{then}\n\ncluster {cluster}\n");
        let subject = Subject::Others(cluster.clone(), vmid);
        Self::new(subject, "changed-by-others", None, &title, &text)
    }

    /// Whether QEMU and config of a VM disagree.
    pub(super) fn of_quarantine(cluster: &ClusterName, vmid: VmId, why: Option<&str>) -> Self {
        let (kind, title) = match why {
            Some(_) => ("quarantined", format!("VM {vmid} is quarantined")),
            None => ("released", format!("VM {vmid} is no longer quarantined")),
        };
        let why = why.map(|why| format!(": {why}")).unwrap_or_default();
        let text = format!("{title}{why}\n\ncluster {cluster}\n");
        Self::new(Subject::Quarantine(cluster.clone(), vmid), kind, None, &title, &text)
    }

    pub(super) fn of_helper(problem: Option<&str>) -> Self {
        let (kind, title, then) = match problem {
            Some(problem) => {
                let then = format!(": {problem}\n\nNo VM is changed meanwhile.\n");
                ("helper-unreached", "the helper cannot be reached", then)
            }
            None => ("helper-met", "the helper is met", "\n".to_owned()),
        };
        Self::new(Subject::Helper, kind, None, title, &format!("{title}{then}"))
    }

    pub(super) fn of_node(cluster: &ClusterName, node: &NodeName, online: bool) -> Self {
        let (kind, state, then) = if online {
            ("node-back", "online again", "")
        } else {
            ("node-offline", "offline", "\nIts VMs are left alone meanwhile.\n")
        };
        let title = format!("node {node} of cluster {cluster} is {state}");
        let text = format!("{title}\n{then}");
        let subject = Subject::Node(cluster.clone(), node.clone());
        Self::new(subject, kind, Some(node.clone()), &title, &text)
    }

    fn new(
        subject: Subject,
        kind: &'static str,
        node: Option<NodeName>,
        title: &str,
        text: &str,
    ) -> Self {
        let plain = |c: char| if c.is_control() { ' ' } else { c };
        let title = title.chars().map(plain).take(TITLE).collect();
        let lines = |c: char| if c == '\n' { c } else { plain(c) };
        let text = text.chars().map(lines).take(TEXT).collect();
        let id = format!("{:032x}", fastrand::u128(..));
        Self {
            subject,
            kind,
            node,
            title,
            text,
            at: SystemTime::now(),
            id,
            again: 0,
            count: 1,
            unlisted: 0,
            not_by: None,
        }
    }

    pub(super) fn level(&self) -> Level {
        match self.kind {
            "verified" => Level::Routine,
            kind if NEWS.contains(&kind) => Level::News,
            _ => Level::Trouble,
        }
    }

    /// The VM, where it is of one alone.
    pub(super) fn vmid(&self) -> Option<VmId> {
        self.subject.vmid().filter(|_| self.count == 1)
    }

    /// With how often the same was not told before it.
    pub(super) fn noting(mut self, again: u64) -> Self {
        self.again = again;
        if again > 0 {
            // Writing into a text cannot fail.
            let _ =
                writeln!(self.text, "\n{again} more like this since it was told the last time.");
        }
        self
    }

    /// In one line, as one of several.
    pub(super) fn line(&self) -> String {
        let line = self.text.lines().next().unwrap_or(&self.title);
        match self.again {
            0 => line.to_owned(),
            again => format!("{line} ({again} more like this before)"),
        }
    }

    /// The text with its time, and what the channel could not deliver before.
    pub(super) fn text_after(&self, lost: u64) -> String {
        let mut headers = Headers::new();
        headers.set(Date::new(self.at));
        let text = format!("{}\n{}\n", self.text, headers.get_raw("Date").unwrap_or_default());
        if lost == 0 {
            return text;
        }
        format!("{text}\n{lost} messages before this one could not be delivered here.\n")
    }
}
