//! The socket: who may speak, how much, and that every request is on record.

use std::cell::Cell;
use std::os::fd::AsFd as _;
use std::rc::Rc;
use std::time::{Duration, Instant};

use nix::sys::socket::{getsockopt, sockopt::PeerCredentials};
use tokio::io::AsyncReadExt as _;
use tokio::net::unix::OwnedReadHalf;
use tokio::net::{UnixListener, UnixStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{sleep, timeout_at};
use vm_autoscale_protocol::{Frames, HelperError, MAX_REQUEST, Request};

use crate::audit::{Peer, Verdict, audit};
use crate::broker::Broker;
use crate::error::Error;
use crate::replies::{Replies, hung_up};

/// Eight of the scheduler's, and one for `vm-autoscale plan`.
const MAX_CONNECTIONS: usize = 9;
/// For a message that has begun to end.
const PATIENCE: Duration = Duration::from_secs(5);
/// For changes under way when the helper is told to stop; systemd waits a little longer.
const DRAIN: Duration = Duration::from_secs(75);

/// Serves until SIGTERM or SIGINT, then lets what is under way end.
pub(crate) async fn serve(
    broker: Rc<Broker>,
    (listener, own): (UnixListener, bool),
) -> Result<(), Error> {
    let connections = Rc::new(Cell::new(0));
    let busy = Rc::new(Cell::new(0_usize));
    let mut terminate = signal(SignalKind::terminate()).map_err(Error::Runtime)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Error::Runtime)?;
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                match accepted {
                    Ok((stream, _)) => admit(&broker, stream, &connections, &busy),
                    // Out of descriptors: the next moment is not better.
                    Err(_) => sleep(Duration::from_millis(100)).await,
                }
            }
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
        }
    }
    drop(listener);
    broker.stopping.set(true);
    if own {
        // The next start removes one that stayed.
        let _ = std::fs::remove_file(&broker.socket);
    }
    let until = Instant::now() + DRAIN;
    while busy.get() > 0 && Instant::now() < until {
        sleep(Duration::from_millis(50)).await;
    }
    tracing::info!(unfinished = busy.get(), "stopped");
    Ok(())
}

/// Hears the connection out when it is the scheduler's and there is room.
fn admit(
    broker: &Rc<Broker>,
    stream: UnixStream,
    connections: &Rc<Cell<usize>>,
    busy: &Rc<Cell<usize>>,
) {
    let peer = match getsockopt(&stream.as_fd(), PeerCredentials) {
        Ok(peer) => Peer { uid: peer.uid(), pid: peer.pid() },
        Err(error) => return tracing::warn!("a connection without credentials: {error}"),
    };
    let uid = broker.scheduler.uid;
    if peer.uid != uid {
        return broker.complaints.say("stranger", peer, &format!("only uid {uid} is heard"));
    }
    if connections.get() >= MAX_CONNECTIONS {
        let open = format!("{MAX_CONNECTIONS} connections are open");
        return broker.complaints.say("crowd", peer, &open);
    }
    let (broker, open, busy) = (broker.clone(), Counted::new(connections), busy.clone());
    tokio::task::spawn_local(async move {
        converse(&broker, stream, peer, &busy).await;
        drop(open);
    });
}

/// One more, for as long as it lives.
struct Counted(Rc<Cell<usize>>);

impl Counted {
    fn new(count: &Rc<Cell<usize>>) -> Self {
        count.set(count.get() + 1);
        Self(count.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

/// One request at a time, until the other side leaves or breaks the rules.
async fn converse(broker: &Broker, stream: UnixStream, peer: Peer, busy: &Rc<Cell<usize>>) {
    let (mut read, write) = stream.into_split();
    let mut frames = Frames::new(MAX_REQUEST);
    let mut out = Replies::new(write);
    while !out.is_broken() {
        let request = match next_request(&mut read, &mut frames).await {
            Ok(Some(request)) => request,
            Ok(None) => return,
            Err(message) => {
                broker.complaints.say("violation", peer, &message);
                out.error(&HelperError::BadRequest { message }).await;
                return;
            }
        };
        // Whoever is told to stop begins nothing new.
        if broker.stopping.get() {
            return;
        }
        let (answering, begun) = (Counted::new(busy), Instant::now());
        let record = |verdict: &Verdict<'_>| audit(peer, &request, verdict, begun.elapsed());
        let is_change = request.target().is_some();
        // Before, so that also one whose end nobody sees is on record.
        if is_change {
            record(&Verdict::Asked);
        }
        let result = tokio::select! {
            result = broker.answer(&request, &mut out) => result,
            // A change is seen through to its end, whoever waits for it.
            () = hung_up(read.as_ref()), if !is_change => {
                return record(&Verdict::Left);
            }
        };
        record(&Verdict::Answered(&result));
        if let Err(error) = &result {
            out.error(error).await;
        }
        drop(answering);
        if matches!(result, Err(HelperError::BadRequest { .. })) {
            return;
        }
    }
}

/// The next request; nothing when the other side left between two.
async fn next_request(
    read: &mut OwnedReadHalf,
    frames: &mut Frames,
) -> Result<Option<Request>, String> {
    let Some(frame) = next_frame(read, frames).await? else { return Ok(None) };
    match Request::decode(&frame) {
        Ok((request, _)) => Ok(Some(request)),
        Err(violation) => Err(violation.to_string()),
    }
}

/// The next message; nothing when the other side left between two.
async fn next_frame(
    read: &mut OwnedReadHalf,
    frames: &mut Frames,
) -> Result<Option<Vec<u8>>, String> {
    let mut until = None;
    loop {
        if let Some(frame) = frames.next_frame().map_err(|e| e.to_string())? {
            return Ok(Some(frame));
        }
        if frames.is_partial() {
            // Of the whole of it: who sends a byte now and then keeps no place.
            until = until.or_else(|| Some(tokio::time::Instant::now() + PATIENCE));
        }
        let mut bytes = [0; 4096];
        let reading = read.read(&mut bytes);
        let count = match until {
            Some(until) => {
                timeout_at(until, reading).await.map_err(|_| "a message that does not end")?
            }
            None => reading.await,
        };
        match count {
            Ok(0) => return Ok(None),
            Ok(count) => frames.feed(bytes.get(..count).unwrap_or_default()),
            Err(error) => return Err(error.to_string()),
        }
    }
}
