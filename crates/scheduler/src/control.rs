//! The daemon's own socket, in the helper's framing: it tells whoever may open it, and takes
//! orders of root and of one group.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use vm_autoscale_config::{Clusters, SchedulerConfig, listen_on};
use vm_autoscale_protocol::{Call, Frames, MAX_REQUEST, Reply, encode};
use vm_autoscale_proxmox::ClusterName;

use crate::{Clock, Error, Journal, PauseStatus, StatusReport, wall};

mod ask;
mod board;
mod client;
mod doctor;
mod errand;
mod explain;
mod gate;
mod headroom;
mod order;
mod orders;
mod past;
mod places;
mod rights;
mod trial;
mod version;

pub(crate) use ask::{Inside, Question};
pub use board::Board;
pub use client::{fetch_config, fetch_headroom, fetch_status, order_pause, order_resume};
pub use doctor::{DoctorOrder, fetch_doctor};
pub use errand::{cancel_errand, fetch_errand, order_errand};
use explain::EXPLAIN;
pub use explain::{ExplainOrder, fetch_explanation};
use gate::Gate;
pub use order::{PauseOrder, ResumeOrder, Resumed};
pub(crate) use orders::MAX_PAUSES;
pub use past::fetch_past;
use places::Places;
pub use rights::user_name;
pub use trial::{TestOrder, Tested, order_test};
pub use version::{ProgramVersion, fetch_version};

const GET_STATUS: &str = "io.github.vm-autoscale.Scheduler.GetStatus";
const GET_CONFIG: &str = "io.github.vm-autoscale.Scheduler.GetConfig";
const GET_VERSION: &str = "io.github.vm-autoscale.Scheduler.GetVersion";
const ERRAND: &str = "io.github.vm-autoscale.Scheduler.Errand";
const GET_ERRAND: &str = "io.github.vm-autoscale.Scheduler.GetErrand";
const CANCEL_ERRAND: &str = "io.github.vm-autoscale.Scheduler.CancelErrand";
const GET_HEADROOM: &str = "io.github.vm-autoscale.Scheduler.GetHeadroom";
const GET_DOCTOR: &str = "io.github.vm-autoscale.Scheduler.GetDoctor";
const GET_PAST: &str = "io.github.vm-autoscale.Scheduler.GetPast";
const PAUSE: &str = "io.github.vm-autoscale.Scheduler.Pause";
const RESUME: &str = "io.github.vm-autoscale.Scheduler.Resume";
/// For a question to come and for an answer to be taken.
const PATIENCE: Duration = Duration::from_secs(5);
/// For an order: the user database, the journal and those two. Whoever gave it hears of a disk that
/// hangs.
const ORDER: Duration = Duration::from_secs(20);

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

/// What answers are made of.
#[derive(Debug, Clone)]
pub(crate) struct Desk<C, J> {
    board: Board,
    clock: C,
    journal: J,
    /// Whether a user may give orders.
    gate: Arc<Gate>,
    /// Whoever has it is told of the past.
    turn: Arc<Semaphore>,
    /// The kernel's word (`SO_PEERCRED`), on who opened a connection.
    caller: fn(&UnixStream) -> io::Result<u32>,
}

impl<C: Clock, J: Journal> Desk<C, J> {
    pub(crate) fn new(board: Board, clock: C, journal: J) -> Self {
        let caller = |stream: &UnixStream| Ok(stream.peer_cred()?.uid());
        let turn = Arc::new(Semaphore::new(1));
        Self { board, clock, journal, gate: Arc::default(), turn, caller }
    }

    fn report(&self) -> StatusReport {
        let (now, wall) = (self.clock.now(), wall());
        let pauses = self.journal.pauses(now);
        let pauses = pauses.iter().map(|pause| PauseStatus::of(pause, now, wall)).collect();
        StatusReport { pauses, ..self.board.report(&self.journal) }
    }
}

/// The cluster that is named, also where it is none of them, or each of them.
fn meant<'c>(
    named: Option<&'c ClusterName>,
    hosts: &'c Clusters,
) -> impl Iterator<Item = &'c ClusterName> {
    named.into_iter().chain(hosts.keys().filter(move |_| named.is_none()))
}

/// A [`Reply`] that is written down and read at once: of thousands of VMs a tree of values in between
/// would take more memory than all that is known of them.
#[derive(Serialize, Deserialize)]
struct Told<T> {
    parameters: T,
}

/// Binds the socket: for the daemon's user and group.
pub(crate) fn bind(path: &Path) -> Result<UnixListener, Error> {
    let listener = listen_on(path).and_then(UnixListener::from_std);
    listener.map_err(|source| Error::Control { path: path.to_owned(), source })
}

/// Answers for as long as the daemon runs.
pub(crate) async fn serve<C: Clock, J: Journal>(listener: UnixListener, desk: Desk<C, J>) {
    let places = Places::default();
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let Ok(uid) = (desk.caller)(&stream) else { continue };
        let Some(place) = places.take(uid) else { continue };
        let desk = desk.clone();
        tokio::spawn(async move {
            let answered = timeout(ORDER, answer((stream, uid), &desk)).await;
            if let Ok(Err(error)) = answered {
                tracing::debug!("control socket: {error}");
            }
            drop(place);
        });
    }
}

async fn answer<C: Clock, J: Journal>(
    (mut stream, uid): (UnixStream, u32),
    desk: &Desk<C, J>,
) -> io::Result<()> {
    let frame = timeout(PATIENCE, read_frame(&mut stream, MAX_REQUEST)).await??;
    let call: Call = serde_json::from_slice(&frame)?;
    let reply = match call.method.as_str() {
        GET_STATUS => {
            let bytes = encode(&Told { parameters: desk.report() })?;
            return timeout(PATIENCE, stream.write_all(&bytes)).await?;
        }
        GET_CONFIG => Reply::of(&desk.board.running().as_deref(), false)?,
        EXPLAIN => explain::answer(desk, call.parameters).await,
        GET_VERSION => Reply::of(&ProgramVersion::of_daemon(&desk.board), false)?,
        ERRAND => errand::order(desk, uid, call.parameters).await,
        GET_ERRAND => errand::get(desk, call.parameters).await,
        CANCEL_ERRAND => errand::cancel(desk, uid, call.parameters).await,
        GET_HEADROOM => headroom::headroom(desk, call.parameters).await,
        GET_DOCTOR => doctor::answer(&desk.board, call.parameters).await,
        PAUSE => orders::pause(desk, uid, call.parameters).await,
        RESUME => orders::resume(desk, uid, call.parameters).await,
        trial::TEST_MESSAGES => trial::test(desk, uid, call.parameters).await,
        GET_PAST => return past::answer(&mut stream, desk, call.parameters).await,
        _ => {
            let error = Some("org.varlink.service.MethodNotFound".to_owned());
            Reply { error, parameters: json!({"method": "unknown"}), continues: false }
        }
    };
    timeout(PATIENCE, stream.write_all(&encode(&reply)?)).await?
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

#[cfg(test)]
mod tests;
