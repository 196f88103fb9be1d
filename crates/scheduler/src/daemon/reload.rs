//! `systemctl reload`: the files are read and checked whole, and hold from the next cycle on, or
//! what was read before holds on.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::timeout;
use vm_autoscale_config::{Clusters, SchedulerConfig};

use super::crew::{Cares, hand_on};
use super::manager::Manager;
use super::meet::known;
use crate::control::{Board, RunningConfig};
use crate::notify::Notifier;
use crate::{Helper as _, HelperClient, Reload, wall};

/// Reads the files as the start did.
pub type Reread =
    Arc<dyn Fn() -> Result<SchedulerConfig, vm_autoscale_config::Error> + Send + Sync>;

/// What is taken at a start only, by the first words of its keys.
const AT_START: [&str; 5] = ["control_socket", "helper_socket", "journal", "logging", "metrics"];
/// Files that cannot be read in this time are on a file system that hangs.
const READING: Duration = Duration::from_secs(10);
/// A helper that does not answer at once is not waited for: its clusters are those of before.
const HELLO: Duration = Duration::from_secs(2);

type Reading = JoinHandle<Result<SchedulerConfig, vm_autoscale_config::Error>>;

/// What the daemon goes by.
pub(super) struct Files {
    file: PathBuf,
    reread: Reread,
    /// How long a reading may take.
    patience: Duration,
    /// A reading that did not end in time. Each has a thread of its own: there is one at a time.
    hung: Option<Reading>,
    /// What it was started with.
    started: Arc<SchedulerConfig>,
    pub(super) config: Arc<SchedulerConfig>,
    pub(super) notifier: Notifier,
    pub(super) board: Board,
    pub(super) manager: Manager,
}

/// Those who have to hear of it.
pub(super) struct Hearers {
    pub(super) cares: Cares,
    pub(super) clusters: Clusters,
    pub(super) helper: HelperClient,
}

impl Files {
    pub(super) fn new(
        config: SchedulerConfig,
        (file, reread): (&Path, Reread),
        manager: Manager,
    ) -> Self {
        let (config, board) = (Arc::new(config), Board::default());
        let notifier = Notifier::start(&config, board.blocked());
        board.tells(notifier.tallies());
        let file = file.to_owned();
        let started = config.clone();
        let (patience, hung) = (READING, None);
        let new = Self { file, reread, patience, hung, started, config, notifier, board, manager };
        new.publish();
        new
    }

    fn publish(&self) {
        let config = SchedulerConfig::clone(&self.config);
        self.board.run_with(RunningConfig { file: self.file.clone(), since: wall(), config });
    }

    /// Reads them anew.
    pub(super) async fn reload(&mut self, hearers: Option<&mut Hearers>) {
        self.manager.reloading();
        let (ok, problem, at_next_start) = match self.read().await {
            Ok(config) => {
                let (later, unmet) = self.take(config, hearers).await;
                self.notifier.reload(None);
                (true, unmet, later)
            }
            Err(problem) => {
                tracing::error!("not reloaded, what was read before holds on: {problem}");
                self.notifier.reload(Some(&problem));
                (false, Some(problem), vec![])
            }
        };
        for what in &at_next_start {
            tracing::warn!("{what}: takes effect at the next start");
        }
        self.board.reloaded(Reload { at: wall(), ok, problem, at_next_start });
        self.manager.ready();
    }

    /// A large file takes a while, and a file system may hang.
    async fn read(&mut self) -> Result<SchedulerConfig, String> {
        self.hung = self.hung.take().filter(|hung| !hung.is_finished());
        if self.hung.is_some() {
            return Err(
                "the reading of before has not ended: does the file system hang?".to_owned()
            );
        }
        let reread = self.reread.clone();
        let mut reading = tokio::task::spawn_blocking(move || reread());
        match timeout(self.patience, &mut reading).await {
            Ok(Ok(Ok(config))) => Ok(config),
            Ok(Ok(Err(error))) => Err(error.to_string()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => {
                self.hung = Some(reading);
                let seconds = self.patience.as_secs();
                Err(format!("the files could not be read within {seconds} s"))
            }
        }
    }

    /// From the next cycle of each worker on this holds; what of it does not before the next start,
    /// and what of it is not known.
    async fn take(
        &mut self,
        new: SchedulerConfig,
        hearers: Option<&mut Hearers>,
    ) -> (Vec<String>, Option<String>) {
        let (new, mut later) = staying(&self.started, new);
        let changed: Vec<String> =
            self.config.differences(&new).into_iter().map(|difference| difference.key).collect();
        tracing::info!(keys = changed.len(), "reloaded: {}", named(&changed));
        self.notifier = self.notifier.succeeded_by(&self.config, &new);
        self.config = Arc::new(new);
        self.publish();
        let Some(Hearers { cares, clusters, helper }) = hearers else { return (later, None) };
        let mut unmet = None;
        match meet_again(helper, clusters).await {
            Ok(other) => later.extend(other),
            Err(problem) => unmet = Some(problem),
        }
        self.notifier.expect(clusters.keys());
        hand_on(cares, &self.config, clusters, (&self.board, &self.notifier));
        (later, unmet)
    }
}

/// Takes the nodes that helper.yaml has now; a cluster that came or went is for the next start.
async fn meet_again(
    helper: &HelperClient,
    clusters: &mut Clusters,
) -> Result<Option<String>, String> {
    let Ok(Ok(hello)) = timeout(HELLO, helper.hello()).await else {
        let problem = "the nodes of helper.yaml: the helper did not answer; reload again";
        tracing::warn!("{problem}: until then they are those of before");
        return Err(problem.to_owned());
    };
    let now = known(hello.clusters);
    if !now.keys().eq(clusters.keys()) {
        return Ok(Some("other clusters in helper.yaml".to_owned()));
    }
    *clusters = now;
    Ok(None)
}

/// The new configuration but for what cannot change while the daemon runs, and those keys.
fn staying(started: &SchedulerConfig, new: SchedulerConfig) -> (SchedulerConfig, Vec<String>) {
    let is_later = |key: &String| {
        let first = key.split(['.', '[']).next();
        first.is_some_and(|first| AT_START.contains(&first))
    };
    let keys = started.differences(&new).into_iter().map(|difference| difference.key);
    let later = keys.filter(is_later).collect();
    let new = SchedulerConfig {
        control_socket: started.control_socket.clone(),
        helper_socket: started.helper_socket.clone(),
        journal: started.journal.clone(),
        logging: started.logging.clone(),
        metrics: started.metrics.clone(),
        ..new
    };
    (new, later)
}

fn named(keys: &[String]) -> String {
    const NAMED: usize = 10;
    let first: Vec<&str> = keys.iter().take(NAMED).map(String::as_str).collect();
    match keys.len().saturating_sub(NAMED) {
        0 if keys.is_empty() => "the files say what they said before".to_owned(),
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

#[cfg(test)]
mod tests;
