//! The control socket: one JSON request a line, one JSON reply a line.

use std::path::Path;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};

use vm_autoscale_proxmox::NodeName;

use crate::{Answer, Control, Entry, Error, Lab, Stats, VmInfo};

/// The most entries of the history in one reply.
const ENTRIES: usize = 10_000;

/// What is asked: `{"exec":{"line":"LINE"}}`, `{"control":…}`, `{"qm":{"line":"LINE"}}`,
/// `"stats"`, `{"history":0}`, `"vms"`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Request {
    /// Execute a line.
    Exec {
        /// The line.
        line: String,
        /// Where; on the first node where absent.
        #[serde(default)]
        node: Option<NodeName>,
    },
    /// Do what a fault or a foreign hand would.
    Control(Control),
    /// Do what an administrator types on a VM's node: `qm set 101 --cores 4`, `qm reboot 101`.
    Qm {
        /// The line.
        line: String,
    },
    /// The counters.
    Stats,
    /// The history from this entry on, at most 10 000 of them.
    History(usize),
    /// Every VM as it really is.
    Vms,
}

/// The reply.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reply {
    /// To `exec` and `qm`.
    Answer(Answer),
    /// To `control`.
    Done,
    /// To `stats`.
    Stats(Stats),
    /// To `history`.
    History(Vec<Entry>),
    /// To `vms`.
    Vms(Vec<VmInfo>),
    /// To whatever cannot be.
    Error(String),
}

/// Takes connections for as long as the task runs.
pub(crate) async fn listen(lab: Lab, listener: UnixListener) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(connection(lab.clone(), stream));
            }
            Err(_) => tokio::time::sleep(std::time::Duration::from_millis(20)).await,
        }
    }
}

async fn connection(lab: Lab, stream: UnixStream) {
    let (from, mut to) = stream.into_split();
    let mut lines = BufReader::new(from).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let reply = match serde_json::from_str(&line) {
            Ok(request) => reply(&lab, request).await,
            Err(error) => Reply::Error(error.to_string()),
        };
        let Ok(mut text) = serde_json::to_vec(&reply) else { return };
        text.push(b'\n');
        if to.write_all(&text).await.is_err() {
            return;
        }
    }
}

async fn reply(lab: &Lab, request: Request) -> Reply {
    match request {
        Request::Exec { line, node } => {
            lab.count(|stats| stats.execs += 1);
            Reply::Answer(match node {
                Some(node) => lab.execute_on(&node, &line).await,
                None => lab.execute(&line).await,
            })
        }
        Request::Control(control) => match lab.control(control) {
            Ok(()) => Reply::Done,
            Err(error) => Reply::Error(error.to_string()),
        },
        Request::Qm { line } => Reply::Answer(lab.type_line(&line).await),
        Request::Stats => Reply::Stats(lab.stats()),
        Request::History(since) => {
            let mut entries = lab.history(since);
            entries.truncate(ENTRIES);
            Reply::History(entries)
        }
        Request::Vms => Reply::Vms(lab.vms()),
    }
}

/// Asks the lab that serves `dir`.
///
/// # Errors
/// Nobody serves there, or the answer is none.
pub async fn ask(dir: &Path, request: &Request) -> Result<Reply, Error> {
    let path = dir.join("lab.sock");
    let failed = || Error::io(path.display());
    let mut stream = UnixStream::connect(&path).await.map_err(failed())?;
    let mut text = serde_json::to_vec(request).map_err(|e| Error::Socket(e.to_string()))?;
    text.push(b'\n');
    stream.write_all(&text).await.map_err(failed())?;
    let line = BufReader::new(stream).lines().next_line().await.map_err(failed())?;
    let line = line.ok_or_else(|| Error::Socket("closed without an answer".into()))?;
    serde_json::from_str(&line).map_err(|e| Error::Socket(e.to_string()))
}
