//! An order: a test message by every channel.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::Semaphore;
use vm_autoscale_protocol::Reply;

use super::Desk;
use super::client::call;
use super::orders::{Refused, permitted, read, reply};
use crate::notify::{Tried, try_channels};
use crate::{Clock, Error, Journal};

pub(super) const TEST_MESSAGES: &str = "io.github.vm-autoscale.Scheduler.TestMessages";

/// One at a time: nobody is flooded by whoever may give orders.
static FREE: Semaphore = Semaphore::const_new(1);

/// What is to be tried.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestOrder {
    /// The channel; every one that is switched on where none is named.
    #[serde(default)]
    pub channel: Option<String>,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tested {
    /// Of each channel; none where none is switched on.
    pub channels: Vec<Tried>,
}

/// Has a running daemon send a test message by every channel, or by one.
///
/// # Errors
/// There is none, it does not answer, or it does not do so.
pub async fn order_test(path: &Path, order: &TestOrder) -> Result<Tested, Error> {
    call(path, TEST_MESSAGES, Some(order)).await
}

pub(super) async fn test<C: Clock, J: Journal>(
    desk: &Desk<C, J>,
    uid: u32,
    parameters: Option<Value>,
) -> Reply {
    reply(take(desk, uid, parameters).await)
}

async fn take<C: Clock, J: Journal>(
    desk: &Desk<C, J>,
    uid: u32,
    parameters: Option<Value>,
) -> Result<Tested, Refused> {
    permitted(desk, uid).await?;
    let TestOrder { channel } = read(parameters)?;
    let not_done = |why: &str| Refused::NotDone(why.to_owned());
    let running = desk.board.running().ok_or_else(|| not_done("the daemon has not begun yet"))?;
    let _turn =
        FREE.try_acquire().map_err(|_| not_done("another test is under way: wait a moment"))?;
    tracing::info!(uid, channel = channel.as_deref().unwrap_or("all"), "a test message is sent");
    let tried = tokio::task::spawn_blocking(move || {
        try_channels(&running.config, channel.as_deref(), true)
    });
    let tried = tried.await.map_err(|error| Refused::NotDone(error.to_string()))?;
    Ok(Tested { channels: tried.map_err(Refused::NotDone)? })
}
