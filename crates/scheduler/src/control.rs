//! The daemon's own socket: it tells, in the helper's framing, and takes no orders yet.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use vm_autoscale_config::{Clusters, SchedulerConfig, listen_on};
use vm_autoscale_protocol::{Call, Frames, MAX_REQUEST, Reply, encode};
use vm_autoscale_proxmox::ClusterName;

use crate::claims::{Care, Claims};
use crate::{ClusterStatus, Error, Journal, StatusReport};

const GET_STATUS: &str = "io.github.vm-autoscale.Scheduler.GetStatus";
const GET_CONFIG: &str = "io.github.vm-autoscale.Scheduler.GetConfig";
const MAX_CONNECTIONS: usize = 16;
/// For a question to come and for an answer to be taken.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest answer: 5,000 VMs take about 3 MiB.
const MAX_STATUS: usize = 64 * 1024 * 1024;

/// The configuration that a daemon runs with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunningConfig {
    /// The file that it was read from.
    pub file: PathBuf,
    /// When, in seconds since 1970.
    pub since: u64,
    /// What it says; secrets are masked.
    pub config: SchedulerConfig,
}

/// Where the workers post what they see.
#[derive(Debug, Clone, Default)]
pub struct Board {
    clusters: Arc<Mutex<BTreeMap<ClusterName, Arc<ClusterStatus>>>>,
    watched: Arc<OnceLock<Watched>>,
}

/// What notes are made of.
#[derive(Debug)]
struct Watched {
    config: Arc<SchedulerConfig>,
    clusters: Clusters,
    claims: Claims,
}

impl Board {
    /// From now on reports have notes on what the file says of VMs that are not there.
    pub(crate) fn watch(&self, config: Arc<SchedulerConfig>, clusters: Clusters, all: &[Care]) {
        let Some(claims) = all.first().map(|care| care.claims.clone()) else { return };
        // Asked once a start.
        let _ = self.watched.set(Watched { config, clusters, claims });
    }

    pub(crate) fn post(&self, status: ClusterStatus) {
        let mut clusters = self.clusters.lock().unwrap_or_else(PoisonError::into_inner);
        clusters.insert(status.name.clone(), Arc::new(status));
    }

    /// All that was seen last.
    pub fn report<J: Journal>(&self, journal: &J) -> StatusReport {
        let clusters: Vec<_> = self
            .clusters
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
            .cloned()
            .collect();
        let notes = self
            .watched
            .get()
            .map(|Watched { config, clusters, claims }| claims.notes(config, clusters));
        StatusReport {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            clusters: clusters.iter().map(|status| ClusterStatus::clone(status)).collect(),
            notes: notes.unwrap_or_default(),
            hosts: self.watched.get().map(|watched| watched.clusters.clone()).unwrap_or_default(),
            counts: journal.counts(),
            recent: journal.recent(),
        }
    }
}

/// Binds the socket: for the daemon's user and group.
pub(crate) fn bind(path: &Path) -> Result<UnixListener, Error> {
    let listener = listen_on(path).and_then(UnixListener::from_std);
    listener.map_err(|source| Error::Control { path: path.to_owned(), source })
}

/// Answers for as long as the daemon runs.
pub(crate) async fn serve<J: Journal>(
    listener: UnixListener,
    board: Board,
    journal: J,
    running: RunningConfig,
) {
    let running = Arc::new(running);
    let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let Ok(place) = room.clone().try_acquire_owned() else { continue };
        let (board, journal, running) = (board.clone(), journal.clone(), running.clone());
        tokio::spawn(async move {
            let answered = timeout(PATIENCE, answer(stream, &board, &journal, &running)).await;
            if let Ok(Err(error)) = answered {
                tracing::debug!("control socket: {error}");
            }
            drop(place);
        });
    }
}

async fn answer<J: Journal>(
    mut stream: UnixStream,
    board: &Board,
    journal: &J,
    running: &RunningConfig,
) -> io::Result<()> {
    let frame = read_frame(&mut stream, MAX_REQUEST).await?;
    let call: Call = serde_json::from_slice(&frame)?;
    let reply = match call.method.as_str() {
        GET_STATUS => Reply::of(&board.report(journal), false)?,
        GET_CONFIG => Reply::of(running, false)?,
        _ => {
            let error = Some("org.varlink.service.MethodNotFound".to_owned());
            Reply { error, parameters: json!({"method": "unknown"}), continues: false }
        }
    };
    stream.write_all(&encode(&reply)?).await
}

/// Asks a running daemon.
///
/// # Errors
/// There is none, or it does not answer.
pub async fn fetch_status(path: &Path) -> Result<StatusReport, Error> {
    fetch(path, GET_STATUS).await
}

/// Asks a running daemon what it runs with.
///
/// # Errors
/// There is none, or it does not answer.
pub async fn fetch_config(path: &Path) -> Result<RunningConfig, Error> {
    fetch(path, GET_CONFIG).await
}

async fn fetch<T: DeserializeOwned>(path: &Path, method: &str) -> Result<T, Error> {
    let of = |source| Error::Control { path: path.to_owned(), source };
    let ask = async {
        let mut stream = UnixStream::connect(path).await?;
        let call = Call { method: method.to_owned(), parameters: None, more: false };
        stream.write_all(&encode(&call)?).await?;
        let frame = read_frame(&mut stream, MAX_STATUS).await?;
        let reply: Reply = serde_json::from_slice(&frame)?;
        Ok(serde_json::from_value(reply.parameters)?)
    };
    timeout(PATIENCE, ask).await.unwrap_or_else(|late| Err(late.into())).map_err(of)
}

async fn read_frame(stream: &mut UnixStream, max: usize) -> io::Result<Vec<u8>> {
    let mut frames = Frames::new(max);
    let mut bytes = vec![0; 16 * 1024];
    loop {
        if let Some(frame) = frames.next_frame().map_err(io::Error::other)? {
            return Ok(frame);
        }
        match stream.read(&mut bytes).await? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => frames.feed(bytes.get(..count).unwrap_or_default()),
        }
    }
}
