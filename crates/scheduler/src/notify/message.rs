//! What is told.

use std::fmt::Write as _;
use std::time::SystemTime;

use lettre::message::header::{Date, Headers};
use vm_autoscale_proxmox::{NodeName, VmId};

mod happened;
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
const NEWS: [&str; 15] = [
    "channel-works",
    "cluster-resumed",
    "cluster-paused",
    "cluster-seen",
    "digest",
    "helper-met",
    "journal-works",
    "node-back",
    "node-usable",
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
