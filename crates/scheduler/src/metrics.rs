//! Figures for Prometheus and the word on how well it is, for whoever of this machine may ask. It
//! only reads what the workers posted: no cycle waits for it.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{Mutex, Semaphore};
use tokio::time::{sleep, timeout};
use vm_autoscale_config::{Listen, listen_on};
use vm_autoscale_guard::one_line;

use crate::control::Board;
use crate::{Error, Journal, wall};

mod http;
mod page;
mod series;
mod tally;
use http::{Answer, Asked, Stream, hear, reply};
use page::Facts;
pub(crate) use tally::Tally;

/// Connections at a time. What each may wait to be taken is in memory: some MiB with 5,000 VMs.
const PLACES: usize = 4;
/// For a question to come and its answer to be taken.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where it listens; a socket's file goes when this does.
pub(crate) enum Door {
    Unix(UnixListener, PathBuf),
    Tcp(TcpListener),
}

impl Door {
    /// Only this machine comes through it: the configuration has no other kind.
    pub(crate) async fn open(listen: &Listen) -> Result<Self, Error> {
        let of = |source| Error::Metrics { listen: listen.to_string(), source };
        match listen {
            Listen::Unix(path) => {
                let listener = listen_on(path).and_then(UnixListener::from_std).map_err(of)?;
                Ok(Self::Unix(listener, path.clone()))
            }
            Listen::Loopback(address) => {
                Ok(Self::Tcp(TcpListener::bind(address).await.map_err(of)?))
            }
        }
    }

    async fn accept(&self) -> io::Result<Box<dyn Stream>> {
        let stream: Box<dyn Stream> = match self {
            Self::Unix(listener, _) => Box::new(listener.accept().await?.0),
            Self::Tcp(listener) => Box::new(listener.accept().await?.0),
        };
        Ok(stream)
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        if let Self::Unix(_, path) = self {
            // The next start removes a socket that stayed.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// What answers are made of.
#[derive(Clone)]
struct Source<J> {
    board: Board,
    journal: J,
    since: u64,
    /// One answer is made at a time: each takes memory and a processor.
    turn: Arc<Mutex<()>>,
}

/// Answers for as long as the daemon runs.
pub(crate) async fn serve<J: Journal>(door: Door, board: Board, journal: J) {
    let places = Arc::new(Semaphore::new(PLACES));
    let source = Source { board, journal, since: wall(), turn: Arc::default() };
    loop {
        let Ok(stream) = door.accept().await else {
            // Without files to be had it fails at once, again and again.
            sleep(Duration::from_millis(100)).await;
            continue;
        };
        let Ok(place) = places.clone().try_acquire_owned() else { continue };
        let source = source.clone();
        tokio::spawn(async move {
            if let Ok(Err(error)) = timeout(PATIENCE, source.converse(stream)).await {
                tracing::debug!("metrics: {error}");
            }
            drop(place);
        });
    }
}

impl<J: Journal> Source<J> {
    async fn converse(&self, mut stream: Box<dyn Stream>) -> io::Result<()> {
        match hear(&mut stream).await? {
            Ok(Asked { path, is_whole }) => reply(stream, self.answer(&path).await, is_whole).await,
            Err(refused) => reply(stream, refused, true).await,
        }
    }

    async fn answer(&self, path: &str) -> Answer {
        match path {
            "/metrics" => self.metrics().await,
            "/healthz" => {
                let ills = self.board.report_without_vms(&self.journal).ills();
                let lines: Vec<String> = ills.iter().map(|ill| one_line(ill)).collect();
                if lines.is_empty() {
                    Answer::text(200, "well".to_owned())
                } else {
                    Answer::text(503, lines.join("\n"))
                }
            }
            _ => Answer::text(404, "there are /metrics and /healthz".to_owned()),
        }
    }

    async fn metrics(&self) -> Answer {
        let _turn = self.turn.lock().await;
        let source = self.clone();
        // Not by the thread that looks and changes.
        let made = tokio::task::spawn_blocking(move || {
            let Source { board, journal, since, .. } = source;
            let report = board.report_without_vms(&journal);
            let is_journal_well = journal.notes().is_empty();
            let (dry_run, clusters, tally) = (board.is_dry(), board.posted(), board.tally());
            Facts { report, clusters, tally, since, dry_run, is_journal_well }.page()
        });
        match made.await {
            Ok(Ok(page)) => Answer { status: 200, kind: page::KIND, body: page },
            _ => Answer::text(500, "the figures cannot be written".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests;
