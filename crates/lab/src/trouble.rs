//! A node that is there and does not answer as it should.

use std::time::Duration;

use vm_autoscale_proxmox::NodeName;

use crate::control::Garbled;
use crate::{Answer, Lab};

/// What is wrong with a node.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Trouble {
    pub(crate) hangs: bool,
    pub(crate) locked_out: bool,
    pub(crate) garbled: Option<Garbled>,
    /// Seconds that its clock is ahead.
    pub(crate) clock_off: i32,
}

impl Trouble {
    /// What of the answer is printed.
    pub(crate) fn spoil(self, mut answer: Answer) -> Answer {
        match self.garbled {
            Some(Garbled::Cut(bytes)) => {
                let end = (0..=bytes).rev().find(|at| answer.stdout.is_char_boundary(*at));
                answer.stdout.truncate(end.unwrap_or(0));
            }
            Some(Garbled::Grown(bytes)) => {
                let last = answer.stdout.lines().last().unwrap_or("x").to_owned() + "\n";
                let missing = bytes.saturating_sub(answer.stdout.len());
                answer.stdout += &last.repeat(missing / last.len() + 1);
            }
            None => {}
        }
        answer
    }
}

impl Lab {
    /// What is wrong with that node.
    pub(crate) fn trouble(&self, node: &NodeName) -> Trouble {
        self.cluster().nodes.get(node).map(|node| node.trouble).unwrap_or_default()
    }

    /// Returns when nothing hangs on that node. Whoever waits is counted meanwhile.
    pub(crate) async fn unfrozen(&self, node: &NodeName, kind: &str) {
        if !self.trouble(node).hangs {
            return;
        }
        let hanging = Hanging::begin(self, kind);
        while self.trouble(node).hangs {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        drop(hanging);
    }
}

/// One command that does not end.
struct Hanging {
    lab: Lab,
    kind: String,
}

impl Hanging {
    fn begin(lab: &Lab, kind: &str) -> Self {
        lab.count(|stats| *stats.hanging.entry(kind.to_owned()).or_default() += 1);
        Self { lab: lab.clone(), kind: kind.to_owned() }
    }
}

impl Drop for Hanging {
    fn drop(&mut self) {
        self.lab.count(|stats| {
            if let Some(count) = stats.hanging.get_mut(&self.kind) {
                *count = count.saturating_sub(1);
            }
        });
    }
}
