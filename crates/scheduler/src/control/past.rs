//! What is told of the past: read in a thread of its own, and one answer at a time, which may be as
//! long as all else that the daemon remembers.

use std::io;
use std::path::Path;

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::UnixStream;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use vm_autoscale_protocol::{Reply, encode};

use super::client::call;
use super::orders::NOT_DONE;
use super::{Desk, GET_PAST, PATIENCE, Told};
use crate::journal::past_beside;
use crate::past::{Past, PastOrder};
use crate::{Error, Journal};

/// Asks a running daemon. It tells less at once than is read of its file: see [`Past::truncated`].
///
/// # Errors
/// There is none, it does not answer, or it cannot read its journal.
pub async fn fetch_past(path: &Path, order: &PastOrder) -> Result<Past, Error> {
    call(path, GET_PAST, Some(order)).await
}

pub(super) async fn answer<C, J: Journal>(
    stream: &mut UnixStream,
    desk: &Desk<C, J>,
    order: Option<Value>,
) -> io::Result<()> {
    let Ok(turn) = timeout(PATIENCE, desk.turn.clone().acquire_owned()).await else {
        return refuse(stream, "others ask for the past already: try again".to_owned()).await;
    };
    let file = desk.journal.file().map(Path::to_owned);
    // It keeps its turn also where nobody waits for it any more: a disk that hangs takes one thread.
    let read = spawn_blocking(move || {
        let order = serde_json::from_value(order.unwrap_or_default());
        let order: PastOrder = order.map_err(|e| format!("the order is not understood: {e}"))?;
        let file = file.ok_or("this daemon keeps no journal in a file")?;
        let parameters = past_beside(&file, &order).map_err(|error| error.to_string())?;
        let bytes = encode(&Told { parameters }).map_err(|error| error.to_string())?;
        Ok::<_, String>((bytes, turn))
    });
    match read.await? {
        Ok((bytes, _turn)) => timeout(PATIENCE, stream.write_all(&bytes)).await?,
        Err(why) => refuse(stream, why).await,
    }
}

async fn refuse(stream: &mut UnixStream, message: String) -> io::Result<()> {
    let error = Some(NOT_DONE.to_owned());
    let reply = Reply { error, parameters: json!({ "message": message }), continues: false };
    timeout(PATIENCE, stream.write_all(&encode(&reply)?)).await?
}
