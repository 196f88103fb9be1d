//! Both sides say which protocol they speak, before anything is asked.

use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use tokio::io::AsyncWriteExt as _;
use tokio::net::UnixStream;
use tokio::time::timeout;
use vm_autoscale_protocol::{Frames, Hello, HelperError, MAX_REPLY, PROTOCOL, Request, encode};

use super::Connection;
use crate::AskError;

/// For an answer that no node has a part in.
const PATIENCE: Duration = Duration::from_secs(5);
/// Of what another program says of itself, in characters.
const WORD: usize = 32;

pub(super) fn problem(socket: &Path, error: &std::io::Error) -> AskError {
    AskError::NotAsked(format!("{}: {error}", socket.display()))
}

/// What the helper says of itself. One of another protocol is told so in words: its greeting may
/// have any form, and ours be none to it.
///
/// # Errors
/// It is of another protocol, or does not greet. Nothing was asked for yet, whatever went wrong.
pub(super) async fn greet(connection: &mut Connection, socket: &Path) -> Result<Hello, AskError> {
    let heard = match ask(connection, &Request::Hello { protocol: PROTOCOL }, socket).await {
        Ok(heard) => heard,
        Err(AskError::Helper(HelperError::BadRequest { .. })) => {
            return Err(differs(version(socket).await.as_deref(), None));
        }
        Err(AskError::NoAnswer(_)) => return Err(hung_up()),
        Err(error) => return Err(error),
    };
    let protocol = heard.get("protocol").and_then(Value::as_u64);
    if protocol != Some(PROTOCOL.into()) {
        return Err(differs(heard.get("version").and_then(Value::as_str), protocol));
    }
    let hello = serde_json::from_value(heard);
    hello.map_err(|error| AskError::NotAsked(format!("its greeting is none: {error}")))
}

/// By the one method that all protocols share. The helper hung up after what it took for no
/// greeting.
async fn version(socket: &Path) -> Option<String> {
    let stream = UnixStream::connect(socket).await.ok()?;
    let mut connection = Connection { stream, frames: Frames::new(MAX_REPLY) };
    let info = ask(&mut connection, &Request::GetInfo {}, socket).await.ok()?;
    Some(info.get("version")?.as_str()?.to_owned())
}

fn differs(version: Option<&str>, protocol: Option<u64>) -> AskError {
    let plain = |c: &char| c.is_ascii_alphanumeric() || ".-+~".contains(*c);
    let version: String = version.unwrap_or_default().chars().filter(plain).take(WORD).collect();
    let version = if version.is_empty() { "of unknown version".to_owned() } else { version };
    let protocol = protocol.map_or("another protocol".to_owned(), |it| format!("protocol {it}"));
    AskError::Differs(format!(
        "the helper ({version}) speaks {protocol}, and this program ({own}) protocol {PROTOCOL}: \
         install all programs of one release, then type \
         `systemctl restart vm-autoscale-helper vm-autoscale`",
        own = env!("CARGO_PKG_VERSION"),
    ))
}

fn hung_up() -> AskError {
    let hint = "it hung up: does `scheduler_user` in helper.yaml name the user of this program?";
    AskError::NotAsked(hint.to_owned())
}

/// Asks for the one answer that comes at once.
async fn ask(
    connection: &mut Connection,
    request: &Request,
    socket: &Path,
) -> Result<Value, AskError> {
    let call = request.to_call().and_then(|call| encode(&call));
    let call = call.map_err(|error| AskError::NotAsked(error.to_string()))?;
    // It may have hung up before it was spoken to.
    connection.stream.write_all(&call).await.map_err(|error| match error.kind() {
        ErrorKind::BrokenPipe | ErrorKind::ConnectionReset => hung_up(),
        _ => problem(socket, &error),
    })?;
    let mut heard = Value::Null;
    let mut take = |values| {
        heard = values;
        Ok(())
    };
    let answered = timeout(PATIENCE, connection.replies(&mut take)).await;
    answered.map_err(|_| AskError::NotAsked("no greeting within 5 s".to_owned()))??;
    Ok(heard)
}

#[cfg(test)]
mod tests;
