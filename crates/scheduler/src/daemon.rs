//! All clusters at once.

use std::path::Path;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use vm_autoscale_config::SchedulerConfig;
use vm_autoscale_planner::{Moment, Planner};

use crate::claims::Care;
use crate::control::{self, Board, RunningConfig};
use crate::notify::Notifier;
use crate::observe::{Blind, observe};
use crate::status::ClusterStatus;
use crate::view::{InFlight, View};
use crate::worker::planner_config;
use crate::{BootClock, Clock as _, Error, Helper, HelperClient, MemoryJournal, StatusReport};

mod crew;
mod meet;
use crew::Crew;
pub use crew::work_over;
use meet::{PATIENCE, clusters, known};

/// Runs the daemon until SIGTERM or SIGINT.
///
/// # Errors
/// It cannot start: configuration, socket, machine. A helper or node that is not there is waited
/// for.
pub async fn run(config: SchedulerConfig, file: &Path) -> Result<(), Error> {
    let config = Arc::new(config);
    let since = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    let running =
        RunningConfig { file: file.to_owned(), since, config: SchedulerConfig::clone(&config) };
    let mut signals = Signals::new()?;
    let notifier = Notifier::start(&config);
    let listener = control::bind(&config.control_socket)?;
    let (board, journal) = (Board::default(), MemoryJournal::default());
    let answering = tokio::spawn(control::serve(listener, board.clone(), journal.clone(), running));
    let helper = HelperClient::new(config.helper_socket.clone());
    let met = tokio::select! {
        clusters = clusters(&helper, &notifier, PATIENCE) => Some(clusters),
        () = signals.stop() => None,
    };
    let (stop, stopped) = watch::channel(false);
    let worked = match met {
        Some(clusters) => {
            notifier.expect(clusters.keys());
            let ports = (BootClock, helper, journal);
            let crew = Crew::new(ports, &config, clusters, &board, &notifier, &stopped);
            work(crew, &stop, &mut signals).await
        }
        None => Ok(()),
    };
    answering.abort();
    notifier.stop();
    // The next start removes a socket that stayed.
    let _ = std::fs::remove_file(&config.control_socket);
    worked
}

/// Lets the workers work until a signal comes, then until what is under way is read back.
async fn work(
    crew: Crew<BootClock, HelperClient, MemoryJournal>,
    stop: &watch::Sender<bool>,
    signals: &mut Signals,
) -> Result<(), Error> {
    let (mut workers, _cares) = crew.begin();
    tokio::select! {
        () = signals.stop() => {}
        // Each works until it is told to stop: one that ended is our own fault.
        Some(ended) = workers.join_next() => {
            let problem = ended.err().map_or_else(|| "it ended".to_owned(), |error| error.to_string());
            return Err(Error::Machine(std::io::Error::other(format!("a cluster's worker failed: {problem}"))));
        }
    }
    tracing::info!("stopping: changes under way are read back first");
    // A worker that is gone needs no telling.
    let _ = stop.send(true);
    let drained = async { while workers.join_next().await.is_some() {} };
    tokio::select! {
        () = drained => {}
        () = signals.stop() => tracing::warn!("told again: not waiting for what is under way"),
    }
    Ok(())
}

/// What tells the daemon to stop.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> Result<Self, Error> {
        let of = |kind| signal(kind).map_err(Error::Machine);
        Ok(Self {
            terminate: of(SignalKind::terminate())?,
            interrupt: of(SignalKind::interrupt())?,
        })
    }

    async fn stop(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// One look at every cluster: what would be decided if nothing had been changed lately. Nothing
/// is changed by it.
///
/// # Errors
/// The helper or a cluster does not answer.
pub async fn look(config: &Arc<SchedulerConfig>) -> Result<StatusReport, Error> {
    let helper = HelperClient::new(config.helper_socket.clone());
    let board = Board::default();
    let (clock, none) = (BootClock, InFlight::new());
    let clusters = known(helper.hello().await?.clusters);
    let all = Care::of_all(config, &clusters);
    board.watch(config.clone(), clusters, &all);
    let mut views = Vec::new();
    for care in &all {
        let mut view = View::default();
        let seen = observe(&clock, &helper, care, &mut view, &none).await;
        seen.map_err(|blind| match blind {
            Blind::Ask(error) => Error::Ask(error),
            Blind::Unreadable(problem) => {
                Error::Unreadable { cluster: care.cluster.to_string(), problem }
            }
        })?;
        views.push((care, view));
    }
    for (care, mut view) in views {
        // By now it is known what every cluster has.
        view.settle(care);
        let (now, mut decisions): (Moment, Vec<_>) = (clock.now(), Vec::new());
        let mut planner = Planner::new(planner_config(config));
        planner.plan(now, &view.vm_inputs(&none), &view.node_inputs(now, &none), &mut decisions);
        board.post(ClusterStatus::of(&care.cluster, &view, &decisions, now));
    }
    Ok(board.report(&MemoryJournal::default()))
}
