//! Asking a cluster's worker between two of its steps: it alone knows all that decides, and none of
//! that is copied for whoever might ask.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use vm_autoscale_planner::Moment;
use vm_autoscale_proxmox::ClusterName;

use super::Board;
use crate::claims::Care;
use crate::worker::Memory;

/// So many questions wait for a worker at a time.
const WAITING: usize = 8;
/// For a look to end, and the question's turn to come: less than whoever asks has.
const PATIENCE: Duration = Duration::from_secs(4);

/// What a worker knows, and what it can be told.
pub(crate) struct Inside<'w> {
    pub(crate) care: &'w Care,
    pub(crate) memory: &'w mut Memory,
    pub(crate) now: Moment,
    /// Seconds since 1970.
    pub(crate) wall: u64,
}

/// What is done there. No cycle goes on meanwhile: it takes no longer than a cycle may.
pub(crate) type Question = Box<dyn FnOnce(&mut Inside<'_>) + Send>;

/// Why nobody answers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotAnswered {
    #[error(
        "no cluster {0} is looked after by this daemon: it is not in helper.yaml, or the helper was not met yet"
    )]
    NoWorker(ClusterName),
    #[error(
        "the look at cluster {0} has no end yet, and only then it can say: try again, or see vm-autoscale status"
    )]
    Busy(ClusterName),
}

impl Board {
    /// Where a worker is asked from now on.
    pub(crate) fn listen(&self, cluster: &ClusterName) -> mpsc::Receiver<Question> {
        let (sender, receiver) = mpsc::channel(WAITING);
        self.state().asked.insert(cluster.clone(), sender);
        receiver
    }

    /// The clusters that can be asked about, by name.
    pub(crate) fn workers(&self) -> Vec<ClusterName> {
        self.state().asked.keys().cloned().collect()
    }

    /// What the cluster's worker says; where it cannot in time, the question may still be done.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        cluster: &ClusterName,
        question: impl FnOnce(&mut Inside<'_>) -> T + Send + 'static,
    ) -> Result<T, NotAnswered> {
        self.ask_for(PATIENCE, cluster, question).await
    }

    async fn ask_for<T: Send + 'static>(
        &self,
        patience: Duration,
        cluster: &ClusterName,
        question: impl FnOnce(&mut Inside<'_>) -> T + Send + 'static,
    ) -> Result<T, NotAnswered> {
        let asked = self.state().asked.get(cluster).cloned();
        let nobody = || NotAnswered::NoWorker(cluster.clone());
        let asked = asked.ok_or_else(nobody)?;
        let (answer, answered) = oneshot::channel();
        let question: Question = Box::new(move |inside| {
            // Who asked may be gone: then nobody is to be told, and nothing is to be done.
            if !answer.is_closed() {
                let _ = answer.send(question(inside));
            }
        });
        let ask = async {
            asked.send(question).await.ok()?;
            answered.await.ok()
        };
        let busy = |_| NotAnswered::Busy(cluster.clone());
        timeout(patience, ask).await.map_err(busy)?.ok_or_else(nobody)
    }
}

#[cfg(test)]
mod tests;
