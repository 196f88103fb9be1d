//! What is told of the program itself: its channels, its files, what administrators wanted.

use vm_autoscale_planner::Resource;
use vm_autoscale_proxmox::{ClusterName, VmId};

use super::{Message, Subject};

impl Message {
    /// Whether a channel delivers; the others tell it.
    pub(in crate::notify) fn of_channel(name: &'static str, problem: Option<&str>) -> Self {
        let (kind, title) = match problem {
            Some(_) => ("channel-failed", format!("messages by {name} are not delivered")),
            None => ("channel-works", format!("messages by {name} are delivered again")),
        };
        let then = "What could not be delivered there is counted, and its next message says how \
                    much that was.";
        let why = problem.map(|why| format!(": {why}\n\n{then}")).unwrap_or_default();
        let message =
            Self::new(Subject::Channel(name), kind, None, &title, &format!("{title}{why}\n"));
        Self { not_by: Some(name), ..message }
    }

    /// Whether the files could be read anew.
    pub(in crate::notify) fn of_reload(problem: Option<&str>) -> Self {
        let (kind, title, then) = match problem {
            Some(why) => {
                let then = format!(": what was read before holds on\n\n{why}\n");
                ("reload-failed", "the configuration could not be read anew", then)
            }
            None => ("reloaded", "the configuration was read anew", "\n".to_owned()),
        };
        Self::new(Subject::Reload, kind, None, title, &format!("{title}{then}"))
    }

    /// Whether an administrator's pause holds: which VMs, and why.
    pub(in crate::notify) fn of_pause(number: u64, what: &str, holds: bool) -> Self {
        let (kind, title) = if holds {
            ("paused", format!("paused: {what}"))
        } else {
            ("pause-ended", format!("no longer paused: {what}"))
        };
        let text = format!("{title}\n\npause {number}\n");
        Self::new(Subject::Pause(number), kind, None, &title, &text)
    }

    /// Whether the pause file of a cluster is there, and what it says.
    pub(in crate::notify) fn of_pause_file(cluster: &ClusterName, says: Option<&str>) -> Self {
        let (kind, title) = match says {
            Some(_) => ("cluster-paused", format!("cluster {cluster} is paused by its pause file")),
            None => ("cluster-resumed", format!("cluster {cluster} is no longer paused by a file")),
        };
        let says = says.map(|says| format!(": {says}")).unwrap_or_default();
        let subject = Subject::PauseFile(cluster.clone());
        Self::new(subject, kind, None, &title, &format!("{title}{says}\n"))
    }

    /// Whether a VM has wanted more than it may have for long, and why it does not get it.
    pub(in crate::notify) fn of_stuck(
        cluster: &ClusterName,
        (vmid, resource): (VmId, Resource),
        why: Option<&str>,
    ) -> Self {
        let what = if resource == Resource::Cpu { "vCPUs" } else { "memory" };
        let (kind, title) = match why {
            Some(_) => ("stuck", format!("VM {vmid} wants more {what} than it may have")),
            None => ("unstuck", format!("VM {vmid} no longer wants more {what} than it may have")),
        };
        let why = why.map(|why| format!(": {why}")).unwrap_or_default();
        let text = format!("{title}{why}\n\ncluster {cluster}\n");
        Self::new(Subject::Stuck(cluster.clone(), vmid, resource), kind, None, &title, &text)
    }

    /// What was so since the last digest.
    pub(in crate::notify) fn of_digest(title: &str, text: &str) -> Self {
        Self::new(Subject::Digest, "digest", None, title, text)
    }

    /// One that tells nothing.
    pub(in crate::notify) fn of_test() -> Self {
        let title = "a test message";
        let text = "Somebody ran vm-autoscale notify test. Nothing has happened.\n";
        Self::new(Subject::Test, "test", None, title, text)
    }
}
