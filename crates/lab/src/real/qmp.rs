//! QEMU's machine protocol, as far as Proxmox speaks it for hot plug.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio::time::timeout;
use vm_autoscale_proxmox::VmId;

use super::error::Error;
use super::lines::Lines;

/// What takes a line for the human monitor.
pub(super) const HUMAN: &str = "human-monitor-command";

/// How long Proxmox waits for an answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long for the human monitor's.
const HUMAN_PATIENCE: Duration = Duration::from_secs(25);

/// The one connection to a QEMU. A second one would get no greeting while this one stays.
#[derive(Debug)]
pub(super) struct Qmp {
    vmid: VmId,
    conversation: Mutex<Conversation>,
}

#[derive(Debug)]
struct Conversation {
    lines: Lines,
    /// The number of the last command. An answer to an earlier one may come late.
    number: u64,
}

impl Qmp {
    /// Connects to the socket of that name, and does what comes before the first command.
    pub(super) async fn connect(vmid: VmId, dir: &Path, name: &str) -> std::io::Result<Self> {
        let mut lines = Lines::connect(dir, name).await?;
        let greeting = timeout(PATIENCE, lines.next()).await??;
        if !greeting.contains("\"QMP\"") {
            let text = format!("'{greeting}' is not QEMU's greeting");
            return Err(std::io::Error::new(std::io::ErrorKind::InvalidData, text));
        }
        let qmp = Self { vmid, conversation: Mutex::new(Conversation { lines, number: 0 }) };
        let ready = qmp.call("qmp_capabilities", json!({})).await;
        ready.map_err(std::io::Error::other)?;
        Ok(qmp)
    }

    /// Runs one command, after those that are under way.
    pub(super) async fn call(&self, command: &str, arguments: Value) -> Result<Value, Error> {
        let patience = if command == HUMAN { HUMAN_PATIENCE } else { PATIENCE };
        let mut conversation = self.conversation.lock().await;
        let failed = |why: String| Error::Qmp { vmid: self.vmid, command: command.to_owned(), why };
        let answer = match timeout(patience, conversation.ask(command, arguments)).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => return Err(failed("client closed connection".into())),
            Err(_) => return Err(failed("got timeout".into())),
        };
        match answer.pointer("/error/desc") {
            Some(why) => Err(failed(why.as_str().unwrap_or("unknown error").to_owned())),
            None => Ok(answer.get("return").cloned().unwrap_or_default()),
        }
    }
}

impl Conversation {
    /// Sends it and reads up to its answer; events come in between.
    async fn ask(&mut self, command: &str, arguments: Value) -> std::io::Result<Value> {
        self.number += 1;
        let call = json!({"execute": command, "arguments": arguments, "id": self.number});
        self.lines.send(&format!("{call}\n")).await?;
        loop {
            let answer: Value = serde_json::from_str(&self.lines.next().await?)?;
            if answer.get("id").and_then(Value::as_u64) == Some(self.number) {
                return Ok(answer);
            }
        }
    }
}
