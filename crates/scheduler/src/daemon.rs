//! All clusters at once.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;
use vm_autoscale_config::{Clusters, SchedulerConfig};
use vm_autoscale_planner::{Moment, Planner};

use crate::claims::Care;
use crate::control::{self, Board, Desk};
use crate::metrics::{self, Door};
use crate::observe::{Blind, observe};
use crate::status::Seen;
use crate::view::{InFlight, View};
use crate::ways;
use crate::worker::planner_config;
use crate::{
    AskError, BootClock, Clock as _, Error, Helper, HelperClient, Journal as _, MemoryJournal,
    SqliteJournal, StatusReport,
};

mod beat;
mod crew;
mod manager;
mod meet;
mod reload;
mod signals;
pub(crate) use beat::Beat;
use crew::Crew;
pub use crew::{work_by, work_over};
use manager::Manager;
use meet::{PATIENCE, clusters, known};
pub use reload::Reread;
use reload::{Files, Hearers};
use signals::{Signals, Told};

/// Longer than a worker waits for its changes, shorter than the unit's `TimeoutStopSec=`.
const LONGEST_DRAIN: Duration = Duration::from_secs(80);

/// Runs the daemon until SIGTERM or SIGINT; SIGHUP has it read its files anew.
///
/// # Errors
/// It cannot start: configuration, socket, machine. A helper or node that is not there is waited
/// for.
pub async fn run(config: SchedulerConfig, file: &Path, reread: Reread) -> Result<(), Error> {
    let mut signals = Signals::new()?;
    let listener = control::bind(&config.control_socket)?;
    let (socket, helper) =
        (config.control_socket.clone(), HelperClient::new(config.helper_socket.clone()));
    let metrics = config.metrics.clone();
    let door = if metrics.enabled { Some(Door::open(&metrics.listen).await?) } else { None };
    let clock = BootClock::default();
    let journal = SqliteJournal::new(&config.journal, &clock);
    // Which pauses hold is known before anybody asks.
    journal.begin().await;
    let (manager, ended) = Manager::start();
    let mut files = Files::new(config, (file, reread), manager);
    let desk = Desk::new(files.board.clone(), clock.clone(), journal.clone());
    let answering = tokio::spawn(control::serve(listener, desk));
    let metrics = door.map(|door| metrics::serve(door, files.board.clone(), journal.clone()));
    let metrics = metrics.map(tokio::spawn);
    files.manager.ready();
    let ports = (clock, helper.clone(), journal.clone());
    let worked = match meet(&mut files, &helper, &mut signals).await {
        Some(clusters) => {
            let board = files.board.clone();
            let working = work(&mut files, ports, clusters, &mut signals);
            Box::pin(ways::meanwhile(&helper, &board, working)).await
        }
        None => Ok(()),
    };
    answering.abort();
    if let Some(metrics) = metrics {
        metrics.abort();
    }
    files.notifier.stop();
    journal.end().await;
    // The next start removes a socket that stayed.
    let _ = std::fs::remove_file(&socket);
    ended.wait(&files.manager);
    worked
}

/// Waits for the helper; nothing where it is told to stop before.
async fn meet(files: &mut Files, helper: &HelperClient, signals: &mut Signals) -> Option<Clusters> {
    files.manager.status("waiting for the helper".to_owned());
    loop {
        let attempted = |problem: Option<&str>| {
            files.board.helper(problem);
            files.manager.alive();
        };
        tokio::select! {
            met = clusters(helper, &files.notifier, PATIENCE, attempted) => return Some(met),
            told = signals.told() => match told {
                Told::Stop => break,
                Told::Reload => {}
            }
        }
        if !signals.unless_stopped(files.reload(None)).await {
            break;
        }
    }
    files.manager.stopping();
    None
}

/// Lets the workers work until a signal comes, then until what is under way is read back.
async fn work(
    files: &mut Files,
    ports: (BootClock, HelperClient, SqliteJournal),
    clusters: Clusters,
    signals: &mut Signals,
) -> Result<(), Error> {
    files.notifier.expect(clusters.keys());
    let (helper, journal) = (ports.1.clone(), ports.2.clone());
    let changes = move || journal.counts().verified;
    files.board.beat(Beat::new(files.manager.clone(), clusters.keys(), changes));
    let (stop, stopped) = watch::channel(false);
    let crew =
        Crew::new(ports, &files.config, clusters.clone(), &files.board, &files.notifier, &stopped);
    let (mut workers, cares) = crew.begin();
    let mut hearers = Hearers { cares, clusters, helper };
    loop {
        tokio::select! {
            told = signals.told() => match told {
                Told::Stop => break,
                // A file system that hangs keeps nobody from stopping it.
                Told::Reload => if !signals.unless_stopped(files.reload(Some(&mut hearers))).await {
                    break;
                },
            },
            // Each works until it is told to stop: one that ended is our own fault.
            Some(ended) = workers.join_next() => {
                let problem = ended.err().map_or_else(|| "it ended".to_owned(), |error| error.to_string());
                return Err(Error::Machine(std::io::Error::other(format!("a cluster's worker failed: {problem}"))));
            }
        }
    }
    files.manager.stopping();
    files.manager.status("stopping: changes under way are read back first".to_owned());
    tracing::info!("stopping: changes under way are read back first");
    // A worker that is gone needs no telling.
    let _ = stop.send(true);
    // Each has a deadline of its own; this one is for a worker that does not keep it.
    let drained = timeout(LONGEST_DRAIN, async { while workers.join_next().await.is_some() {} });
    tokio::select! {
        _ = drained => {}
        () = signals.again() => tracing::warn!("told again: not waiting for what is under way"),
    }
    Ok(())
}

/// One look at every cluster: what would be decided if nothing had been changed lately. Nothing
/// is changed by it.
///
/// # Errors
/// The helper or a cluster does not answer.
pub async fn look(config: &Arc<SchedulerConfig>) -> Result<StatusReport, Error> {
    let helper = HelperClient::new(config.helper_socket.clone());
    let board = Board::default();
    let (clock, none) = (BootClock::default(), InFlight::new());
    let clusters = known(helper.hello().await?.clusters);
    let mut all = Care::of_all(config, &clusters);
    for care in &mut all {
        care.roster.turn(clock.wall());
    }
    board.watch(config.clone(), clusters, &all);
    let mut views = Vec::new();
    for care in &all {
        let mut view = View::default();
        let seen = observe(&clock, &helper, care, &mut view, &none).await;
        seen.map_err(|blind| match blind {
            Blind::Ask(error) => Error::Ask(error),
            late @ Blind::Late => Error::Ask(AskError::NoAnswer(late.to_string())),
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
        board.post(Seen::of(&care.cluster, &view, &decisions, now));
    }
    Ok(board.report(&MemoryJournal::default()))
}

#[cfg(test)]
mod tests;
