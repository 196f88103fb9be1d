//! Asking a running daemon, and telling it to do something.

use std::io;
use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::io::AsyncWriteExt as _;
use tokio::net::UnixStream;
use tokio::time::timeout;
use vm_autoscale_protocol::{Call, MAX_REQUEST, Reply, encode};

use super::order::{PauseOrder, ResumeOrder, Resumed};
use super::{
    GET_CONFIG, GET_HEADROOM, GET_STATUS, ORDER, PATIENCE, PAUSE, RESUME, RunningConfig, Told,
    read_frame,
};
use crate::{Error, HeadroomOrder, HeadroomReport, PauseStatus, StatusReport};

/// The longest answer: 5,000 VMs take about 3 MiB.
const MAX_STATUS: usize = 64 * 1024 * 1024;

/// Asks a running daemon.
///
/// # Errors
/// There is none, or it does not answer.
pub async fn fetch_status(path: &Path) -> Result<StatusReport, Error> {
    call(path, GET_STATUS, None::<()>).await
}

/// Asks a running daemon what it runs with.
///
/// # Errors
/// There is none, or it does not answer.
pub async fn fetch_config(path: &Path) -> Result<RunningConfig, Error> {
    call(path, GET_CONFIG, None::<()>).await
}

/// Asks a running daemon what nodes have for who grows.
///
/// # Errors
/// There is none, or it does not answer.
pub async fn fetch_headroom(path: &Path, order: &HeadroomOrder) -> Result<HeadroomReport, Error> {
    call(path, GET_HEADROOM, Some(order)).await
}

/// Orders a running daemon to leave VMs alone.
///
/// # Errors
/// There is none, it does not answer, or it does not do so.
pub async fn order_pause(path: &Path, order: &PauseOrder) -> Result<PauseStatus, Error> {
    call(path, PAUSE, Some(order)).await
}

/// Takes such orders back.
///
/// # Errors
/// There is none, it does not answer, or it does not do so.
pub async fn order_resume(path: &Path, order: &ResumeOrder) -> Result<Resumed, Error> {
    call(path, RESUME, Some(order)).await
}

const HUNG_UP: &str = "the daemon hung up: it is stopping, or too many ask at once\n  help: it answers 16 connections at a time, 4 of one user, and root always finds one: try again, or as root";

pub(super) async fn call<T: DeserializeOwned>(
    path: &Path,
    method: &str,
    parameters: Option<impl Serialize>,
) -> Result<T, Error> {
    let of = |source: io::Error| Error::Control { path: path.to_owned(), source };
    let is_order = parameters.is_some();
    let parameters = parameters.map(serde_json::to_value).transpose();
    let parameters = parameters.map_err(|error| of(error.into()))?;
    let call = Call { method: method.to_owned(), parameters, more: false };
    let bytes = encode(&call).map_err(|error| of(error.into()))?;
    if bytes.len() > MAX_REQUEST {
        let said = "too long: say it in fewer words, or in two orders";
        return Err(Error::Order(said.to_owned()));
    }
    let ask = async {
        let mut stream = UnixStream::connect(path).await?;
        stream.write_all(&bytes).await?;
        read_frame(&mut stream, MAX_STATUS).await
    };
    let patience = if is_order { ORDER } else { PATIENCE };
    let frame = timeout(patience, ask).await.unwrap_or_else(|late| Err(late.into()));
    let frame = frame
        .map_err(|error| if hung_up(&error) { Error::Order(HUNG_UP.into()) } else { of(error) });
    said(&frame?).map_err(|error| of(error.into()))?
}

/// What an answer says. Its values are read as what they are, see [`Told`]: whether they are any is
/// looked at before.
fn said<T: DeserializeOwned>(frame: &[u8]) -> Result<Result<T, Error>, serde_json::Error> {
    let Verdict { error } = serde_json::from_slice(frame)?;
    if let Some(error) = error {
        let Reply { parameters, .. } = serde_json::from_slice(frame)?;
        return Ok(Err(refused(&error, &parameters)));
    }
    let Told { parameters } = serde_json::from_slice(frame)?;
    Ok(Ok(parameters))
}

#[derive(Deserialize)]
struct Verdict {
    error: Option<String>,
}

/// It was there, and ended the connection without a word.
fn hung_up(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), BrokenPipe | ConnectionReset | UnexpectedEof)
}

/// What the daemon says in place of an answer.
fn refused(error: &str, parameters: &serde_json::Value) -> Error {
    let message = parameters.get("message").and_then(|message| message.as_str());
    let text = message.map_or_else(|| format!("the daemon says {error}"), str::to_owned);
    if error == super::orders::NOT_PERMITTED {
        Error::NotPermitted(text)
    } else {
        Error::Order(text)
    }
}
